//! A wrong clock is refused before anything is recorded under it.

use tornsnap::testing::config::Exit;
use tornsnap::testing::config::refuse_wrong_clock;
use tornsnap::testing::config::{Clock, Overrides, Settings};
use tornsnap::testing::store::Store;

use crate::support::{DAY, MINUTE, NOW, Sandbox};

/// Settings whose clock stands at `now`, and a database with one row of history from `recorded_at`.
fn recorded(sandbox: &Sandbox, recorded_at: Option<i64>) -> Store {
    let store = Store::create(&sandbox.database()).unwrap();
    if let Some(moment) = recorded_at {
        sandbox
            .sqlite()
            .execute_batch(&format!(
                "INSERT INTO players (player_id, name) VALUES (1, 'One');
                 INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, {moment});"
            ))
            .unwrap();
    }
    store
}

fn at(sandbox: &Sandbox, clock: Clock) -> Settings {
    let file = sandbox.path("tornsnap.toml");
    let mut settings = Settings::from_text(&file, "", &Overrides::default()).unwrap();
    settings.clock = clock;
    settings
}

#[test]
fn a_clock_behind_the_newest_record_is_refused_and_both_times_are_named() {
    let cases = [
        ("an empty database", None, false),
        ("a record of yesterday", Some(NOW - DAY), false),
        ("a record of this second", Some(NOW), false),
        ("a record five minutes ahead", Some(NOW + 5 * MINUTE), false),
        ("a second more", Some(NOW + 5 * MINUTE + 1), true),
        ("a record four years ahead", Some(NOW + 1461 * DAY), true),
    ];
    for (name, recorded_at, is_refused) in cases {
        let sandbox = Sandbox::new();
        let store = recorded(&sandbox, recorded_at);
        let settings = at(&sandbox, Clock::Fixed(NOW));

        let answer = refuse_wrong_clock(&settings, &store, false);

        assert_eq!(answer.is_err(), is_refused, "{name}");
        refuse_wrong_clock(&settings, &store, true).expect(name);
    }

    let sandbox = Sandbox::new();
    let store = recorded(&sandbox, Some(NOW + DAY));
    let error = refuse_wrong_clock(&at(&sandbox, Clock::Fixed(NOW)), &store, false).unwrap_err();
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
    let settings = at(&sandbox, Clock::System);

    let error = refuse_wrong_clock(&settings, &store, false).unwrap_err();

    assert_eq!(error.exit(), Exit::Config);
    refuse_wrong_clock(&settings, &store, true).unwrap();
}
