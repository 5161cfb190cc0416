//! Months of daily jobs: missed nights, wrong clocks and changing time zones do not change the summaries.

use rusqlite::{Connection, ToSql, params};

use crate::month_model::{summaries, template};
use crate::support::{DAY, Dice, HOUR, Sandbox, heavy};

/// 2027-11-01, so that the fourth month ends with a leap day.
const START: i64 = 1_825_027_200;

/// Two years with TORNSNAP_HEAVY; otherwise the days up to the first ones of March 2028.
fn days() -> i64 {
    heavy(731, 125)
}

const SUMMARIZE: &[&str] = &["summarize", "--no-backup"];
const PRUNE: &[&str] = &["prune", "--without-backup", "--allow-large"];

const ZONES: [&str; 5] = [
    "UTC",
    "Pacific/Apia",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Chatham",
];

/// The conditions under which the jobs of one night run.
#[derive(Clone, Copy, PartialEq)]
enum Night {
    Normal,
    /// The machine is off.
    Off,
    /// The clock is 20 days ahead.
    Ahead,
    /// The clock was reset to 1970.
    Reset,
    /// The machine stops after `summarize`, before `prune`.
    CutOff,
}

#[test]
fn missed_nights_and_wrong_clocks_do_not_change_the_summaries() {
    let undisturbed = live(|_| Night::Normal);
    let mut dice = Dice::new(7);
    let mut nights = Vec::new();
    for _ in 0..days() {
        nights.push(match dice.below(10) {
            0..3 => Night::Off,
            3 => Night::Ahead,
            4 => Night::Reset,
            5 => Night::CutOff,
            _ => Night::Normal,
        });
    }
    // The jobs of the last night have to run: otherwise the last month has no summary yet.
    let last = nights.len() - 1;
    nights[last] = Night::Normal;

    let disturbed = live(|day| nights[usize::try_from(day).unwrap()]);

    assert!(undisturbed.len() > 4 * 5, "{undisturbed:?}");
    assert_eq!(undisturbed, disturbed);
}

/// Records the changes of each day, runs the jobs of each night, and reads the summaries at the end.
fn live(night: impl Fn(i64) -> Night) -> Vec<String> {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("a.db"), template(&sandbox)).unwrap();
    let connection = Connection::open(sandbox.path("a.db")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO factions (faction_id, name) VALUES (1, 'One'), (2, 'Two');
             INSERT INTO players (player_id, name) VALUES (1, 'A'), (2, 'B'), (3, 'C');
             INSERT INTO territories (territory_id) VALUES ('AAB'), ('AAC');",
        )
        .unwrap();
    let mut dice = Dice::new(1);
    for day in 0..days() {
        let midnight = START + day * DAY;
        record_day(&connection, midnight, &mut dice);
        let next = midnight + DAY + 600;
        let (now, jobs) = match night(day) {
            Night::Off => continue,
            Night::Normal => (next, &[SUMMARIZE, PRUNE][..]),
            Night::Ahead => (next + 20 * DAY, &[SUMMARIZE, PRUNE][..]),
            Night::Reset => (600, &[SUMMARIZE, PRUNE][..]),
            Night::CutOff => (next, &[SUMMARIZE][..]),
        };
        let zone = ZONES[usize::try_from(day).unwrap() % ZONES.len()];
        for job in jobs {
            let finished = sandbox
                .command(&[*job, &["--database", "a.db", "-q"]].concat())
                .env("TORNSNAP_NOW", now.to_string())
                .env("TZ", zone)
                .output()
                .unwrap();
            let code = finished.status.code();
            // `prune` refuses to run while the clock is behind.
            let refused = code == Some(78) && now < midnight && job[0] == "prune";
            assert!(code == Some(0) || refused, "{now} {job:?}: {finished:?}");
        }
    }
    summaries(&connection)
}

/// Records the answers of one day: some change something, some do not.
///
/// Player 3 and tile AAC are not observed for two months at a time.
fn record_day(connection: &Connection, midnight: i64, dice: &mut Dice) {
    let is_away = (midnight - START) / (60 * DAY) % 2 == 1;
    let is_first_day = midnight == START;
    for poll in 0..3 {
        let at = midnight + poll * 8 * HOUR + i64::try_from(dice.below(3600)).unwrap();
        for player in 1..=3 {
            let (changed, value) = (has_changed(dice), dice.below(1_000_000));
            if player == 3 && is_away {
                continue;
            }
            observe(connection, "player", &player, at);
            if changed || is_first_day {
                connection
                    .execute(
                        "INSERT INTO player_stats_history (player_id, timestamp, strength, level, networth)
                         VALUES (?1, ?2, iif(?3 % 3 = 0, ?3, NULL), 1 + ?3 % 100, iif(?3 % 5 = 0, -?3, NULL))",
                        params![player, at, i64::try_from(value).unwrap()],
                    )
                    .unwrap();
            }
        }
        observe(connection, "faction", &1, at);
        if has_changed(dice) {
            connection
                .execute(
                    "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, ?1, ?1 / 1000)",
                    [at],
                )
                .unwrap();
        }
        for tile in ["AAB", "AAC"] {
            let (changed, owner) = (has_changed(dice), dice.below(3));
            if tile == "AAC" && is_away {
                continue;
            }
            observe(connection, "territory", &tile, at);
            if changed || is_first_day {
                connection
                    .execute(
                        "INSERT INTO territory_ownership_history (territory_id, recorded_at, faction_id)
                         VALUES (?1, ?2, nullif(?3, 0))",
                        params![tile, at, i64::try_from(owner).unwrap()],
                    )
                    .unwrap();
            }
        }
        if has_changed(dice) {
            connection
                .execute(
                    "INSERT INTO war_status_history (war_id, war_type, status, started_at, attacking_score, recorded_at)
                     VALUES (?1 / 864000, 'ranked', 'ongoing', ?1 / 864000 * 864000, ?1 % 1000, ?1)",
                    [at],
                )
                .unwrap();
        }
    }
}

/// Whether an answer differs from the last one.
fn has_changed(dice: &mut Dice) -> bool {
    dice.below(8) == 0
}

/// Records an answer about an entity; `kind` is the prefix of the table and its id column.
fn observe(connection: &Connection, kind: &str, id: &dyn ToSql, at: i64) {
    connection
        .execute(
            &format!(
                "INSERT INTO {kind}_observations ({kind}_id, period_start, first_at, last_at, polls)
                 VALUES (?1, unixepoch(?2, 'unixepoch', 'start of month'), ?2, ?2, 1)
                 ON CONFLICT ({kind}_id, period_start) DO UPDATE SET last_at = ?2, polls = polls + 1"
            ),
            params![id, at],
        )
        .unwrap();
}
