//! Refuses to record with a wrong clock.

use crate::config::{Clock, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::run::ClockDispute;
use crate::model::time::{CLOCK_TOLERANCE, iso};
use crate::store::Store;

/// The first second of the UTC day on which this program was built (unix seconds).
pub(crate) const BUILD_DAY: i64 = match i64::from_str_radix(env!("TORNSNAP_BUILD_DAY"), 10) {
    Ok(day) => day,
    Err(_) => panic!("the build script sets TORNSNAP_BUILD_DAY to unix seconds"),
};

/// Fails if the clock of this machine is before the day on which the program was built, or if the clock is behind the
/// newest recorded timestamp. `ignore` skips the second check.
///
/// # Errors
///
/// [`Exit::Config`]; the message has both times.
pub fn refuse_wrong_clock(settings: &Settings, store: &Store, ignore: bool) -> Result<()> {
    let clock = settings.clock;
    let now = clock.now();
    if let Some(reason) = clock_error(clock, now, BUILD_DAY) {
        return Err(Error::new("use the clock of this machine")
            .with_source(reason)
            .with_help("set the clock, then run it again")
            .with_exit(Exit::Config));
    }
    if ignore {
        return Ok(());
    }
    match store.newest_timestamp()? {
        Some(newest) if is_behind(now, newest) => Err(Error::new("use the clock")
            .with_source(format!(
                "it says {}, and the newest record in the database is of {}",
                iso(now),
                iso(newest)
            ))
            .with_help(
                "if the clock is wrong, set it; if the record is wrong, run `tornsnap prune --future`; \
                 to record all the same, add --ignore-clock",
            )
            .with_exit(Exit::Config)),
        _ => Ok(()),
    }
}

/// The two times of the last fetch, if they differed and no fetch has succeeded since. `TORNSNAP_NOW` may be any time.
pub(super) fn clock_dispute(clock: Clock, store: &Store) -> Result<Option<ClockDispute>> {
    match clock {
        Clock::System => store.clock_dispute(),
        Clock::Fixed(_) => Ok(None),
    }
}

/// The next step after a [`ClockDispute`].
pub(super) const DISPUTE_HELP: &str =
    "set the clock, then run `tornsnap fetch all`; if it is right now, add --ignore-clock";

/// The reason why the clock of this machine is certainly wrong, if it is. `TORNSNAP_NOW` may be any time.
pub(super) fn clock_error(clock: Clock, now: i64, build_day: i64) -> Option<String> {
    let is_before = matches!(clock, Clock::System) && now < build_day;
    is_before.then(|| {
        format!(
            "it says {}, and this program was built on {}",
            iso(now),
            iso(build_day)
        )
    })
}

fn is_behind(now: i64, newest: i64) -> bool {
    newest > now.saturating_add(CLOCK_TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    #[test]
    fn only_the_clock_of_the_machine_is_compared_with_the_build_day() {
        let build_day = 1_775_001_600; // 2026-04-01
        let cases = [
            ("1970", Clock::System, 3600, true),
            ("the day before", Clock::System, build_day - 1, true),
            ("the build day", Clock::System, build_day, false),
            ("years later", Clock::System, build_day + 900 * DAY, false),
            ("a replay", Clock::Fixed(3600), 3600, false),
        ];
        for (name, clock, now, is_refused) in cases {
            assert_eq!(
                clock_error(clock, now, build_day).is_some(),
                is_refused,
                "{name}"
            );
        }
        assert_eq!(BUILD_DAY % DAY, 0, "the first second of a day");
    }
}
