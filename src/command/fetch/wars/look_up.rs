//! How wars ended that no list has any more: from their reports or, failing that, from the history of a faction.

use super::history::{history_name, read_history};
use super::war_name;
use crate::api::pool::Need;
use crate::api::request::Request;
use crate::api::wire::war;
use crate::command::fetch::concurrent::fetch_concurrently;
use crate::command::fetch::session::{Session, Work, rejected_item};
use crate::command::torn::{Failure, TornClient};
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::time::DAY;
use crate::model::war::{Wanted, War, WarStatus, WarType};
use crate::store::save::Sourced;

/// Seconds after its start by which every war that took place is in Torn's lists.
const LISTED_BY: i64 = 7 * DAY;

/// A war whose end has to be asked about.
pub(in crate::command::fetch) struct Lookup {
    pub(in crate::command::fetch) before: War,
    /// How a list says that it ended. The report knows more.
    pub(in crate::command::fetch) listed: Option<Sourced<War>>,
    /// Whether it counts as cancelled when Torn knows nothing of it once more.
    pub(in crate::command::fetch) is_last: bool,
}

/// Torn's answer about a war.
enum Found {
    /// How its report says that it ended.
    Reported(Sourced<War>),
    /// How a list says that it went on, or that no list has it any more.
    Listed(Sourced<War>),
    /// Nothing, which ends no war that has begun.
    Nowhere,
    /// Torn refuses to tell.
    Untold,
}

/// An answer about a war, with a failure on the way to it.
struct Answer {
    found: Found,
    failure: Option<Failure>,
}

impl From<Found> for Answer {
    fn from(found: Found) -> Self {
        Self {
            found,
            failure: None,
        }
    }
}

impl Session<'_> {
    /// Asks how wars ended.
    pub(super) fn look_up(
        &mut self,
        work: &mut Work,
        wars: Vec<Lookup>,
        ours: &[FactionId],
    ) -> Result<()> {
        let torn = self.torn;
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            wars,
            |lookup| look_up(torn, lookup, ours),
            |answers| {
                let mut found = Vec::new();
                for (lookup, answer) in answers {
                    let before = &lookup.before;
                    match answer {
                        Ok(Answer {
                            found: answer,
                            failure,
                        }) => {
                            if let Some(failure) = failure {
                                self.fail(work, &war_name(before), None, &failure)?;
                            }
                            found.extend(self.take_found(&lookup, answer)?);
                        }
                        Err(failure) => {
                            self.fail(work, &war_name(before), None, &failure)?;
                        }
                    }
                }
                self.save_wars(work, &found)
            },
        )
    }

    /// Notes what is still to be asked about a war, and returns what is to be saved.
    fn take_found(&mut self, lookup: &Lookup, found: Found) -> Result<Option<Sourced<War>>> {
        let before = &lookup.before;
        let at = self.torn.now();
        let (war_type, id) = (before.war_type, before.id);
        let (wanted, war) = match found {
            Found::Reported(war) => (None, Some(war)),
            Found::Listed(war) => {
                let is_won = war.value.status == WarStatus::Completed;
                let wanted = if war_type == WarType::Ranked && is_won {
                    Some(Wanted::Report)
                } else if war.value.status.is_over() {
                    None
                } else {
                    Some(Wanted::Later)
                };
                (wanted, Some(war))
            }
            Found::Nowhere | Found::Untold if before.status.is_over() => {
                (Some(Wanted::Report), None)
            }
            Found::Untold => (Some(Wanted::Later), None),
            Found::Nowhere if lookup.is_last => {
                log::warn!(
                    "{}: Torn has known nothing of it for 30 days; it counts as cancelled",
                    war_name(before)
                );
                let given_up = Sourced {
                    value: before.clone().given_up(),
                    source: "tornsnap".to_owned(),
                    at,
                };
                (None, Some(given_up))
            }
            Found::Nowhere => {
                log::info!(
                    "{} is listed nowhere; it stays as it is until Torn says how it ended",
                    war_name(before)
                );
                (Some(Wanted::End), None)
            }
        };
        match wanted {
            Some(wanted) => self.store.follow_up(war_type, id, wanted, at)?,
            None => self.store.end_follow_up(war_type, id)?,
        }
        Ok(war)
    }
}

/// The report of a war, if Torn has one.
fn report(torn: &TornClient, before: &War) -> Result<Option<Sourced<War>>, Failure> {
    let request = Request::war_report(before.war_type, before.id);
    let reply = torn.get(&request, Need::Any)?;
    if let Some(failed) = reply.errors.first() {
        return Err(Failure::Refused(failed.error.clone()));
    }
    match war::report(&reply.body, before.war_type, before.id, reply.at) {
        Ok(report) => Ok(report.map(|war| Sourced {
            value: war,
            source: reply.source,
            at: reply.at,
        })),
        Err(error) => {
            let body = reply.body.to_string();
            Err(Failure::rejected(&request, &war_name(before), &error, body))
        }
    }
}

