//! Names and other texts: they may be numbers, and HTML entities are decoded.

use serde_json::{Value, json};
use tornsnap::testing::sim::Fault;

use super::shapes::patch;
use crate::support::torn::Torn;

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
        pointer: "/profile/status/state",
        sql: "SELECT status_state FROM players WHERE player_id = 2",
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

/// The text is stored as `read` wherever Torn sends it.
fn assert_read(sent: &Value, read: &str) {
    for &Text { path, pointer, sql } in TEXTS {
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [2]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.pin_ranked_war(5, |_| {});
        torn.simulator
            .fault(Fault::always(patch(pointer, sent)).path(path));

        torn.fetch(&["all"]).expect(0);

        assert_eq!(torn.rows(sql), [read], "{pointer}");
    }
}

#[test]
fn a_text_may_come_as_a_number() {
    assert_read(&json!(1337), "1337");
    assert_read(&json!(-7), "-7");
}

#[test]
fn html_entities_are_decoded_once_wherever_people_read_them() {
    assert_read(
        &json!("Bolt &amp; Nut&#039;s &lt;3 &amp;amp; AT&T"),
        "Bolt & Nut's <3 &amp; AT&T",
    );
}
