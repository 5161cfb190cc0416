//! The check of the jobs that start the commands.

use super::{Check, State};
use crate::model::schedule::condition::{Condition, NO_JOBS};

/// Warns about installed jobs that do not work. No jobs are no finding: users may start the commands by other means.
pub(crate) fn schedule(condition: &Condition) -> Check {
    match condition {
        Condition::Absent => Check::ok("schedule", NO_JOBS),
        Condition::Unknown(why) => Check::ok(
            "schedule",
            format!("it is unknown whether jobs are installed: {why}"),
        ),
        Condition::Installed { place, faults } => match faults.as_slice() {
            [] => Check::ok("schedule", format!("the jobs are installed in {place}")),
            [first, ..] => {
                let messages: Vec<&str> =
                    faults.iter().map(|fault| fault.message.as_str()).collect();
                let message = messages.join("; ");
                Check::finding("schedule", State::Warning, message, first.help.as_str())
                    .with_subjects(messages)
            }
        },
    }
}