/// How a war went on: from its report, else from the history of either faction.
fn look_up(torn: &TornClient, lookup: &Lookup, ours: &[FactionId]) -> Result<Answer, Failure> {
    let before = &lookup.before;
    let is_known_to_be_over = before.status.is_over() || lookup.listed.is_some();
    let no_report = match report(torn, before) {
        Ok(Some(war)) if war.value.status.is_over() => return Ok(Found::Reported(war).into()),
        // Its own report says that it goes on.
        Ok(Some(war)) if !is_known_to_be_over => return Ok(Found::Listed(war).into()),
        Ok(_) => None,
        Err(Failure::RunEnded) => return Err(Failure::RunEnded),
        Err(failure) => Some(failure),
    };
    if is_known_to_be_over {
        // Only the report was asked for: its failure costs the reason of the end, not the end.
        let listed = lookup.listed.clone();
        return Ok(Answer {
            found: listed.map_or(Found::Nowhere, Found::Listed),
            failure: no_report.filter(is_worth_telling),
        });
    }
    let in_history = find_in_history(torn, before, ours)?;
    let is_unknown = no_report.as_ref().is_none_or(Failure::is_missing);
    match (no_report, in_history) {
        (_, InHistory::Found(war)) => Ok(Found::Listed(war).into()),
        // Torn knows neither a report nor a place in the history: it was called off before it began.
        (_, InHistory::Absent(source, at)) if is_unknown && was_called_off(before, at) => {
            Ok(Found::Listed(cancelled(before, source, at)).into())
        }
        (Some(failure), _) if is_worth_telling(&failure) => Err(failure),
        (_, InHistory::Absent(..) | InHistory::Unread) if is_unknown => Ok(Found::Nowhere.into()),
        _ => Ok(Found::Untold.into()),
    }
}

/// A fault that may pass, or an answer that does not fit. Other refusals only say that there is no report.
fn is_worth_telling(failure: &Failure) -> bool {
    failure.is_passing() || matches!(failure, Failure::Rejected(_))
}

fn cancelled(before: &War, source: String, at: i64) -> Sourced<War> {
    Sourced {
        value: before.clone().cancelled(),
        source,
        at,
    }
}

/// Whether a war that Torn knows nothing of never began: its start lies ahead, or so far back that no list is late.
fn was_called_off(before: &War, now: i64) -> bool {
    before.status == WarStatus::Scheduled
        && before
            .started_at
            .is_some_and(|start| now < start || now >= start + LISTED_BY)
}

/// Whether the history of a faction has a war.
enum InHistory {
    Found(Sourced<War>),
    /// A history was read that does not have it, with this key at that time.
    Absent(String, i64),
    /// No history could be read, because Torn knows neither faction.
    Unread,
    /// Torn refuses the histories.
    Refused,
}

/// Looks for a war in the histories of its factions, ours first.
fn find_in_history(
    torn: &TornClient,
    before: &War,
    ours: &[FactionId],
) -> Result<InHistory, Failure> {
    let mut factions: Vec<FactionId> = [&before.attacking, &before.defending]
        .into_iter()
        .flatten()
        .map(|side| side.faction)
        .collect();
    factions.sort_by_key(|faction| !ours.contains(faction));
    let mut found = InHistory::Unread;
    for faction in factions {
        match find_in_history_of(torn, before, faction) {
            Ok(war @ InHistory::Found(_)) => return Ok(war),
            Ok(other) => found = other,
            Err(failure) if failure.is_missing() => {} // A faction that is no more has no history.
            Err(failure @ Failure::RunEnded) => return Err(failure),
            Err(failure) if is_worth_telling(&failure) => return Err(failure),
            Err(_) if matches!(found, InHistory::Unread) => found = InHistory::Refused,
            Err(_) => {}
        }
    }
    Ok(found)
}

fn find_in_history_of(
    torn: &TornClient,
    before: &War,
    faction: FactionId,
) -> Result<InHistory, Failure> {
    let pages = read_history(torn, before.war_type, faction, |page| {
        let has_it = page.items.valid.iter().any(|war| war.id == before.id);
        let starts = page.items.valid.iter().filter_map(|war| war.started_at);
        // The list comes newest first: beyond its start the war cannot be.
        has_it || starts.min() < before.started_at
    })?;
    let mut found = InHistory::Unread;
    for page in pages {
        for item in &page.items.invalid {
            if war::id_of(&item.item).is_none_or(|id| id == before.id) {
                // It may be the very one.
                return Err(rejected_item(&page.request, &history_name(faction), item));
            }
        }
        let (source, at) = (page.source, page.at);
        for war in page.items.valid {
            if war.id == before.id {
                return Ok(InHistory::Found(Sourced {
                    value: war,
                    source,
                    at,
                }));
            }
        }
        found = InHistory::Absent(source, at);
    }
    Ok(found)
}
