//! Ten days of polls with random faults, compared with ten days without any.

use std::fmt::Write as _;

use rusqlite::Connection;
use tornsnap::testing::sim::{Chaos, Fault, FaultKind, Options};

use crate::support::torn::Torn;
use crate::support::{DAY, Dice, MINUTE, heavy, rows};

struct HistoryTable {
    table: &'static str,
    /// The column with the id.
    id: &'static str,
    /// The column with the time.
    time: &'static str,
    /// The columns whose changes add rows.
    columns: &'static [&'static str],
}

/// The columns of a history that can be compared with the history without faults.
const HISTORIES: &[HistoryTable] = &[
    HistoryTable {
        table: "player_stats_history",
        id: "player_id",
        time: "timestamp",
        columns: &["level", "life_maximum", "networth", "total_stats"],
    },
    HistoryTable {
        table: "faction_history",
        id: "faction_id",
        time: "timestamp",
        columns: &["respect", "member_count", "best_chain"],
    },
    HistoryTable {
        table: "territory_ownership_history",
        id: "territory_id",
        time: "recorded_at",
        columns: &["faction_id", "racket_type", "racket_level"],
    },
];

/// The queries that must give the same rows in both databases at the end.
const STATE: [&str; 6] = [
    "SELECT player_id, name, level, rank, faction_id, life_maximum, is_active FROM players ORDER BY 1",
    "SELECT faction_id, name, tag, leader_id, respect, best_chain, member_count, is_active
     FROM factions ORDER BY 1",
    "SELECT territory_id, sector, slots, faction_id, racket_type, racket_level, war_status FROM territories ORDER BY 1",
    "SELECT player_id, faction_id FROM faction_membership WHERE left_at IS NULL ORDER BY 1",
    "SELECT player_id, networth FROM player_latest ORDER BY 1",
    "SELECT war_type, war_id, status, winner_faction_id, end_reason, attacking_score, defending_score, ends_at
     FROM war_latest ORDER BY 1, 2",
];

/// Seconds between two polls. Polls every 4 minutes, as of real users, take about 15 minutes here:
/// `TORNSNAP_POLL_MINUTES=4 cargo test ten_days`.
fn every() -> i64 {
    let minutes = std::env::var("TORNSNAP_POLL_MINUTES").ok();
    let minutes = minutes.and_then(|minutes| minutes.parse().ok());
    MINUTE * minutes.unwrap_or_else(|| heavy(30, 400))
}

/// Makes the same world for each of the two databases.
fn world() -> Torn {
    let torn = Torn::over(Options {
        seed: 11,
        players: 30,
        factions: 5,
        ..Options::default()
    });
    let ids: Vec<String> = torn
        .simulator
        .faction_ids()
        .iter()
        .take(2)
        .map(ToString::to_string)
        .collect();
    torn.configure(
        "requests_per_minute = 0\ntimeout_seconds = 1\n",
        &format!(
            "[track]\nfactions = [{}]\nterritories = \"tracked\"\n",
            ids.join(", ")
        ),
    );
    torn
}

/// Occasional faults that the random ones lack: of keys, ids, the address and the whole API.
fn strike(torn: &Torn, dice: &mut Dice) {
    let code = match dice.below(30) {
        0 => 2,
        1 => 6,
        2 => 8,
        3 => 9,
        4 => 14,
        5 => 16,
        _ => return,
    };
    let place = ["/user", "/faction"][usize::try_from(dice.below(2)).unwrap()];
    let words = format!("words of {code}");
    torn.simulator.fault(
        Fault::once(FaultKind::Code(code, words))
            .path(place)
            .after(3),
    );
}

#[test]
fn after_ten_days_of_random_faults_every_row_is_right() {
    let (calm, rough) = (world(), world());
    let start = calm.simulator.time();
    let every = every();
    let mut dice = Dice::new(7);
    let mut seen = [0_u32; 256];
    let mut now = start;
    while now < start + 10 * DAY {
        calm.fetch_at(now, &["all"]).expect(0);
        strike(&rough, &mut dice);
        rough.simulator.set_chaos(Some(Chaos {
            seed: u64::try_from(now).unwrap(),
            per_mille: 100,
        }));
        let finished = rough.fetch_at(now, &["all"]);
        seen[usize::try_from(finished.code()).unwrap()] += 1;
        if dice.below(20) == 0 {
            let behind = rough
                .fetching(&["all"])
                .env("TORNSNAP_NOW", (now - 2 * DAY).to_string())
                .output()
                .unwrap();
            assert!(
                now == start || behind.status.code() == Some(78),
                "a clock that is behind"
            );
        }
        now += every;
    }
    rough.simulator.set_chaos(None);
    rough.simulator.clear_faults();
    for pause in [2 * DAY, 2 * DAY + 10 * MINUTE] {
        for torn in [&calm, &rough] {
            torn.fetch_at(start + 10 * DAY + pause, &["all"]).expect(0);
        }
    }

    let expected = [0, 3, 75, 76];
    let odd: Vec<usize> = (0..256)
        .filter(|code| seen[*code] > 0 && !expected.contains(code))
        .collect();
    assert!(odd.is_empty(), "exit codes {odd:?}");
    assert!(seen[3] > 5, "the faults were met: {:?}", &seen[..80]);
    compare(&calm, &rough);
}

/// Asserts that every row with faults is also in the database without, and that both end in the same state.
#[track_caller]
fn compare(calm: &Torn, rough: &Torn) {
    let connection = Connection::open(rough.sandbox.database()).unwrap();
    let path = calm.sandbox.database();
    connection
        .execute("ATTACH DATABASE ? AS calm", [path.to_str().unwrap()])
        .unwrap();
    let mut wrong = String::new();
    for &HistoryTable {
        table,
        id,
        time,
        columns,
    } in HISTORIES
    {
        for column in columns {
            let false_rows = rows(
                &connection,
                &format!(
                    "SELECT {id}, {time}, {column} FROM main.{table} AS told
                     WHERE {column} IS NOT NULL AND {column} IS NOT (
                         SELECT {column} FROM calm.{table} AS true
                         WHERE true.{id} = told.{id} AND true.{time} <= told.{time}
                         ORDER BY {column} IS NULL, true.{time} DESC, true.id DESC LIMIT 1)"
                ),
            );
            if !false_rows.is_empty() {
                writeln!(wrong, "{table}.{column}: {false_rows:?}").unwrap();
            }
        }
    }
    for query in STATE {
        let (told, truth) = (rough.rows(query), calm.rows(query));
        for row in truth.iter().filter(|row| !told.contains(row)) {
            // A war that was cancelled between two successful polls may be on no list that was read.
            if !row.contains("|cancelled|") {
                writeln!(wrong, "missing: {row}  ({query:.60})").unwrap();
            }
        }
        for row in told.iter().filter(|row| !truth.contains(row)) {
            writeln!(wrong, "false: {row}  ({query:.60})").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
