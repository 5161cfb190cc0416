//! A wrong clock is refused before anything is recorded under it.

use tornsnap::testing::config::Exit;
use tornsnap::testing::config::refuse_wrong_clock;
use tornsnap::testing::config::{Clock, Overrides, Settings};
use tornsnap::testing::store::Store;

use crate::support::{DAY, MINUTE, NOW, Sandbox};

/// A database; with `recorded_at`, it has one history row from that timestamp.
fn recorded(sandbox: &Sandbox, recorded_at: Option<i64>) -> Store {
    let store = Store::create(&sandbox.database()).unwrap();
    if let Some(timestamp) = recorded_at {
        sandbox
            .sqlite()
            .execute_batch(&format!(
                "INSERT INTO players (player_id, name) VALUES (1, 'One');
                 INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, {timestamp});"
            ))
            .unwrap();
    }
    store
}

fn settings_with(sandbox: &Sandbox, clock: Clock) -> Settings {
    let file = sandbox.path("tornsnap.toml");
    let mut settings = Settings::from_text(&file, "", &Overrides::default()).unwrap();
    settings.clock = clock;
    settings
}

/// Whether the clock at [`NOW`] is refused when the newest record is from `recorded_at`.
fn is_refused(recorded_at: Option<i64>) -> bool {
    let sandbox = Sandbox::new();
    let store = recorded(&sandbox, recorded_at);
    let settings = settings_with(&sandbox, Clock::Fixed(NOW));
    refuse_wrong_clock(&settings, &store, true).expect("--ignore-clock accepts any clock");
    refuse_wrong_clock(&settings, &store, false).is_err()
}

#[test]
fn a_clock_more_than_five_minutes_behind_the_newest_record_is_refused() {
    assert!(!is_refused(None));
    assert!(!is_refused(Some(NOW - DAY)));
    assert!(!is_refused(Some(NOW)));
    assert!(!is_refused(Some(NOW + 5 * MINUTE)));
    assert!(is_refused(Some(NOW + 5 * MINUTE + 1)));
    assert!(is_refused(Some(NOW + 1461 * DAY)));
}

#[test]
fn the_error_about_a_clock_names_both_times_and_both_remedies() {
    let sandbox = Sandbox::new();
    let store = recorded(&sandbox, Some(NOW + DAY));
    let error =
        refuse_wrong_clock(&settings_with(&sandbox, Clock::Fixed(NOW)), &store, false).unwrap_err();
    assert_eq!(error.exit(), Exit::Config);
    let told = format!("{} {}", error.one_line(), error.help().unwrap());
    for part in [
        "2026-04-01T12:00:00Z",
        "2026-04-02T12:00:00Z",
        "tornsnap prune --future",
        "--ignore-clock",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[test]
fn the_machines_own_clock_is_compared_with_the_records() {
    let sandbox = Sandbox::new();
    let store = recorded(&sandbox, Some(4_102_444_800)); // 2100-01-01
    let settings = settings_with(&sandbox, Clock::System);

    let error = refuse_wrong_clock(&settings, &store, false).unwrap_err();

    assert_eq!(error.exit(), Exit::Config);
    refuse_wrong_clock(&settings, &store, true).unwrap();
}
