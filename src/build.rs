//! Build script: sets `TORNSNAP_BUILD_DAY`, the unix time of the day of the build.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script cannot use `config`"
)]

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rustc-env=TORNSNAP_BUILD_DAY={}", now()? / DAY * DAY);
    Ok(())
}

/// Unix seconds. `SOURCE_DATE_EPOCH` replaces the clock in reproducible builds.
/// <https://reproducible-builds.org/specs/source-date-epoch/>
fn now() -> Result<u64, String> {
    match env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("SOURCE_DATE_EPOCH={text:?} is not a number of unix seconds")),
        Err(env::VarError::NotPresent) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map(|since| since.as_secs())
            .map_err(|_| "the clock of this machine is before 1970".to_owned()),
        Err(error) => Err(format!("SOURCE_DATE_EPOCH: {error}")),
    }
}
