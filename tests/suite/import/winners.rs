//! Winners of wars that only the summaries of a file name.

use serde_json::Value;

use super::MARCH;
use super::with_plan;
use crate::support::Sandbox;

/// Four wars of February whose history has no winner, as in the schema of the Python program. War 5 has not ended.
fn old_wars(summaries: &str) -> Sandbox {
    with_plan(&format!(
        "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
             defending_score, status, started_at, ends_at, recorded_at)
         SELECT war.value, 'ranked', 1, 2, poll.value, 0, iif(poll.value = 3, 'completed', 'ongoing'), {MARCH} - 900000,
             iif(poll.value = 3, {MARCH} - 800000, NULL), {MARCH} - 900000 + poll.value * 33333
         FROM json_each('[1, 2, 3, 4]') AS war, json_each('[0, 1, 2, 3]') AS poll;
         INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
             defending_score, status, started_at, recorded_at)
         VALUES (5, 'ranked', 1, 2, 1, 0, 'ongoing', {MARCH} - 900000, {MARCH} - 800000);
         {summaries}"
    ))
}

fn summaries_with_winners() -> String {
    format!(
        "INSERT INTO war_summary (war_id, war_type, period_start, period_end, attacking_faction_id, defending_faction_id,
             final_attacking_score, final_defending_score, winner_faction_id, record_count)
         SELECT value, 'ranked', unixepoch('2026-02-01'), {MARCH}, 1, 2, 3, 0, 1, 4 FROM json_each('[1, 2, 3, 4]');"
    )
}

fn import(sandbox: &Sandbox, file: &str) -> Value {
    let arguments = ["import", file, "--json", "--no-backup"];
    sandbox.run(&arguments).expect(0).json()
}

fn expect_winners(sandbox: &Sandbox) {
    assert_eq!(
        sandbox.rows(
            "SELECT war_id, winner_faction_id, record_count FROM war_summary ORDER BY war_id"
        ),
        ["1|1|4", "2|1|4", "3|1|4", "4|1|4", "5||1"]
    );
    assert_eq!(
        sandbox.rows("SELECT faction_id, wars, won, lost, no_known_winner FROM war_league ORDER BY faction_id"),
        ["1|5|4|0|1", "2|5|0|4|1"]
    );
}

#[test]
fn a_winner_that_only_the_old_summary_names_is_kept() {
    let sandbox = old_wars(&summaries_with_winners());

    let report = import(&sandbox, "plan.db");

    expect_winners(&sandbox);
    let mended = report["tables"]["war_status_history"]["mended"]
        .as_array()
        .unwrap();
    let reason = "winner_faction_id: taken from the summary of the war";
    assert!(
        mended
            .iter()
            .any(|entry| entry["reason"] == reason && entry["count"] == 4)
    );
    sandbox
        .run(&["summarize", "--month", "2026-02", "--force", "--no-backup"])
        .expect(0);
    expect_winners(&sandbox);
    let history = sandbox.rows("SELECT * FROM war_status_history ORDER BY id");

    let again = import(&sandbox, "plan.db");

    assert_eq!(again["tables"]["war_status_history"]["taken"], 0);
    assert_eq!(
        sandbox.rows("SELECT * FROM war_status_history ORDER BY id"),
        history
    );
    expect_winners(&sandbox);
}

const CSV: &str = "war_type,war_id,period_start,attacking_faction_id,defending_faction_id,final_attacking_score,\
                   final_defending_score,winner_faction_id,record_count\n\
                   ranked,1,2026-02-01,1,2,3,0,1,4\nranked,2,2026-02-01,1,2,3,0,1,4\n\
                   ranked,3,2026-02-01,1,2,3,0,1,4\nranked,4,2026-02-01,1,2,3,0,1,4\n";

#[test]
fn the_winners_of_a_summary_file_fill_unknown_ones_in_either_order() {
    for summaries_first in [false, true] {
        let sandbox = old_wars("");
        sandbox.write("summaries.csv", CSV);
        let mut files = ["plan.db", "summaries.csv"];
        if summaries_first {
            files.reverse();
        }

        let reports = files.map(|file| import(&sandbox, file));

        expect_winners(&sandbox);
        let report = &reports[usize::from(!summaries_first)]["tables"]["war_summary"];
        assert_eq!(report["taken"], 4, "{report:#}");
        let again = &import(&sandbox, "summaries.csv")["tables"]["war_summary"];
        assert_eq!(again["taken"], 0, "{again:#}");
        assert_eq!(again["already_there"], 4, "{again:#}");
        sandbox
            .run(&["summarize", "--month", "2026-02", "--force", "--no-backup"])
            .expect(0);
        expect_winners(&sandbox);
    }
}

#[test]
fn a_winner_that_is_no_side_of_the_war_is_not_taken() {
    let sandbox = old_wars(&summaries_with_winners().replace(", 1, 4 FROM", ", 3, 4 FROM"));

    import(&sandbox, "plan.db");

    assert_eq!(
        sandbox.rows("SELECT count(winner_faction_id) FROM war_summary"),
        ["0"]
    );
}
