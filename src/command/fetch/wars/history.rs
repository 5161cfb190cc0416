//! The lists of a faction's past wars: they have what began and ended between two polls.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::{OLD_NEWS, Seen, WarKey};
use crate::api::pages::PagedBy;
use crate::api::request::Request;
use crate::api::wire::{DecodeError, Partitioned, war};
use crate::command::fetch::concurrent::fetch_concurrently;
use crate::command::fetch::session::{Session, Work};
use crate::command::torn::{Failure, ListRead, Page, TornClient, read_list};
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::time::{DAY, HOUR, is_far_future};
use crate::model::war::{War, WarStatus, WarType};
use crate::store::Store;
use crate::store::follow_ups::WarPolls;
use crate::store::save::Sourced;

/// Without a poll for longer than this, a war may have begun and ended unseen.
const GAP: i64 = HOUR;

/// The history lists are read this often even without a gap.
const HISTORY_AGE: i64 = DAY;

/// The pages of one list, oldest last.
type History = Vec<Page<War>>;

/// A history list that is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct DueHistory {
    war_type: WarType,
    faction: FactionId,
    /// Wars that ended before this are known, or old news; unix seconds.
    horizon: i64,
}

/// Whether the lists of a faction's past wars are due: at the first run, once a day, and after a gap.
pub(in crate::command::fetch) fn is_due(polls: WarPolls, now: i64) -> bool {
    let is_older = |moment: Option<i64>, age: i64| {
        moment.is_none_or(|moment| is_far_future(moment, now) || now - moment > age)
    };
    is_older(polls.history_read_at, HISTORY_AGE - 1) || is_older(polls.listed_at, GAP)
}

impl Session<'_> {
    /// The history lists of the followed factions that are due.
    pub(super) fn due_histories(
        &self,
        work: &Work,
        followed: &[FactionId],
    ) -> Result<Vec<DueHistory>> {
        let mut due = Vec::new();
        for faction in followed {
            let polls = self.store.war_polls(*faction)?;
            if !is_due(polls, work.now) {
                continue;
            }
            let old_news = work.now - OLD_NEWS;
            let horizon = polls.listed_at.map_or(old_news, |at| at.min(old_news));
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

    /// Reads history lists, and adds the wars that ended unseen. Returns the factions with a list that could not be
    /// read.
    pub(super) fn read_histories(
        &mut self,
        work: &mut Work,
        due: Vec<DueHistory>,
        seen: &mut Seen,
    ) -> Result<BTreeSet<FactionId>> {
        let factions: BTreeSet<FactionId> = due.iter().map(|due| due.faction).collect();
        let mut unread = BTreeSet::new();
        let torn = self.torn;
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            due,
            |due| read_recent(torn, *due),
            |answers| {
                for (due, answer) in answers {
                    match answer {
                        Ok(history) => self.take_history(work, due, history, seen)?,
                        // No key may read it, or the faction's own call has told that Torn does not know it.
                        Err(failure) if failure.is_missing() || failure.is_no_access() => {
                            log::info!("{}: {}", history_name(due.faction), failure.message());
                        }
                        Err(failure) => {
                            unread.insert(due.faction);
                            self.fail(work, &history_name(due.faction), None, &failure)?;
                        }
                    }
                }
                Ok(())
            },
        )?;
        if torn.is_over() {
            return Ok(factions); // Some of them were not asked about.
        }
        for faction in factions.difference(&unread) {
            self.store.note_war_history_read(*faction, torn.now())?;
        }
        Ok(unread)
    }

    fn take_history(
        &mut self,
        work: &mut Work,
        due: DueHistory,
        history: History,
        seen: &mut Seen,
    ) -> Result<()> {
        for page in history {
            let target = history_name(due.faction);
            self.fail_each(work, &page.request, &target, &page.items.invalid)?;
            for war in page.items.valid {
                if is_news(self.store, &war, page.at, due.horizon)? {
                    let key: WarKey = (due.war_type, war.id);
                    seen.past.entry(key).or_insert(Sourced {
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

/// Whether a war in a history list ended since the horizon, and is not stored so. A war that was given up may have been
/// won after all.
fn is_news(store: &Store, war: &War, at: i64, horizon: i64) -> Result<bool> {
    if !war.status.is_over() || war.ends_at.is_none_or(|end| end < horizon) {
        return Ok(false);
    }
    let stored = store.newest_war(war.war_type, war.id, at)?;
    Ok(stored
        .is_none_or(|stored| stored.status != WarStatus::Completed && stored.status != war.status))
}

/// Reads the pages of a history list that can have news.
fn read_recent(torn: &TornClient, due: DueHistory) -> Result<History, Failure> {
    read_history(torn, due.war_type, due.faction, |page| {
        let is_old = |war: &War| war.ends_at.is_some_and(|end| end < due.horizon);
        page.items.valid.iter().any(is_old)
    })
}

/// Reads a history list up to the first page that is enough.
pub(super) fn read_history(
    torn: &TornClient,
    war_type: WarType,
    faction: FactionId,
    mut is_enough: impl FnMut(&Page<War>) -> bool,
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
            let enough = is_enough(&page);
            history.push(page);
            Ok(if enough {
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
    fn histories_are_due_at_first_then_daily_and_after_a_gap() {
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
