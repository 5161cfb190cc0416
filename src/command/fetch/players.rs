//! Fetches players with one call each, least recently polled first. Private selections need the player's own key.

use std::collections::BTreeSet;

use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::api::wire::user;
use crate::command::fetch::Scope;
use crate::command::fetch::concurrent::{TargetResult, fetch_concurrently};
use crate::command::fetch::scope::Targets;
use crate::command::fetch::selections::Selections;
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::torn::{Failure, Response, TornClient};
use crate::error::Result;
use crate::model::id::{FactionId, PlayerId};
use crate::model::kind::Kind;
use crate::model::player::{BattleStats, Networth, Player, bucket_is_due};
use crate::model::time::{HOUR, is_far_future};
use crate::store::Store;
use crate::store::missing::Missing;
use crate::store::save::{Observation, PlayerTarget};

/// A roster older than this (in seconds) is fetched again before its members are fetched.
const MAX_ROSTER_AGE: i64 = HOUR;

/// An answer about a player: the decoded selections, and the failures of the other selections.
struct Answer {
    player: Observation<Player>,
    failures: Vec<Failure>,
}

impl Session<'_> {
    pub(super) fn fetch_players(&mut self, run: &mut ActiveRun) -> Result<()> {
        let stale = stale_rosters(self.store, self.scope, run.now)?;
        if stale.is_empty() {
            self.fail_unknown_rosters(run)?;
        } else {
            self.refresh_rosters(run, stale)?;
            // The members are known now.
            self.forecast()?;
        }
        let targets = self.players_to_request(run)?;
        let (torn, now) = (self.torn, run.now);
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            targets,
            |target| fetch_player(torn, target, now),
            |results| self.save_players(run, results),
        )
    }

    /// Counts a failure for each followed faction whose members are unknown, because this run then leaves them out. It is
    /// for runs that leave the rosters to the run of the factions, or that ask for none because Torn does not know the ids.
    fn fail_unknown_rosters(&mut self, run: &mut ActiveRun) -> Result<()> {
        if !self.scope.track.members {
            return Ok(());
        }
        let Targets { targets, deferred } = self.scope.followed_factions(self.store, run.now)?;
        // Another player or faction may answer, and `health` has a check of its own for ids that Torn does not know.
        let has_others = !targets.is_empty() || !self.scope.track.players.is_empty();
        let deferred = deferred.into_iter().map(|(id, _)| id);
        let left_out = targets.into_iter().chain(deferred.filter(|_| !has_others));
        for id in left_out {
            if self.store.is_roster_unknown(id)? {
                self.fail_unlearned(run, &format!("members of faction {id}"));
            }
        }
        Ok(())
    }

    /// The players to request. A run in which all of them are deferred fails, because it requests nothing.
    fn players_to_request(&mut self, run: &mut ActiveRun) -> Result<Vec<PlayerTarget>> {
        let all = targets(self.store, self.scope, run.now)?;
        let (deferred, targets): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|target| target.deferred_until.is_some());
        let deferred: Vec<(PlayerId, i64)> = deferred
            .into_iter()
            .filter_map(|target| Some((target.id, target.deferred_until?)))
            .collect();
        run.leave_out("player", &deferred, !targets.is_empty());
        if targets.is_empty() {
            let listed = deferred
                .iter()
                .filter(|(id, _)| self.scope.is_only_listed(Missing::Player(*id)))
                .count();
            run.tally.listed += listed as u64;
        }
        Ok(targets)
    }

    fn save_players(
        &mut self,
        run: &mut ActiveRun,
        results: Vec<TargetResult<PlayerTarget, Answer>>,
    ) -> Result<()> {
        let mut players = Vec::new();
        for (target, answer) in results {
            let name = format!("player {}", target.id);
            let failures = match answer {
                Ok(answer) => {
                    players.push(answer.player);
                    answer.failures
                }
                Err(failure) => vec![failure],
            };
            for failure in failures {
                self.record_failure(run, &name, Some(Missing::Player(target.id)), &failure)?;
            }
        }
        self.save_each(
            run,
            &players,
            |player| format!("player {}", player.id),
            Store::save_players,
        )
    }
}

/// The players of this invocation, including deferred ones.
pub(super) fn targets(store: &Store, scope: &Scope, now: i64) -> Result<Vec<PlayerTarget>> {
    let none = BTreeSet::new();
    let factions = if scope.track.members {
        &scope.track.factions
    } else {
        &none
    };
    let mut targets = store.player_targets(&scope.track.players, factions, now)?;
    if scope.has_named_targets {
        for target in &mut targets {
            target.deferred_until = None;
        }
    }
    Ok(targets)
}

