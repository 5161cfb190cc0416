//! Names and other texts: they may be numbers, and HTML entities are decoded.

use serde_json::json;
use tornsnap::testing::sim::Fault;

use super::shapes::patch;
use crate::support::torn::Torn;

/// A name that Torn sends as a number.
struct NumericName {
    /// The path of the call.
    path: &'static str,
    pointer: &'static str,
    value: i64,
    /// Reads the stored name.
    sql: &'static str,
    expected: &'static str,
}

const NUMERIC_NAMES: &[NumericName] = &[
    NumericName {
        path: "/user/2",
        pointer: "/profile/name",
        value: 1337,
        sql: "SELECT name FROM players WHERE player_id = 2",
        expected: "1337",
    },
    NumericName {
        path: "/faction/9",
        pointer: "/basic/name",
        value: 69,
        sql: "SELECT name FROM factions WHERE faction_id = 9",
        expected: "69",
    },
    NumericName {
        path: "/faction/9",
        pointer: "/basic/tag",
        value: -7,
        sql: "SELECT tag FROM factions WHERE faction_id = 9",
        expected: "-7",
    },
    NumericName {
        path: "/faction/9",
        pointer: "/members/2/name",
        value: 420,
        sql: "SELECT name FROM players WHERE player_id = 3",
        expected: "420",
    },
    NumericName {
        path: "/faction/9",
        pointer: "/wars/ranked/factions/1/name",
        value: 777,
        sql: "SELECT name FROM factions WHERE faction_id = 20",
        expected: "777",
    },
    NumericName {
        path: "/user/2",
        pointer: "/profile/status/state",
        value: 5,
        sql: "SELECT status_state FROM players WHERE player_id = 2",
        expected: "5",
    },
];

#[test]
fn a_name_may_come_as_a_number() {
    for &NumericName {
        path,
        pointer,
        value,
        sql,
        expected,
    } in NUMERIC_NAMES
    {
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [2]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.pin_ranked_war(5, |_| {});
        torn.simulator
            .fault(Fault::always(patch(pointer, &json!(value))).path(path));

        torn.fetch(&["all"]).expect(0);

        assert_eq!(torn.rows(sql), [expected], "{pointer}");
    }
}

/// A text that people read.
struct Text {
    /// The path of the call.
    path: &'static str,
    pointer: &'static str,
    /// Reads the stored text.
    sql: &'static str,
}

const TEXTS: &[Text] = &[
    Text {
        path: "/user/2",
        pointer: "/profile/name",
        sql: "SELECT name FROM players WHERE player_id = 2",
    },
    Text {
        path: "/user/2",
        pointer: "/profile/status/description",
        sql: "SELECT status_description FROM players WHERE player_id = 2",
    },
    Text {
        path: "/user/2",
        pointer: "/profile/rank",
        sql: "SELECT rank FROM players WHERE player_id = 2",
    },
    Text {
        path: "/faction/9",
        pointer: "/basic/name",
        sql: "SELECT name FROM factions WHERE faction_id = 9",
    },
    Text {
        path: "/faction/9",
        pointer: "/basic/tag",
        sql: "SELECT tag FROM factions WHERE faction_id = 9",
    },
    Text {
        path: "/faction/9",
        pointer: "/members/2/name",
        sql: "SELECT name FROM players WHERE player_id = 3",
    },
    Text {
        path: "/faction/9",
        pointer: "/members/2/status/description",
        sql: "SELECT status_description FROM players WHERE player_id = 3",
    },
    Text {
        path: "/faction/9",
        pointer: "/wars/ranked/factions/1/name",
        sql: "SELECT name FROM factions WHERE faction_id = 20",
    },
];

#[test]
fn html_entities_are_decoded_once_wherever_people_read_them() {
    let sent = json!("Bolt &amp; Nut&#039;s &lt;3 &amp;amp; AT&T");
    let read = "Bolt & Nut's <3 &amp; AT&T";
    for &Text { path, pointer, sql } in TEXTS {
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [2]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.pin_ranked_war(5, |_| {});
        torn.simulator
            .fault(Fault::always(patch(pointer, &sent)).path(path));

        torn.fetch(&["all"]).expect(0);

        assert_eq!(torn.rows(sql), [read], "{pointer}");
    }
}
