//! The check of the jobs that start the commands.

use super::{Check, State};
use crate::model::schedule::condition::Condition;

/// Warns about installed jobs that do not work. No jobs are no finding: users may start the commands by other means.
pub(crate) fn schedule(condition: &Condition) -> Check {
    let faults = condition.faults();
    let Some(first) = faults.first() else {
        return Check::ok("schedule", condition.describe());
    };
    let messages: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
    let message = messages.join("; ");
    Check::finding("schedule", State::Warning, message, first.help.as_str()).with_subjects(messages)
}
