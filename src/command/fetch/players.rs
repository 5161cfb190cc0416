//! Players: one call each, stalest first; battle stats with their own keys, networth once a day.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::error::RetryPolicy;
use crate::api::pool::Need;
use crate::api::request::Request;
use crate::api::wire::{DecodeError, user};
use crate::command::fetch::Scope;
use crate::command::fetch::concurrent::fetch_concurrently;
use crate::command::fetch::session::{Session, Work};
use crate::command::torn::{Failure, Reply, TornClient};
use crate::error::Result;
use crate::model::id::{FactionId, PlayerId};
use crate::model::kind::Kind;
use crate::model::player::{BattleStats, Networth, Player, wants_bucket};
use crate::model::time::{HOUR, is_far_future, iso};
use crate::store::Store;
use crate::store::missing::Missing;
use crate::store::save::{PlayerTarget, Sourced};

/// A roster older than this is fetched before its members are.
const ROSTER_AGE: i64 = HOUR;

/// The parts of an answer about a player that fit, and the failures of the others.
struct Answer {
    player: Sourced<Player>,
    failures: Vec<Failure>,
}

impl Session<'_> {
    pub(super) fn fetch_players(&mut self, work: &mut Work) -> Result<()> {
        let stale = stale_rosters(self.store, self.scope, work.now)?;
        if !stale.is_empty() {
            self.refresh_rosters(work, stale)?;
        }
        let all = targets(self.store, self.scope, work.now)?;
        let (resting, targets): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|target| target.rests_until.is_some());
        for target in &resting {
            let until = target.rests_until.map(iso).unwrap_or_default();
            log::info!(
                "player {}: Torn did not know this id; asked again from {until}",
                target.id
            );
        }
        if targets.is_empty() && !resting.is_empty() {
            let ids: Vec<String> = resting.iter().map(|target| target.id.to_string()).collect();
            work.fail_as_all_rest(&format!("players {}", ids.join(", ")));
        }
        work.progress.more(targets.len() as u64);
        let (torn, now) = (self.torn, work.now);
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            targets,
            |target| ask(torn, target, now),
            |answers| {
                let mut players = Vec::new();
                for (target, answer) in answers {
                    work.progress.step();
                    let name = format!("player {}", target.id);
                    let failures = match answer {
                        Ok(answer) => {
                            players.push(answer.player);
                            answer.failures
                        }
                        Err(failure) => vec![failure],
                    };
                    for failure in failures {
                        self.fail(work, &name, Some(Missing::Player(target.id)), &failure)?;
                    }
                }
                self.save_each(
                    work,
                    &players,
                    |player| format!("player {}", player.id),
                    Store::save_players,
                )
            },
        )
    }
}

/// The players to ask about, those that rest included.
pub(super) fn targets(store: &Store, scope: &Scope, now: i64) -> Result<Vec<PlayerTarget>> {
    let nobody = BTreeSet::new();
    let factions = if scope.track.members {
        &scope.track.factions
    } else {
        &nobody
    };
    let mut targets = store.player_targets(&scope.track.players, factions, now)?;
    if scope.named {
        for target in &mut targets {
            target.rests_until = None;
        }
    }
    Ok(targets)
}

/// The followed factions whose roster is not known well enough, unless this invocation fetches it anyway.
pub(super) fn stale_rosters(store: &Store, scope: &Scope, now: i64) -> Result<Vec<FactionId>> {
    if !scope.track.members || scope.kinds.contains(&Kind::Factions) {
        return Ok(Vec::new());
    }
    let mut stale = Vec::new();
    for id in scope.followed_factions(store, now)?.targets {
        let known = store.faction_last_updated(id)?;
        if known.is_none_or(|at| at < now - ROSTER_AGE || is_far_future(at, now)) {
            stale.push(id);
        }
    }
    Ok(stale)
}

/// Asks for as much as can be had: what no key may read is left out, the rest is still worth having.
fn ask(torn: &TornClient, target: &PlayerTarget, now: i64) -> Result<Answer, Failure> {
    let bucket = wants_bucket(target.bucket_asked_at, target.bucket_at, now);
    if !torn.has_own_key(target.id) {
        return ask_as_anybody(torn, target.id, bucket);
    }
    let own = Need::OwnerOf(target.id);
    let smaller = bucket.then(|| Request::key_owner(false));
    match get_or_smaller(torn, Request::key_owner(bucket), smaller, own) {
        Ok((request, reply)) => {
            let mut answer = decode(&request, reply, target.id)?;
            if bucket && answer.player.value.networth.is_none() {
                // The owner's own share of personalstats is read, but that of another key may not be.
                answer.player.value.networth = networth_with_another_key(torn, target.id);
            }
            Ok(answer)
        }
        Err(failure) if failure.allows_smaller_request() => {
            let mut answer = ask_as_anybody(torn, target.id, bucket)?;
            answer.player.value.battle_stats = own_battle_stats(torn, target.id);
            Ok(answer)
        }
        Err(failure) => Err(failure),
    }
}

