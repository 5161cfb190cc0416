//! Months of daily jobs: nights off, clocks that jump and five time zones change no summary.

use rusqlite::{Connection, params};

use crate::month_model::{DAY, summaries, template};
use crate::support::{Dice, Sandbox, heavy};

/// 2027-11-01, so that the fourth month ends with a leap day.
const START: i64 = 1_825_027_200;

/// Two years with TORNSNAP_HEAVY; else the time to the first days of March 2028.
fn days() -> i64 {
    heavy(731, 125)
}

const ZONES: [&str; 5] = [
    "UTC",
    "Pacific/Apia",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Chatham",
];

/// The disturbance of one night's jobs.
#[derive(Clone, Copy, PartialEq)]
enum Night {
    Quiet,
    /// The machine is off.
    Off,
    /// The clock is 20 days ahead.
    Ahead,
    /// The clock stands in 1970.
    Reset,
    /// Summarize alone: the job is cut off before prune.
    CutOff,
}

#[test]
fn nights_off_and_wrong_clocks_change_no_summary() {
    let undisturbed = live(|_| Night::Quiet);
    let mut dice = Dice::new(7);
    let mut nights = Vec::new();
    for _ in 0..days() {
        nights.push(match dice.below(10) {
            0..3 => Night::Off,
            3 => Night::Ahead,
            4 => Night::Reset,
            5 => Night::CutOff,
            _ => Night::Quiet,
        });
    }
    // The jobs of the last night run, or the last month would only be summarized by the next.
    let last = nights.len() - 1;
    nights[last] = Night::Quiet;

    let disturbed = live(|day| nights[usize::try_from(day).unwrap()]);

    assert!(undisturbed.len() > 4 * 5, "{undisturbed:?}");
    assert_eq!(undisturbed, disturbed);
}

/// Records each day's changes, runs the jobs of each night, and reads the summaries at the end.
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
        let zone = ZONES[usize::try_from(day).unwrap() % ZONES.len()];
        let jobs = |now: i64, jobs: &[&[&str]]| {
            for job in jobs {
                let arguments = [*job, &["--database", "a.db", "-q"]].concat();
                let finished = sandbox
                    .command(&arguments)
                    .env("TORNSNAP_NOW", now.to_string())
                    .env("TZ", zone)
                    .output()
                    .unwrap();
                let code = finished.status.code();
                // A prune refuses a clock that is behind.
                let refused = code == Some(78) && now < midnight && job[0] == "prune";
                assert!(code == Some(0) || refused, "{now} {job:?}: {finished:?}");
            }
        };
        let summarize: &[&str] = &["summarize", "--no-backup"];
        let prune: &[&str] = &["prune", "--without-backup", "--allow-large"];
        match night(day) {
            Night::Off => {}
            Night::Quiet => jobs(next, &[summarize, prune]),
            Night::Ahead => jobs(next + 20 * DAY, &[summarize, prune]),
            Night::Reset => jobs(600, &[summarize, prune]),
            Night::CutOff => jobs(next, &[summarize]),
        }
    }
    summaries(&connection)
}

/// The answers of one day: some change something, some do not, and player 3 and tile AAC are away for months.
fn record_day(connection: &Connection, midnight: i64, dice: &mut Dice) {
    let month = format!("unixepoch({midnight}, 'unixepoch', 'start of month')");
    let is_away = (midnight - START) / (60 * DAY) % 2 == 1;
    for poll in 0..3 {
        let at = midnight + poll * 8 * 3600 + i64::try_from(dice.below(3600)).unwrap();
        let observe = |table: &str, column: &str, id: &dyn rusqlite::ToSql| {
            connection
                .execute(
                    &format!(
                        "INSERT INTO {table}_observations VALUES (?1, {month}, ?2, ?2, 1)
                         ON CONFLICT ({column}, period_start) DO UPDATE SET last_at = ?2, polls = polls + 1"
                    ),
                    params![id, at],
                )
                .unwrap();
        };
        let has_changed = |dice: &mut Dice| dice.below(8) == 0;
        for player in 1..=3 {
            let (changed, value) = (has_changed(dice), dice.below(1_000_000));
            if player == 3 && is_away {
                continue;
            }
            observe("player", "player_id", &player);
            if changed || midnight == START {
                connection
                    .execute(
                        "INSERT INTO player_stats_history (player_id, timestamp, strength, level, networth)
                         VALUES (?1, ?2, iif(?3 % 3 = 0, ?3, NULL), 1 + ?3 % 100, iif(?3 % 5 = 0, -?3, NULL))",
                        params![player, at, i64::try_from(value).unwrap()],
                    )
                    .unwrap();
            }
        }
        observe("faction", "faction_id", &1);
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
            observe("territory", "territory_id", &tile);
            if changed || midnight == START {
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
