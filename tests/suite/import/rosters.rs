//! Players whom an imported state puts in a faction whose roster was read later without them.

use rusqlite::Connection;

use super::make_plan;
use crate::support::torn::Torn;
use crate::support::{DAY, NOW};

/// A bot that saw players 1, 41 and 42 in faction 9 at this time.
fn bot(torn: &Torn, at: i64) {
    make_plan(
        &torn.sandbox.path("plan.db"),
        &format!(
            "INSERT INTO factions (faction_id, name, last_updated) VALUES (9, 'Real 9', {at});
             INSERT INTO players (player_id, name, level, faction_id, last_updated) VALUES
                (1, 'Player 1', 10, 9, {at}), (41, 'Gone', 20, 9, {at}), (42, 'Gone, too', 30, 9, {at});"
        ),
    );
}

fn import(torn: &Torn, at: i64) {
    let arguments = ["import", "plan.db", "--no-backup"];
    torn.sandbox.run_at(at, &arguments).expect(0);
}

const LEFT: &str =
    "SELECT player_id, left_at FROM faction_membership WHERE left_at IS NOT NULL ORDER BY 1";

#[test]
fn a_newer_roster_ends_the_membership_of_an_imported_member_who_is_not_on_it() {
    let torn = Torn::new();
    torn.fetch(&["all"]).expect(0);
    bot(&torn, NOW - 2 * DAY);

    import(&torn, NOW + 60);

    let roster = "SELECT player_id FROM faction_roster WHERE faction_id = 9 ORDER BY 1";
    let left = [format!("41|{NOW}"), format!("42|{NOW}")];
    assert_eq!(torn.rows(roster), ["1", "2", "3"]);
    assert_eq!(torn.rows(LEFT), left);
    assert_eq!(
        torn.rows("SELECT faction_id, last_updated FROM players WHERE player_id = 41"),
        [format!("|{NOW}")]
    );

    torn.fetch_at(NOW + 3600, &["all"]).expect(0);
    import(&torn, NOW + 3660);

    assert_eq!(torn.rows(roster), ["1", "2", "3"]);
    assert_eq!(torn.rows(LEFT), left);
}

#[test]
fn a_state_that_is_newer_than_the_roster_counts() {
    let torn = Torn::new();
    torn.fetch(&["all"]).expect(0);
    bot(&torn, NOW + 60);

    import(&torn, NOW + 120);

    assert_eq!(
        torn.rows("SELECT player_id FROM players WHERE faction_id = 9 ORDER BY 1"),
        ["1", "2", "3", "41", "42"]
    );
    assert_eq!(torn.rows(LEFT), [""; 0]);
}

#[test]
fn without_a_roster_of_our_own_the_members_of_both_files_stay() {
    let torn = Torn::new();
    bot(&torn, NOW - 2 * DAY);
    import(&torn, NOW);
    let plan = Connection::open(torn.sandbox.path("plan.db")).unwrap();
    let older = NOW - 3 * DAY;
    plan.execute_batch(&format!(
        "DELETE FROM players;
         INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (43, 'Other', 9, {older});"
    ))
    .unwrap();

    import(&torn, NOW);

    assert_eq!(
        torn.rows("SELECT player_id FROM players WHERE faction_id = 9 ORDER BY 1"),
        ["1", "41", "42", "43"]
    );
}
