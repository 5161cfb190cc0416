//! `Retry-After` in every spelling.

use std::time::Instant;

use tornsnap::testing::sim::{Fault, FaultKind};

use super::bodies;

#[test]
fn no_retry_after_makes_a_run_panic_or_hang() {
    let values = [
        "",
        " ",
        "0",
        "-1",
        "1.5",
        "1e9",
        "soon",
        "Wed, 21 Oct 2026 07:28:00 GMT",
        "3600",
        "9223372036854775807",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999999999",
    ];
    for status in [429, 503] {
        for value in values {
            let torn = bodies::world();
            torn.follow("[track]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n");
            let headers = vec![("Retry-After".to_owned(), value.to_owned())];
            let kind =
                FaultKind::Status(status, "wait".to_owned(), "text/plain".to_owned(), headers);
            torn.simulator.fault(Fault::once(kind).path("/faction"));

            let start = Instant::now();
            let run = torn.fetch(&["factions"]);

            // The run does not wait for an hour or longer.
            let seconds: Option<u64> = value.parse().ok();
            let is_too_long = seconds.is_some_and(|seconds| seconds > 300);
            let expected = if is_too_long { 75 } else { 0 };
            assert_eq!(run.code(), expected, "{status} {value:?}: {}", run.stderr());
            assert!(start.elapsed().as_secs() < 20, "{status} {value:?}");
        }
    }
}
