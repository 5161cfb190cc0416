//! Looks up the end of wars that are on no list: first in their reports, then in the histories of their factions.

use super::history_search::{HistorySearch, search_histories};
use super::war_name;
use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::api::wire::war;
use crate::command::fetch::concurrent::{TargetResult, fetch_concurrently};
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::torn::{Failure, TornClient};
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::time::DAY;
use crate::model::war::{FollowUpGoal, War, WarStatus, WarType};
use crate::store::Store;
use crate::store::save::{LookedUpWar, Observation};

/// A war that took place is on Torn's lists at most this many seconds after its start.
const LISTED_BY: i64 = 7 * DAY;

/// A war whose end is requested from Torn.
pub(super) struct WarLookup {
    /// The newest observation of the war.
    pub(super) known: War,
    /// The end of the war according to a list. The report may say more.
    pub(super) listed_end: Option<Observation<War>>,
    /// Whether the war is presumed cancelled if Torn does not know it this time either.
    pub(super) is_last_try: bool,
}

/// Torn's answer about a war.
enum LookupResult {
    /// The end of the war, according to its report.
    Reported(Observation<War>),
    /// The state of the war according to a list or a history, or the war as cancelled because it never began.
    Listed(Observation<War>),
    /// Torn does not know the war. This does not show that a war that has begun is over.
    Unknown,
    /// Torn refuses the answer.
    Refused,
}

/// The result of a lookup, and a failure that did not prevent it.
struct LookupReply {
    result: LookupResult,
    failure: Option<Failure>,
}

impl WarLookup {
    pub(super) fn new(known: War) -> Self {
        Self {
            known,
            listed_end: None,
            is_last_try: false,
        }
    }

    pub(super) fn of_listed_end(known: War, listed_end: &Observation<War>) -> Self {
        Self {
            listed_end: Some(listed_end.clone()),
            ..Self::new(known)
        }
    }
}

impl From<LookupResult> for LookupReply {
    fn from(result: LookupResult) -> Self {
        Self {
            result,
            failure: None,
        }
    }
}

impl Session<'_> {
    /// Looks up wars. Histories of followed factions are searched before those of others.
    pub(super) fn look_up_wars(
        &mut self,
        run: &mut ActiveRun,
        wars: Vec<WarLookup>,
        followed: &[FactionId],
    ) -> Result<()> {
        let torn = self.torn;
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            wars,
            |lookup| look_up_war(torn, lookup, followed),
            |results| self.save_lookups(run, results),
        )
    }

    fn save_lookups(
        &mut self,
        run: &mut ActiveRun,
        results: Vec<TargetResult<WarLookup, LookupReply>>,
    ) -> Result<()> {
        let mut wars = Vec::new();
        for (lookup, response) in results {
            let (result, failure) = match response {
                Ok(LookupReply { result, failure }) => (Some(result), failure),
                Err(failure) => (None, Some(failure)),
            };
            if let Some(failure) = failure {
                self.record_failure(run, &war_name(&lookup.known), None, &failure)?;
            }
            if let Some(result) = result {
                wars.extend(self.apply_result(&lookup, result)?);
            }
        }
        let name = |looked_up: &LookedUpWar| war_name(&looked_up.war);
        self.save_each(run, &wars, name, Store::save_looked_up_wars)
    }

    /// The observation to save, if there is one. Otherwise records that the war has to be looked up again.
    fn apply_result(
        &mut self,
        lookup: &WarLookup,
        result: LookupResult,
    ) -> Result<Option<Observation<LookedUpWar>>> {
        let known = &lookup.known;
        let now = self.torn.now();
        let goal = match result {
            LookupResult::Reported(war) => return Ok(Some(looked_up(war, None, now))),
            LookupResult::Listed(war) => {
                let goal = goal_after_list(&war.value);
                return Ok(Some(looked_up(war, goal, now)));
            }
            LookupResult::Unknown | LookupResult::Refused if known.status.is_over() => {
                FollowUpGoal::Report
            }
            LookupResult::Refused => FollowUpGoal::EndOfKnownWar,
            LookupResult::Unknown if lookup.is_last_try => {
                log::warn!(
                    "{}: Torn has not known this war for 30 days; it counts as cancelled",
                    war_name(known)
                );
                let cancelled = Observation {
                    value: known.clone().presumed_cancelled(),
                    source: "tornsnap".to_owned(),
                    at: now,
                };
                return Ok(Some(looked_up(cancelled, None, now)));
            }
            LookupResult::Unknown => {
                log::info!(
                    "{}: Torn does not know this war; it stays unchanged until Torn says how it ended",
                    war_name(known)
                );
                FollowUpGoal::End
            }
        };
        self.store
            .record_follow_up(known.war_type, known.id, goal, now)?;
        Ok(None)
    }
}