/// The followed factions whose roster is unknown or stale. Empty if this invocation fetches the factions anyway.
pub(super) fn stale_rosters(store: &Store, scope: &Scope, now: i64) -> Result<Vec<FactionId>> {
    if !scope.track.members || scope.kinds.contains(&Kind::Factions) {
        return Ok(Vec::new());
    }
    let mut stale = Vec::new();
    for id in scope.followed_factions(store, now)?.targets {
        let updated = store.faction_last_updated(id)?;
        if updated.is_none_or(|at| at < now - MAX_ROSTER_AGE || is_far_future(at, now)) {
            stale.push(id);
        }
    }
    Ok(stale)
}

/// Fetches a player with the player's own key, if there is one, and otherwise with any key.
fn fetch_player(torn: &TornClient, target: &PlayerTarget, now: i64) -> Result<Answer, Failure> {
    let with_networth = bucket_is_due(target.bucket_asked_at, target.bucket_at, now);
    if torn.has_own_key(target.id) {
        fetch_key_owner(torn, target.id, with_networth)
    } else {
        fetch_public(torn, target.id, with_networth)
    }
}

/// Fetches a player with the player's own key. If that key lacks access, any key fetches the public selections, and
/// the own key fetches the battle stats.
fn fetch_key_owner(
    torn: &TornClient,
    id: PlayerId,
    with_networth: bool,
) -> Result<Answer, Failure> {
    let own = KeyRequirement::BattleStatsOf(id);
    let smaller = with_networth.then(|| Request::key_owner(false));
    match get_with_fallback(torn, Request::key_owner(with_networth), smaller, own) {
        Ok((request, response)) => {
            let mut answer = decode(&request, response, id)?;
            if with_networth && answer.player.value.networth.is_none() {
                // The own key has used up its daily share of personalstats, but another key may not have.
                answer.player.value.networth = networth_with_another_key(torn, id);
            }
            Ok(answer)
        }
        Err(failure) if failure.allows_smaller_request() => {
            let mut answer = fetch_public(torn, id, with_networth)?;
            answer.player.value.battle_stats = own_battle_stats(torn, id);
            Ok(answer)
        }
        Err(failure) => Err(failure),
    }
}

/// Fetches the public selections of a player with any key.
fn fetch_public(torn: &TornClient, id: PlayerId, with_networth: bool) -> Result<Answer, Failure> {
    let smaller = with_networth.then(|| Request::player(id, false));
    let larger = Request::player(id, with_networth);
    let (request, response) = get_with_fallback(torn, larger, smaller, KeyRequirement::Any)?;
    decode(&request, response, id)
}

/// Fetches only the battle stats, for a key without access to the other selections. A failure is not counted.
fn own_battle_stats(torn: &TornClient, id: PlayerId) -> Option<BattleStats> {
    let request = Request::own_battle_stats();
    let response = torn.get(&request, KeyRequirement::BattleStatsOf(id)).ok()?;
    decode(&request, response, id)
        .ok()?
        .player
        .value
        .battle_stats
}

/// Makes a request. If no key may make it, makes the smaller request instead.
fn get_with_fallback(
    torn: &TornClient,
    request: Request,
    smaller: Option<Request>,
    requirement: KeyRequirement,
) -> Result<(Request, Response), Failure> {
    match (torn.get(&request, requirement), smaller) {
        (Ok(response), _) => Ok((request, response)),
        (Err(failure), Some(smaller)) if failure.allows_smaller_request() => {
            let response = torn.get(&smaller, requirement)?;
            Ok((smaller, response))
        }
        (Err(failure), _) => Err(failure),
    }
}

/// Fetches only the networth, with any key. A failure is not counted.
fn networth_with_another_key(torn: &TornClient, id: PlayerId) -> Option<Networth> {
    let request = Request::player(id, true);
    let response = torn.get(&request, KeyRequirement::Any).ok()?;
    decode(&request, response, id).ok()?.player.value.networth
}

/// Decodes each selection separately.
///
/// # Errors
///
/// If no selection can be used, or the answer is about another player.
fn decode(request: &Request, response: Response, id: PlayerId) -> Result<Answer, Failure> {
    let mut selections = Selections::new(request, &response, format!("player {id}"));
    let subject = user::profile_id(&response.body);
    let profile =
        selections.decode_identity("profile", subject, id.get(), |body| user::profile(body, id))?;
    let battle_stats = selections.decode("battlestats", user::battle_stats);
    let networth = selections.decode("personalstats", |body| user::networth(body).map(Some));
    let mut failures = selections.failures;
    let has_networth = networth.is_some_and(|networth| networth.dollars.is_some());
    let has_data = profile.is_some() || battle_stats.is_some() || has_networth;
    let is_missing = profile.is_none() && failures.iter().any(Failure::is_missing);
    if is_missing || (!has_data && !failures.is_empty()) {
        return Err(failures.swap_remove(0));
    }
    Ok(Answer {
        player: Observation {
            value: Player {
                id,
                profile,
                battle_stats,
                networth,
            },
            source: response.source,
            at: response.at,
        },
        failures,
    })
}
