//! Wars: those listed, those that began and ended between two polls, and those that are listed no longer.

mod assaults;
mod history;
mod lists;
mod look_up;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use history::is_due as history_is_due;
pub(super) use lists::{Assaulted, WarsAnswer, WarsSeen, decode_wars};
pub(super) use look_up::Lookup;

use crate::command::fetch::Scope;
use crate::command::fetch::session::{Session, Work};
use crate::config::Wars;
use crate::error::Result;
use crate::model::id::{FactionId, WarId};
use crate::model::time::DAY;
use crate::model::war::{FollowUp, NextStep, Wanted, War, WarType};
use crate::store::Store;
use crate::store::save::Sourced;

/// Wars that ended longer ago than this and were never stored are not followed up.
pub(super) const OLD_NEWS: i64 = 31 * DAY;

type WarKey = (WarType, WarId);

/// The content of the war lists.
#[derive(Default)]
struct Seen {
    wars: BTreeMap<WarKey, Sourced<War>>,
    /// Wars whose end was found in a history list: their report may know more.
    past: BTreeMap<WarKey, Sourced<War>>,
    /// Wars that a list has, but that could not be read.
    unreadable: BTreeSet<WarKey>,
    coverage: Coverage,
}

/// The wars that would be listed if they were going on.
enum Coverage {
    /// Wars of the factions whose own lists were read. The lists of `failed` could not be read.
    Factions {
        read: BTreeSet<(WarType, FactionId)>,
        failed: BTreeSet<(WarType, FactionId)>,
        /// Whether wars of other factions are not of this invocation.
        only_these: bool,
    },
    /// Wars of these types, in the whole game.
    Game(BTreeSet<WarType>),
}

impl Default for Coverage {
    fn default() -> Self {
        Self::Game(BTreeSet::new())
    }
}

impl Coverage {
    /// Whether an unfinished war that no list has must have ended, or is of nobody whose lists are read.
    fn is_gone(&self, war: &War) -> bool {
        match self {
            Self::Game(types) => types.contains(&war.war_type),
            Self::Factions {
                read,
                failed,
                only_these,
            } => {
                let involves = |factions: &BTreeSet<(WarType, FactionId)>| {
                    factions.iter().any(|(war_type, faction)| {
                        *war_type == war.war_type && war.involves(*faction)
                    })
                };
                involves(read) || !(involves(failed) || *only_these)
            }
        }
    }
}

/// How many wars would be asked about for certain: nobody in them is followed, or Torn was asked before. Whether others
/// have ended meanwhile, only the lists tell.
pub(super) fn needs_a_look_up(
    store: &Store,
    scope: &Scope,
    followed: &[FactionId],
    now: i64,
) -> Result<u64> {
    let follow_ups = store.follow_ups()?;
    let is_due = |follow_up: &FollowUp| follow_up.next_step(now) == NextStep::Ask;
    let late_reports = follow_ups
        .iter()
        .filter(|follow_up| follow_up.wanted == Wanted::Report && is_due(follow_up));
    let mut count = late_reports.count() as u64;
    for war in store.unfinished_wars()? {
        let asked_before = follow_ups
            .iter()
            .find(|follow_up| (follow_up.war_type, follow_up.war) == (war.war_type, war.id));
        let is_of_others = scope.track.wars == Wars::Tracked
            && !scope.named
            && !followed.iter().any(|faction| war.involves(*faction));
        count += u64::from(asked_before.map_or(is_of_others, is_due));
    }
    Ok(count)
}

