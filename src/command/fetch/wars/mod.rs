//! Fetches wars: current wars, wars that began and ended between two polls, and wars that are no longer listed.

mod assaults;
mod faction_lists;
mod faction_wars;
mod game_lists;
mod history;
mod history_search;
mod look_up;
mod next_steps;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use assaults::AssaultedTiles;
pub(super) use faction_wars::{DecodedWars, FactionWars, decode_wars};
pub(super) use history::is_due as history_is_due;
pub(super) use next_steps::count_certain_lookups;

use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::fetch::wars::look_up::WarLookup;
use crate::command::fetch::wars::next_steps::{NextSteps, next_steps};
use crate::config::Wars;
use crate::error::Result;
use crate::model::id::{FactionId, WarId};
use crate::model::time::DAY;
use crate::model::war::{FollowUp, FollowUpGoal, NextStep, War, WarType};
use crate::store::Store;
use crate::store::save::Observation;

/// A war that is not stored is saved only if it ended at most this many seconds ago.
const LOOK_BACK: i64 = 31 * DAY;

type WarKey = (WarType, WarId);

/// The content of the lists that were read.
#[derive(Default)]
struct ListedWars {
    /// The wars on the lists of current wars.
    current: BTreeMap<WarKey, Observation<War>>,
    /// The wars in the histories whose end is not stored.
    past: BTreeMap<WarKey, Observation<War>>,
    /// Wars on the lists of current wars that could not be decoded.
    undecoded: BTreeSet<WarKey>,
    coverage: ListCoverage,
}

/// The part of the game that the lists of current wars cover. An ongoing war in it must be listed.
enum ListCoverage {
    /// The wars of some factions.
    Factions {
        read: BTreeSet<(WarType, FactionId)>,
        failed: BTreeSet<(WarType, FactionId)>,
        /// Whether this invocation ignores the wars of other factions.
        only_these: bool,
    },
    /// All wars of these types.
    Game(BTreeSet<WarType>),
}

impl Default for ListCoverage {
    fn default() -> Self {
        Self::Game(BTreeSet::new())
    }
}

impl ListCoverage {
    /// Whether to look up an unfinished war that is on no list. Either the lists cover it, so it must have ended, or no
    /// list can show its end.
    fn needs_lookup(&self, war: &War) -> bool {
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

impl Session<'_> {
    pub(super) fn fetch_wars(&mut self, run: &mut ActiveRun) -> Result<()> {
        let followed = self.factions_to_request(run)?;
        let due = self.due_histories(run, &followed)?;
        let mut listed = match self.scope.track.wars {
            Wars::Tracked => self.list_wars_of_factions(run, &followed)?,
            Wars::All => self.list_all_wars(run)?,
        };
        let unread = self.read_histories(run, &due, &mut listed)?;
        let read_at = self.torn.now();
        let unfinished = self.store.unfinished_wars()?;
        let follow_ups = self.store.follow_ups()?;
        let NextSteps {
            to_save,
            mut to_look_up,
        } = next_steps(&listed, &unfinished, &follow_ups, run.now);
        to_look_up.extend(self.late_reports(&follow_ups, run.now)?);
        self.save_wars(run, &to_save)?;
        self.end_follow_ups(&listed, &follow_ups)?;
        self.look_up_wars(run, to_look_up, &followed)?;

        // Only now are all wars of the lists saved. If the run ends before this point, the next run reads the lists again.
        let due: BTreeSet<FactionId> = due.iter().map(|due| due.faction).collect();
        // If Torn or a signal has ended the run early, some histories were not requested, or some wars not looked up.
        let unread = if self.torn.is_over() {
            due.clone()
        } else {
            unread
        };
        for faction in due.difference(&unread) {
            self.store.record_war_history_read(*faction, read_at)?;
        }
        self.record_lists_read(&followed, &listed, &unread, read_at)
    }

    /// Records when the lists of the followed factions were read. A faction with an unread history is skipped, so that
    /// the next run still finds the gap and reads the history.
    fn record_lists_read(
        &mut self,
        followed: &[FactionId],
        listed: &ListedWars,
        unread: &BTreeSet<FactionId>,
        read_at: i64,
    ) -> Result<()> {
        for faction in followed.iter().filter(|faction| !unread.contains(faction)) {
            let listed_at = match &listed.coverage {
                ListCoverage::Game(types) => (types.len() == 2).then_some(read_at),
                ListCoverage::Factions { .. } => {
                    let wars = self.faction_wars.get(faction);
                    wars.and_then(FactionWars::listed_at)
                }
            };
            if let Some(at) = listed_at {
                self.store.record_wars_listed(*faction, at)?;
            }
        }
        Ok(())
    }

    fn save_wars(&mut self, run: &mut ActiveRun, wars: &[Observation<War>]) -> Result<()> {
        self.save_each(run, wars, war_name, Store::save_wars)
    }

    /// Ends the follow-ups of wars that a list contains again.
    fn end_follow_ups(&mut self, listed: &ListedWars, follow_ups: &[FollowUp]) -> Result<()> {
        for follow_up in follow_ups {
            let key = (follow_up.war_type, follow_up.war);
            let is_listed = listed
                .current
                .get(&key)
                .is_some_and(|war| !war.value.has_unknown_end);
            if follow_up.goal != FollowUpGoal::Report && is_listed {
                self.store.end_follow_up(key.0, key.1)?;
            }
        }
        Ok(())
    }

    /// The wars whose report was not published yet when a list said how they ended.
    fn late_reports(&mut self, follow_ups: &[FollowUp], now: i64) -> Result<Vec<WarLookup>> {
        let mut lookups = Vec::new();
        for follow_up in follow_ups {
            if follow_up.goal != FollowUpGoal::Report {
                continue;
            }
            let (war_type, id) = (follow_up.war_type, follow_up.war);
            match follow_up.next_step(now) {
                NextStep::Wait => {}
                NextStep::Stop => self.store.end_follow_up(war_type, id)?,
                NextStep::Ask => {
                    let stored = self.store.newest_war(war_type, id, now)?;
                    lookups.extend(stored.map(WarLookup::new));
                }
            }
        }
        Ok(lookups)
    }
}

fn key_of(war: &War) -> WarKey {
    (war.war_type, war.id)
}

fn war_name(war: &War) -> String {
    format!("{} war {}", war.war_type.as_str(), war.id)
}
