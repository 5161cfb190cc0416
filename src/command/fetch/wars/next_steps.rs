//! Decides which wars are saved as the lists show them, and which are looked up.

use super::look_up::WarLookup;
use super::{ListedWars, WarKey, key_of};
use crate::command::fetch::Scope;
use crate::config::Wars;
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::war::{FollowUp, FollowUpGoal, NextStep, War, WarType};
use crate::store::Store;
use crate::store::save::Observation;

/// The next step for each listed war, and for each war that is stored as unfinished.
pub(super) struct NextSteps {
    /// Wars to save as they are listed.
    pub(super) to_save: Vec<Observation<War>>,
    /// Wars whose end is requested from Torn.
    pub(super) to_look_up: Vec<WarLookup>,
}

pub(super) fn next_steps(
    listed: &ListedWars,
    unfinished: &[War],
    follow_ups: &[FollowUp],
    now: i64,
) -> NextSteps {
    let mut to_save = listed.current.clone();
    let mut to_look_up = Vec::new();
    for known in unfinished {
        let key = key_of(known);
        let Some(lookup) = lookup_of(known, listed, follow_ups, now) else {
            continue;
        };
        if listed.current.get(&key).is_some_and(has_report) {
            to_save.remove(&key);
        }
        to_look_up.push(lookup);
    }
    for (key, war) in &listed.past {
        let is_unfinished = unfinished.iter().any(|war| key_of(war) == *key);
        if is_unfinished || listed.current.contains_key(key) {
            continue;
        }
        if has_report(war) {
            to_look_up.push(WarLookup::of_listed_end(war.value.clone(), war));
        } else {
            to_save.insert(*key, war.clone());
        }
    }
    NextSteps {
        to_save: to_save.into_values().collect(),
        to_look_up,
    }
}

/// The lookup that an unfinished war needs now, if any.
fn lookup_of(
    known: &War,
    listed: &ListedWars,
    follow_ups: &[FollowUp],
    now: i64,
) -> Option<WarLookup> {
    let key = key_of(known);
    match listed.current.get(&key) {
        Some(war) if has_report(war) => {
            return Some(WarLookup::of_listed_end(known.clone(), war));
        }
        Some(war) if war.value.has_unknown_end => {}
        Some(_) => return None,
        None if !listed.coverage.needs_lookup(known) => return None,
        None => {}
    }
    if listed.undecoded.contains(&key) {
        return None;
    }
    if let Some(war) = listed.past.get(&key) {
        return Some(WarLookup::of_listed_end(known.clone(), war));
    }
    let lookup = WarLookup::new(known.clone());
    let Some(follow_up) = find(follow_ups, key) else {
        return Some(lookup);
    };
    (follow_up.next_step(now) == NextStep::Ask).then(|| WarLookup {
        is_last_try: follow_up.is_last_try(now),
        ..lookup
    })
}

/// Whether the report of an ended war says more than the lists: only the report distinguishes a forfeit from a win.
fn has_report(war: &Observation<War>) -> bool {
    war.value.war_type == WarType::Ranked && war.value.status.is_over()
}

/// The number of wars that a fetch would look up regardless of the lists: wars without a followed faction, and wars
/// with a follow-up that is due.
pub(in crate::command::fetch) fn count_certain_lookups(
    store: &Store,
    scope: &Scope,
    followed: &[FactionId],
    now: i64,
) -> Result<u64> {
    let follow_ups = store.follow_ups()?;
    let is_due = |follow_up: &FollowUp| follow_up.next_step(now) == NextStep::Ask;
    let late_reports = follow_ups
        .iter()
        .filter(|follow_up| follow_up.goal == FollowUpGoal::Report && is_due(follow_up));
    let mut count = late_reports.count() as u64;
    for war in store.unfinished_wars()? {
        let is_of_others = scope.track.wars == Wars::Tracked
            && !scope.has_named_targets
            && !followed.iter().any(|faction| war.involves(*faction));
        let is_certain = find(&follow_ups, key_of(&war)).map_or(is_of_others, is_due);
        count += u64::from(is_certain);
    }
    Ok(count)
}

fn find(follow_ups: &[FollowUp], key: WarKey) -> Option<&FollowUp> {
    follow_ups
        .iter()
        .find(|follow_up| (follow_up.war_type, follow_up.war) == key)
}
