//! Players: one call each, stalest first; battle stats with their own keys, networth once a day.

use std::collections::BTreeSet;

use crate::api::keys::Need;
use crate::api::request::Request;
use crate::api::wire;
use crate::command::fetch::caller::{Caller, Failure};
use crate::command::fetch::harvest::harvest;
use crate::command::fetch::{Scope, Session, Work, followed_factions, understood};
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::model::player::{Player, wants_bucket};
use crate::model::time::HOUR;
use crate::store::Store;
use crate::store::run::Missing;
use crate::store::save::{PlayerTarget, Sourced};

/// A roster older than this is fetched before its members are.
const ROSTER_AGE: i64 = HOUR;

impl Session<'_> {
    pub(super) fn fetch_players(&mut self, work: &mut Work) -> Result<()> {
        let stale = stale_rosters(self.store, self.scope, work.batch.now)?;
        if !stale.is_empty() {
            self.refresh_rosters(work, stale)?;
        }
        let targets = targets(self.store, self.scope, work.batch.now)?;
        work.progress.more(targets.len() as u64);
        let (caller, now) = (self.caller, work.batch.now);
        harvest(
            caller,
            self.settings.api.concurrency,
            targets,
            |target| ask(caller, target, now),
            |came| {
                let mut players = Vec::new();
                for (target, answer) in came {
                    work.progress.step();
                    match answer {
                        Ok(player) => players.push(player),
                        Err(failure) => {
                            let missing = Missing::Player(target.id);
                            self.fail(
                                work,
                                &format!("player {}", target.id),
                                Some(missing),
                                &failure,
                            )?;
                        }
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

/// The players to ask about.
pub(super) fn targets(store: &Store, scope: &Scope, now: i64) -> Result<Vec<PlayerTarget>> {
    let nobody = BTreeSet::new();
    let factions = if scope.track.members {
        &scope.track.factions
    } else {
        &nobody
    };
    store.player_targets(&scope.track.players, factions, scope.named, now)
}

/// The followed factions whose roster is not known well enough, unless this invocation fetches it anyway.
pub(super) fn stale_rosters(store: &Store, scope: &Scope, now: i64) -> Result<Vec<FactionId>> {
    if !scope.track.members || scope.kinds.contains(&Kind::Factions) {
        return Ok(Vec::new());
    }
    let mut stale = Vec::new();
    for id in followed_factions(store, scope, now)? {
        let known = store.faction_last_updated(id)?;
        if known.is_none_or(|at| at < now - ROSTER_AGE) {
            stale.push(id);
        }
    }
    Ok(stale)
}

/// Asks for as much as can be had: what a key may not read is left out, the rest is still worth having.
fn ask(caller: &Caller, target: &PlayerTarget, now: i64) -> Result<Sourced<Player>, Failure> {
    let bucket = wants_bucket(target.bucket_asked_at, target.bucket_at, now);
    let own = Need::OwnerOf(target.id);
    let mut calls = Vec::with_capacity(4);
    if caller.has_own_key(target.id) {
        calls.push((Request::key_owner(bucket), own));
        if bucket {
            calls.push((Request::key_owner(false), own));
        }
    }
    calls.push((Request::player(target.id, bucket), Need::Any));
    if bucket {
        calls.push((Request::player(target.id, false), Need::Any));
    }
    let mut refused = Failure::NoAccess("no key may read that".to_owned());
    for (request, need) in calls {
        match caller.call(&request, need) {
            Ok(reply) => {
                let entity = format!("player {}", target.id);
                let player = understood(&reply, &request, &entity, |body| {
                    wire::user::player(body, target.id)
                })?;
                return Ok(Sourced {
                    value: player,
                    source: reply.source,
                });
            }
            Err(failure @ Failure::NoAccess(_)) => refused = failure,
            Err(failure) => return Err(failure),
        }
    }
    Err(refused)
}
