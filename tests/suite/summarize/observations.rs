//! The months that get a summary: those with rows, and those in which Torn answered about an entity.

use std::collections::BTreeMap;

use crate::month_model::{
    EDGES, IN_APRIL, steady_history, summaries, summarize, template, with_history,
    with_steady_history,
};
use crate::support::{DAY, Sandbox, rows};

#[test]
fn a_month_without_an_observation_has_no_summary() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    history.player_rows.retain(|row| row.at < EDGES[1]);
    history.faction_rows.clear();
    history.war_rows.clear();
    history.tile_rows.retain(|row| row.at < EDGES[1]);
    history.players = BTreeMap::from([(1, 0b1101), (2, 0b0001)]);
    history.tiles = BTreeMap::from([("AAB", 0b1001)]);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
    let months_of = |table: &str, entity: &str| -> Vec<String> {
        rows(
            &connection,
            &format!("SELECT period_start FROM {table} WHERE {entity} ORDER BY 1"),
        )
    };
    assert_eq!(
        months_of("player_stats_summary", "player_id = 1"),
        [EDGES[0], EDGES[2], EDGES[3]].map(|edge| edge.to_string()),
        "observed in three months, without a change in the last two"
    );
    assert_eq!(
        months_of("player_stats_summary", "player_id = 2"),
        [EDGES[0].to_string()]
    );
    assert_eq!(
        months_of("territory_ownership_summary", "true"),
        [EDGES[0], EDGES[3]].map(|edge| edge.to_string())
    );
}

#[test]
fn a_late_observation_gives_its_month_a_summary() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    history.player_rows.retain(|row| row.at < EDGES[2]);
    history.players.insert(2, 0b0011);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    // The last answer of February was saved a moment after the month was summarized.
    connection
        .execute(
            "INSERT INTO player_observations (player_id, period_start, first_at, last_at, polls)
             VALUES (2, ?1, ?2, ?2, 1)",
            [EDGES[2], EDGES[3] - 1],
        )
        .unwrap();

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    history.players.insert(2, 0b0111);
    assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
}

#[test]
fn rows_of_1970_give_the_decades_after_them_no_summaries() {
    let sandbox = Sandbox::new();
    let history = steady_history();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    for (row, month) in [(9001, 0), (9002, 946_684_800)] {
        connection
            .execute(
                "INSERT INTO territory_ownership_history (id, territory_id, recorded_at, faction_id) VALUES (?1, 'AAB', ?2, 1)",
                [row, month + 3600],
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO territory_observations (territory_id, period_start, first_at, last_at, polls)
                 VALUES ('AAB', ?1, ?1, ?1, 1)",
                [month],
            )
            .unwrap();
    }

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    let months = rows(
        &connection,
        "SELECT date(period_start, 'unixepoch') FROM territory_ownership_summary ORDER BY 1",
    );
    assert_eq!(
        months,
        [
            "1970-01-01",
            "2000-01-01",
            "2027-12-01",
            "2028-01-01",
            "2028-02-01",
            "2028-03-01"
        ]
    );
}

#[test]
fn a_change_that_overflows_64_bits_is_null() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    connection
        .execute_batch(&format!(
            "INSERT INTO war_status_history (war_id, war_type, status, started_at, recorded_at)
             VALUES (77, 'ranked', 'ongoing', -9223372036854775808, {at});
             INSERT INTO player_stats_history (player_id, timestamp, networth) VALUES (1, {at}, -9223372036854775808);
             INSERT INTO player_stats_history (player_id, timestamp, networth) VALUES (1, {at} + 1, 9223372036854775807);",
            at = EDGES[0] + DAY
        ))
        .unwrap();

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!(
        rows(
            &connection,
            "SELECT duration_seconds IS NULL FROM war_summary WHERE war_id = 77"
        ),
        ["1"]
    );
    assert_eq!(
        rows(
            &connection,
            "SELECT networth_start, networth_end, networth_change IS NULL FROM player_stats_summary
             WHERE player_id = 1 ORDER BY period_start LIMIT 1"
        ),
        ["-9223372036854775808|9223372036854775807|1"]
    );
}
