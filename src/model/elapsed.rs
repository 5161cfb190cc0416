//! The duration of a step in words.

use std::time::Duration;

/// A duration for the log: "7 ms", "1.5 s", "2 min 5 s".
pub(crate) fn format_elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..=59 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_the_unit_that_fits() {
        for (milliseconds, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (59_990, "59.9 s"),
            (60_000, "1 min 0 s"),
            (125_000, "2 min 5 s"),
        ] {
            assert_eq!(format_elapsed(Duration::from_millis(milliseconds)), text);
        }
    }
}