impl Session<'_> {
    pub(super) fn fetch_wars(&mut self, work: &mut Work) -> Result<()> {
        let followed = self.followed(work)?.targets;
        let due = self.due_histories(work, &followed)?;
        let mut seen = match self.scope.track.wars {
            Wars::Tracked => self.wars_of_tracked(work, &followed)?,
            Wars::All => self.wars_of_all(work)?,
        };
        let unread = self.read_histories(work, due, &mut seen)?;
        self.note_lists_read(&followed, &seen, &unread)?;
        let unfinished = self.store.unfinished_wars()?;
        let follow_ups = self.store.follow_ups()?;
        self.end_follow_ups(&seen, &follow_ups)?;
        let plan = sort_out(&seen, &unfinished, &follow_ups, work.now);
        let mut lookups = plan.lookups;
        lookups.extend(self.late_reports(&follow_ups, work.now)?);
        work.progress
            .more((lookups.len() + plan.listed.len()) as u64);
        self.save_wars(work, &plan.listed)?;
        self.look_up(work, lookups, &followed)
    }

    pub(super) fn save_wars(&mut self, work: &mut Work, wars: &[Sourced<War>]) -> Result<()> {
        for _ in wars {
            work.progress.step();
        }
        self.save_each(work, wars, war_name, Store::save_wars)
    }

    /// A war that a list has again needs no more questions.
    fn end_follow_ups(&mut self, seen: &Seen, follow_ups: &[FollowUp]) -> Result<()> {
        for follow_up in follow_ups {
            let key = (follow_up.war_type, follow_up.war);
            let is_going_on = seen
                .wars
                .get(&key)
                .is_some_and(|war| !war.value.has_unknown_end);
            if follow_up.wanted != Wanted::Report && is_going_on {
                self.store.end_follow_up(key.0, key.1)?;
            }
        }
        Ok(())
    }

    /// The wars whose end came from a list because Torn had no report yet: only a report tells a forfeit.
    fn late_reports(&mut self, follow_ups: &[FollowUp], now: i64) -> Result<Vec<Lookup>> {
        let mut lookups = Vec::new();
        for follow_up in follow_ups {
            if follow_up.wanted != Wanted::Report {
                continue;
            }
            match follow_up.next_step(now) {
                NextStep::Wait => {}
                NextStep::Stop => self
                    .store
                    .end_follow_up(follow_up.war_type, follow_up.war)?,
                NextStep::Ask => {
                    let stored = self
                        .store
                        .newest_war(follow_up.war_type, follow_up.war, now)?;
                    lookups.extend(stored.map(|before| Lookup {
                        before,
                        listed: None,
                        is_last: false,
                    }));
                }
            }
        }
        Ok(lookups)
    }
}

/// The wars that are listed or stored as unfinished, sorted by what is to be done about them.
struct Plan {
    /// Wars to save as they are listed.
    listed: Vec<Sourced<War>>,
    /// Wars whose end has to be asked about.
    lookups: Vec<Lookup>,
}

fn sort_out(seen: &Seen, unfinished: &[War], follow_ups: &[FollowUp], now: i64) -> Plan {
    let mut listed = seen.wars.clone();
    let mut lookups = Vec::new();
    for before in unfinished {
        let key = (before.war_type, before.id);
        match seen.wars.get(&key) {
            // We saw it end. Only the report tells a forfeit from a win.
            Some(listed_war) if listed_war.value.status.is_over() && key.0 == WarType::Ranked => {
                listed.remove(&key);
                lookups.push(Lookup {
                    before: before.clone(),
                    listed: Some(listed_war.clone()),
                    is_last: false,
                });
                continue;
            }
            Some(listed_war) if listed_war.value.has_unknown_end => {}
            Some(_) => continue,
            None if !seen.coverage.is_gone(before) => continue,
            None => {}
        }
        if seen.unreadable.contains(&key) {
            continue;
        }
        if let Some(past) = seen.past.get(&key) {
            lookups.push(Lookup {
                before: before.clone(),
                listed: Some(past.clone()),
                is_last: false,
            });
            continue;
        }
        let follow_up = follow_ups
            .iter()
            .find(|follow_up| (follow_up.war_type, follow_up.war) == key);
        let step = follow_up.map_or(NextStep::Ask, |follow_up| follow_up.next_step(now));
        if step == NextStep::Ask {
            lookups.push(Lookup {
                before: before.clone(),
                listed: None,
                is_last: follow_up.is_some_and(|follow_up| follow_up.is_old(now)),
            });
        }
    }
    add_past(seen, unfinished, &mut listed, &mut lookups);
    Plan {
        listed: listed.into_values().collect(),
        lookups,
    }
}

/// Adds the wars that began and ended between two polls. The report of a ranked war may know more than the list.
fn add_past(
    seen: &Seen,
    unfinished: &[War],
    listed: &mut BTreeMap<WarKey, Sourced<War>>,
    lookups: &mut Vec<Lookup>,
) {
    for (key, war) in &seen.past {
        let is_unfinished = unfinished.iter().any(|war| (war.war_type, war.id) == *key);
        if is_unfinished || seen.wars.contains_key(key) {
            continue;
        }
        if key.0 == WarType::Ranked {
            lookups.push(Lookup {
                before: war.value.clone(),
                listed: Some(war.clone()),
                is_last: false,
            });
        } else {
            listed.insert(*key, war.clone());
        }
    }
}

fn war_name(war: &War) -> String {
    format!("{} war {}", war.war_type.as_str(), war.id)
}