fn looked_up(
    war: Observation<War>,
    goal: Option<FollowUpGoal>,
    at: i64,
) -> Observation<LookedUpWar> {
    Observation {
        value: LookedUpWar {
            war: war.value,
            goal,
            at,
        },
        source: war.source,
        at: war.at,
    }
}

/// The reason to ask about a war again after a list or a history has shown it; `None` if there is none.
fn goal_after_list(war: &War) -> Option<FollowUpGoal> {
    if war.war_type == WarType::Ranked && war.status == WarStatus::Completed {
        Some(FollowUpGoal::Report)
    } else if war.status.is_over() {
        None
    } else {
        Some(FollowUpGoal::EndOfKnownWar)
    }
}

/// Looks up a war in its report and, if no list has shown its end, in the histories of its factions.
fn look_up_war(
    torn: &TornClient,
    lookup: &WarLookup,
    followed: &[FactionId],
) -> Result<LookupReply, Failure> {
    let known = &lookup.known;
    let has_ended = known.status.is_over() || lookup.listed_end.is_some();
    let report_failure = match fetch_report(torn, known) {
        Ok(Some(war)) if war.value.status.is_over() => {
            return Ok(LookupResult::Reported(war).into());
        }
        // The report says that the war is ongoing.
        Ok(Some(war)) if !has_ended => return Ok(LookupResult::Listed(war).into()),
        Ok(_) => None,
        Err(Failure::RunEnded) => return Err(Failure::RunEnded),
        Err(failure) => Some(failure),
    };
    if has_ended {
        // Without the report, the end of the war is known, but not its reason.
        let listed_end = lookup.listed_end.clone();
        return Ok(LookupReply {
            result: listed_end.map_or(LookupResult::Unknown, LookupResult::Listed),
            failure: report_failure.filter(Failure::is_reportable),
        });
    }
    look_up_in_histories(torn, known, followed, report_failure).map(LookupReply::from)
}

/// Looks up a war that has no report, or whose report could not be read.
fn look_up_in_histories(
    torn: &TornClient,
    known: &War,
    followed: &[FactionId],
    report_failure: Option<Failure>,
) -> Result<LookupResult, Failure> {
    let search = search_histories(torn, known, followed)?;
    let has_no_report = report_failure.as_ref().is_none_or(Failure::is_missing);
    match (report_failure, search) {
        (_, HistorySearch::Found(war)) => Ok(LookupResult::Listed(war)),
        // The war is neither in a report nor in a history: it was called off before it began.
        (_, HistorySearch::Absent { source, at }) if has_no_report && was_called_off(known, at) => {
            Ok(LookupResult::Listed(Observation {
                value: known.clone().cancelled(),
                source,
                at,
            }))
        }
        (Some(failure), _) if failure.is_reportable() => Err(failure),
        (_, HistorySearch::Absent { .. } | HistorySearch::NoFaction) if has_no_report => {
            Ok(LookupResult::Unknown)
        }
        _ => Ok(LookupResult::Refused),
    }
}

/// Fetches the report of a war; `None` if Torn has none.
fn fetch_report(torn: &TornClient, known: &War) -> Result<Option<Observation<War>>, Failure> {
    let request = Request::war_report(known.war_type, known.id);
    let response = torn.get(&request, KeyRequirement::Any)?;
    if let Some(failed) = response.errors.first() {
        return Err(Failure::Refused(failed.error.clone()));
    }
    match war::report(&response.body, known.war_type, known.id, response.at) {
        Ok(report) => Ok(report.map(|war| Observation {
            value: war,
            source: response.source,
            at: response.at,
        })),
        Err(error) => {
            let body = response.body.to_string();
            Err(Failure::rejected(&request, &war_name(known), &error, body))
        }
    }
}

/// Whether a war that Torn does not know never began: its start is in the future, or so long ago that a list would
/// contain it.
fn was_called_off(known: &War, now: i64) -> bool {
    known.status == WarStatus::Scheduled
        && known
            .started_at
            .is_some_and(|start| now < start || now >= start + LISTED_BY)
}