/// Asks for what anybody may see.
fn ask_as_anybody(torn: &TornClient, id: PlayerId, bucket: bool) -> Result<Answer, Failure> {
    let smaller = bucket.then(|| Request::player(id, false));
    let (request, reply) = get_or_smaller(torn, Request::player(id, bucket), smaller, Need::Any)?;
    decode(&request, reply, id)
}

/// The battle stats of the owner of a key that may read little else. A failure costs only them.
fn own_battle_stats(torn: &TornClient, id: PlayerId) -> Option<BattleStats> {
    let request = Request::own_battle_stats();
    let reply = torn.get(&request, Need::OwnerOf(id)).ok()?;
    decode(&request, reply, id).ok()?.player.value.battle_stats
}

/// Makes a call, or the smaller one where no key may make the larger.
fn get_or_smaller(
    torn: &TornClient,
    request: Request,
    smaller: Option<Request>,
    need: Need,
) -> Result<(Request, Reply), Failure> {
    match (torn.get(&request, need), smaller) {
        (Ok(reply), _) => Ok((request, reply)),
        (Err(failure), Some(smaller)) if failure.allows_smaller_request() => {
            let reply = torn.get(&smaller, need)?;
            Ok((smaller, reply))
        }
        (Err(failure), _) => Err(failure),
    }
}

/// The networth of the owner of a key whose own share of personalstats is read. A failure costs only the networth.
fn networth_with_another_key(torn: &TornClient, id: PlayerId) -> Option<Networth> {
    let request = Request::player(id, true);
    let reply = torn.get(&request, Need::Any).ok()?;
    decode(&request, reply, id).ok()?.player.value.networth
}

/// Decodes each selection on its own.
///
/// # Errors
///
/// When no selection can be used, or the answer is about somebody else.
fn decode(request: &Request, reply: Reply, asked: PlayerId) -> Result<Answer, Failure> {
    let parts = Parts {
        request,
        reply: &reply,
        entity: format!("player {asked}"),
    };
    let is_foreign = user::profile_id(&reply.body).is_some_and(|id| id != asked.get());
    let mut failures = Vec::new();
    let profile = parts.read(
        "profile",
        |body| user::profile(body, asked).map(Some),
        &mut failures,
    );
    if is_foreign {
        // The other selections are about the same player as the profile.
        return Err(failures.pop().unwrap_or(Failure::NotListed));
    }
    let battle_stats = parts.read("battlestats", user::battle_stats, &mut failures);
    let networth = parts.read(
        "personalstats",
        |body| user::networth(body).map(Some),
        &mut failures,
    );
    let tells_networth = networth.is_some_and(|networth| networth.dollars.is_some());
    if profile.is_none() && battle_stats.is_none() && !tells_networth && !failures.is_empty() {
        return Err(failures.swap_remove(0));
    }
    if profile.is_none() && failures.iter().any(Failure::is_missing) {
        return Err(failures.swap_remove(0));
    }
    Ok(Answer {
        player: Sourced {
            value: Player {
                id: asked,
                profile,
                battle_stats,
                networth,
            },
            source: reply.source,
            at: reply.at,
        },
        failures,
    })
}

/// An answer whose selections are read one by one.
pub(super) struct Parts<'a> {
    pub(super) request: &'a Request,
    pub(super) reply: &'a Reply,
    pub(super) entity: String,
}

impl Parts<'_> {
    /// Reads a selection, if it was asked for. A failure is added to `failures`; want of access is none.
    pub(super) fn read<T>(
        &self,
        selection: &str,
        decode: impl FnOnce(&Value) -> Result<Option<T>, DecodeError>,
        failures: &mut Vec<Failure>,
    ) -> Option<T> {
        if !self.request.endpoint.selections.contains(&selection) {
            return None;
        }
        let refused = self
            .reply
            .errors
            .iter()
            .find(|failed| failed.selection == selection);
        if let Some(refused) = refused {
            let is_private = matches!(selection, "battlestats" | "personalstats");
            let policy = refused.error.policy();
            if !(is_private && matches!(policy, RetryPolicy::NoAccess | RetryPolicy::PauseCategory))
            {
                failures.push(Failure::Refused(refused.error.clone()));
            }
            return None;
        }
        let body = &self.reply.body;
        match decode(body) {
            Ok(value) => value,
            Err(error) => {
                let part = body.get(selection).unwrap_or(body).to_string();
                failures.push(Failure::rejected(self.request, &self.entity, &error, part));
                None
            }
        }
    }
}
