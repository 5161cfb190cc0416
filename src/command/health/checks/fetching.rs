//! Whether what is followed is fetched.

use crate::config::{Settings, Territories, Track};
use crate::error::Result;
use crate::model::health::{self, Check, State};
use crate::model::kind::Kind;
use crate::model::time::HOUR;
use crate::store::health::{Followed, Tiles, View};

/// Ages, failures, kills and gaps of what is followed.
pub(super) fn runs(settings: &Settings, view: &View, now: i64) -> Result<Vec<Check>> {
    let limits = &settings.health;
    let mut checks = Vec::new();
    let mut killed = Vec::new();
    let mut gaps = Vec::new();
    let followed: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| settings.track.follows(*kind))
        .collect();
    for &kind in &followed {
        let runs = view.runs(kind, i64::from(limits.gap_hours) * HOUR, now)?;
        let hours = limits.max_age_hours.of(kind);
        checks.push(health::age(
            kind,
            runs.last_success.map(|last| last.at),
            now,
            hours,
        ));
        checks.push(health::incomplete(
            kind,
            runs.incomplete.as_ref(),
            now,
            hours,
        ));
        if let Some(last) = runs.last_success {
            let targets = view.targets(kind, &followed_ids(&settings.track), now)?;
            checks.extend(health::targets(kind, &targets, last, now, hours));
        }
        checks.push(health::failures(
            kind,
            runs.failures,
            runs.error.as_deref(),
            limits.max_failed_runs,
        ));
        killed.extend(runs.killed.into_iter().map(|began| (kind, began)));
        gaps.extend(runs.gaps);
    }
    if followed.is_empty() {
        checks.push(if view.has_runs()? {
            Check::bad(
                "followed",
                State::Warning,
                "nothing is followed by this configuration although fetches were recorded, so no ages are checked",
                "name the configuration that the fetches use, with --config",
            )
        } else {
            Check::ok("followed", "nothing is followed, so no ages are checked")
        });
        return Ok(checks);
    }
    killed.sort_by_key(|(_, began)| std::cmp::Reverse(*began));
    checks.push(health::killed(&killed));
    checks.push(health::gaps(&gaps));
    Ok(checks)
}

fn followed_ids(track: &Track) -> Followed<'_> {
    Followed {
        players: &track.players,
        factions: &track.factions,
        members: track.members,
        tiles: match &track.territories {
            Territories::None => Tiles::None,
            Territories::Tracked => Tiles::OfFactions,
            Territories::All => Tiles::All,
            Territories::These(tiles) => Tiles::These(tiles),
        },
    }
}
