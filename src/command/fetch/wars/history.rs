//! Reads the lists of a faction's past wars, which contain the wars that began and ended between two polls.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::{LOOK_BACK, ListedWars, WarKey};
use crate::api::pages::PagedBy;
use crate::api::request::Request;
use crate::api::wire::{DecodeError, Partitioned, war};
use crate::command::fetch::concurrent::fetch_concurrently;
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::torn::{Failure, ListRead, Page, TornClient, read_list};
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::time::{DAY, HOUR, is_far_future};
use crate::model::war::{War, WarStatus, WarType};
use crate::store::Store;
use crate::store::follow_ups::WarPolls;
use crate::store::save::Observation;

/// Seconds without a poll after which the histories are read, because a war may have begun and ended in between.
const MAX_POLL_GAP: i64 = HOUR;

/// Seconds after which the histories are read again even without a gap.
const MAX_HISTORY_AGE: i64 = DAY;

/// The pages of one list. The newest wars come first.
type History = Vec<Page<War>>;

/// A history that is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct DueHistory {
    war_type: WarType,
    pub(super) faction: FactionId,
    /// Only wars that ended at or after this timestamp are used; unix seconds.
    horizon: i64,
}

/// Whether the histories of a faction are due: at the first run, once a day, and after a gap between polls.
pub(in crate::command::fetch) fn is_due(polls: WarPolls, now: i64) -> bool {
    let is_older = |timestamp: Option<i64>, age: i64| {
        timestamp.is_none_or(|timestamp| is_far_future(timestamp, now) || now - timestamp > age)
    };
    is_older(polls.history_read_at, MAX_HISTORY_AGE - 1) || is_older(polls.listed_at, MAX_POLL_GAP)
}

impl Session<'_> {
    /// The histories of the followed factions that are due.
    pub(super) fn due_histories(
        &self,
        run: &ActiveRun,
        followed: &[FactionId],
    ) -> Result<Vec<DueHistory>> {
        let mut due = Vec::new();
        for faction in followed {
            let polls = self.store.war_polls(*faction)?;
            if !is_due(polls, run.now) {
                continue;
            }
            let oldest = run.now - LOOK_BACK;
            let horizon = polls.listed_at.map_or(oldest, |at| at.min(oldest));
            for war_type in [WarType::Ranked, WarType::Territory] {
                due.push(DueHistory {
                    war_type,
                    faction: *faction,
                    horizon,
                });
            }
        }
        Ok(due)
    }

    /// Reads histories and adds the wars that began and ended between two polls. Returns the factions whose history
    /// could not be read.
    pub(super) fn read_histories(
        &mut self,
        run: &mut ActiveRun,
        due: &[DueHistory],
        wars: &mut ListedWars,
    ) -> Result<BTreeSet<FactionId>> {
        let mut unread = BTreeSet::new();
        let torn = self.torn;
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            due.to_vec(),
            |due| read_recent(torn, *due),
            |results| {
                for (due, answer) in results {
                    match answer {
                        Ok(history) => self.add_history(run, due, history, wars)?,
                        // No key may read the history, or Torn does not know the faction. The call for the faction
                        // itself has recorded that.
                        Err(failure) if failure.is_missing() || failure.is_no_access() => {
                            log::info!("{}: {}", history_name(due.faction), failure.message());
                        }
                        Err(failure) => {
                            unread.insert(due.faction);
                            self.record_failure(run, &history_name(due.faction), None, &failure)?;
                        }
                    }
                }
                Ok(())
            },
        )?;
        Ok(unread)
    }

    fn add_history(
        &mut self,
        run: &mut ActiveRun,
        due: DueHistory,
        history: History,
        wars: &mut ListedWars,
    ) -> Result<()> {
        for page in history {
            let target = history_name(due.faction);
            self.record_invalid(run, &page.request, &target, &page.items.invalid)?;
            for war in page.items.valid {
                if is_unstored_end(self.store, &war, page.at, due.horizon)? {
                    let key: WarKey = (due.war_type, war.id);
                    wars.past.entry(key).or_insert(Observation {
                        value: war,
                        source: page.source.clone(),
                        at: page.at,
                    });
                }
            }
        }
        Ok(())
    }
}

/// Whether a war in a history ended since the horizon and its end is not stored. A war that is stored as cancelled may
/// turn out to be completed.
fn is_unstored_end(store: &Store, war: &War, at: i64, horizon: i64) -> Result<bool> {
    if !war.status.is_over() || war.ends_at.is_none_or(|end| end < horizon) {
        return Ok(false);
    }
    let stored = store.newest_war(war.war_type, war.id, at)?;
    Ok(stored
        .is_none_or(|stored| stored.status != WarStatus::Completed && stored.status != war.status))
}

/// Reads a history up to the first page with a war from before the horizon.
fn read_recent(torn: &TornClient, due: DueHistory) -> Result<History, Failure> {
    read_history(torn, due.war_type, due.faction, |page| {
        let is_old = |war: &War| war.ends_at.is_some_and(|end| end < due.horizon);
        page.items.valid.iter().any(is_old)
    })
}

/// Reads a history up to the first page for which `is_last` is true.
pub(super) fn read_history(
    torn: &TornClient,
    war_type: WarType,
    faction: FactionId,
    mut is_last: impl FnMut(&Page<War>) -> bool,
) -> Result<History, Failure> {
    let by = match war_type {
        WarType::Ranked => PagedBy::Offset { expected: 0 },
        WarType::Territory => PagedBy::Time,
    };
    let mut history = Vec::new();
    let read = read_list(
        torn,
        Request::war_history(war_type, faction),
        by,
        &history_name(faction),
        |body, at| decode(body, war_type, at),
        |page| {
            let is_last = is_last(&page);
            history.push(page);
            Ok(if is_last {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        },
    );
    match read {
        Ok(ListRead::Failed(failure)) | Err(failure) => Err(failure),
        Ok(ListRead::ToTheEnd | ListRead::AsFarAsNeeded) => Ok(history),
    }
}

fn decode(
    body: &serde_json::Value,
    war_type: WarType,
    at: i64,
) -> Result<(&'static str, Partitioned<War>), DecodeError> {
    let field = match war_type {
        WarType::Ranked => "rankedwars",
        WarType::Territory => "territorywars",
    };
    Ok((field, war::list(body, field, war_type, at)?))
}

pub(super) fn history_name(faction: FactionId) -> String {
    format!("war history of faction {faction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_due_at_the_first_run_once_a_day_and_after_a_gap() {
        let now = 1_775_044_800;
        let polls = |listed_at: Option<i64>, history_read_at: Option<i64>| WarPolls {
            listed_at: listed_at.map(|age| now - age),
            history_read_at: history_read_at.map(|age| now - age),
        };
        let table = [
            (polls(None, None), true, "the first run"),
            (
                polls(Some(240), Some(240)),
                false,
                "polls every four minutes",
            ),
            (polls(Some(240), Some(DAY)), true, "a day later"),
            (polls(Some(HOUR), Some(2 * HOUR)), false, "hourly polls"),
            (polls(Some(HOUR + 60), Some(2 * HOUR)), true, "a gap"),
            (
                polls(Some(240), Some(-2 * DAY)),
                true,
                "a clock that was ahead",
            ),
        ];
        for (polls, due, why) in table {
            assert_eq!(is_due(polls, now), due, "{why}");
        }
    }
}
