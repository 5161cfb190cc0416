//! The checks of the fetches.

use crate::command::demo_config;
use crate::config::{Settings, Territories, Track};
use crate::error::Result;
use crate::model::health::{self, Check, FailedRuns, LastSaving, Setup, State};
use crate::model::kind::Kind;
use crate::model::schedule::condition::Condition;
use crate::model::schedule::interval::Interval;
use crate::model::time::HOUR;
use crate::store::health::{self as database, FollowedIds, FollowedTiles, RunHistory, Snapshot};

/// The checks of all kinds. Adds their failed runs to `failed`.
pub(super) fn runs(
    settings: &Settings,
    snapshot: &Snapshot,
    jobs: &Condition,
    failed: &mut Vec<FailedRuns>,
    now: i64,
) -> Result<Vec<Check>> {
    let limits = &settings.health;
    let mut checks = Vec::new();
    let mut killed = Vec::new();
    let mut gaps = Vec::new();
    let followed: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| settings.track.follows(*kind))
        .collect();
    for &kind in &followed {
        let runs = snapshot.runs(kind, i64::from(limits.gap_hours) * HOUR, now)?;
        checks.extend(checks_of_kind(settings, snapshot, jobs, kind, &runs, now)?);
        killed.extend(runs.killed.into_iter().map(|started_at| (kind, started_at)));
        gaps.extend(runs.gaps);
        failed.push(runs.failed);
    }
    if followed.is_empty() {
        return Ok(vec![nothing_followed(snapshot)?]);
    }
    killed.sort_by_key(|(_, started_at)| std::cmp::Reverse(*started_at));
    checks.push(health::killed(
        &killed,
        database::free_space(&settings.database).ok(),
        u64::from(limits.min_free_mb) * 1_000_000,
    ));
    checks.push(health::gaps(&gaps));
    checks.extend(health::configurations(&snapshot.configurations(now)?));
    Ok(checks)
}

/// The age, the gaps in targets and the failures of one kind.
fn checks_of_kind(
    settings: &Settings,
    snapshot: &Snapshot,
    jobs: &Condition,
    kind: Kind,
    runs: &RunHistory,
    now: i64,
) -> Result<Vec<Check>> {
    let limits = &settings.health;
    let hours = limits.max_age_hours.of(kind);
    let age = if let Some(last) = runs.last_success {
        health::age(kind, last.at, now, hours)
    } else {
        let interval = settings.schedule.of_kind(kind);
        let setup = Setup {
            made_at: snapshot.made_at()?,
            interval: interval.map_or(0, Interval::seconds),
            attempts: runs.failed.in_a_row,
            has_jobs: jobs.is_installed(),
        };
        health::not_fetched(kind, setup, now)
    };
    let last_saving = match runs.last_success {
        None => LastSaving::Never,
        Some(_) if runs.failed.in_a_row > 0 => LastSaving::BeforeFailures,
        Some(_) => LastSaving::LastRun,
    };
    let mut checks = vec![
        age,
        health::incomplete(kind, runs.incomplete.as_ref(), last_saving, now, hours),
    ];
    if let Some(last) = runs.last_success {
        let targets = snapshot.targets(kind, &followed_ids(&settings.track), now)?;
        checks.extend(health::targets(kind, &targets, last, now, hours));
    }
    checks.push(health::failures(&runs.failed, limits.max_failed_runs));
    if demo_config::is_of_demo(settings) {
        let without_fetch = |check: Check| check.with_help(demo_config::NO_FETCHES);
        checks = checks.into_iter().map(without_fetch).collect();
    }
    Ok(checks)
}

fn nothing_followed(snapshot: &Snapshot) -> Result<Check> {
    Ok(if snapshot.has_runs()? {
        Check::finding(
            "followed",
            State::Warning,
            "this configuration follows nothing, although fetches were recorded; so no ages are checked",
            "name the configuration of the fetches with --config; if there is none, run `tornsnap init`, which keeps the database",
        )
    } else {
        Check::ok("followed", "nothing is followed, so no ages are checked")
    })
}

pub(super) fn followed_ids(track: &Track) -> FollowedIds<'_> {
    FollowedIds {
        players: &track.players,
        factions: &track.factions,
        members: track.members,
        tiles: match &track.territories {
            Territories::None => FollowedTiles::None,
            Territories::Tracked => FollowedTiles::OfFactions,
            Territories::All => FollowedTiles::All,
            Territories::These(tiles) => FollowedTiles::These(tiles),
        },
    }
}
