//! Invalid parts of answers: their rows in `rejected_payloads`, and the valid parts beside them.

use serde_json::{Value, json};
use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::NOW;
use crate::support::torn::Torn;

/// An invalid part of the answer about player 2.
struct Misfit {
    /// The place in the answer.
    pointer: &'static str,
    /// The value there, as JSON.
    value: &'static str,
    /// The beginning of the error.
    error: &'static str,
    /// The stored id, level and networth of both players.
    stored: &'static [&'static str],
}

const NOTHING: &[&str] = &["3|13|3000"];
const NETWORTH: &[&str] = &["2||2000", "3|13|3000"];
const PROFILE: &[&str] = &["2|12|", "3|13|3000"];

const MISFITS: &[Misfit] = &[
    Misfit {
        pointer: "/profile/id",
        value: "77",
        error: "profile.id: it is about player 77, but 2 was asked for",
        stored: NOTHING,
    },
    Misfit {
        pointer: "/profile/level",
        value: "0",
        error: "profile.level: 0 is below 1",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/level",
        value: r#""twelve""#,
        error: "profile.level: \"twelve\" is not a whole number",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/level",
        value: "1.5",
        error: "profile.level: 1.5 is not a whole number",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/name",
        value: r#""""#,
        error: "profile.name: it is empty",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/name",
        value: "[7]",
        error: "profile.name: it is a list, not a text",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/name",
        value: "true",
        error: "profile.name: it is true, not a text",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/level",
        value: "1e300",
        error: "profile.level: 1e300 is larger than 9223372036854775807",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/level",
        value: "\"9223372036854775808\"",
        error: "profile.level: 9223372036854775808 is larger than 9223372036854775807",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/personalstats/0/value",
        value: "1e18",
        error: "personalstats[0].value: 1000000000000000000 is a decimal number above 9007199254740992, \
                so its last digits are not known",
        stored: PROFILE,
    },
    Misfit {
        pointer: "/personalstats/0/value",
        value: "-1e300",
        error: "personalstats[0].value: -1e300 is smaller than -9223372036854775808",
        stored: PROFILE,
    },
    Misfit {
        pointer: "/profile/life/maximum",
        value: "0",
        error: "profile.life.maximum: 0 is below 1",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/life/current",
        value: "-1",
        error: "profile.life.current: -1 is below 0",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile/faction_id",
        value: "-4",
        error: "profile.faction_id: -4 is below 0",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/profile",
        value: "null",
        error: "profile: it is null, not an object",
        stored: NETWORTH,
    },
    Misfit {
        pointer: "/personalstats/0/value",
        value: r#""lots""#,
        error: "personalstats[0].value: \"lots\" is not a whole number",
        stored: PROFILE,
    },
    Misfit {
        pointer: "/personalstats",
        value: r#""none""#,
        error: "personalstats: it is neither a list nor an object",
        stored: PROFILE,
    },
];

#[test]
fn an_invalid_part_is_stored_with_its_path_and_the_other_parts_are_saved() {
    for Misfit {
        pointer,
        value,
        error,
        stored,
    } in MISFITS
    {
        let value: Value = serde_json::from_str(value).unwrap();
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [2, 3]\n");
        torn.simulator.fault(
            Fault::always(FaultKind::Patch((*pointer).to_owned(), value.clone())).path("/user/2"),
        );

        torn.fetch(&["players"]).expect(3);

        let kept = torn.rows("SELECT entity, endpoint, error FROM rejected_payloads");
        assert_eq!(kept.len(), 1, "{pointer} {value}: {kept:?}");
        assert!(
            kept[0].starts_with(&format!("player 2|/user/2|{error}")),
            "{pointer} {value}: {}",
            kept[0]
        );
        let place: String = torn.value("SELECT json_path FROM rejected_payloads");
        let place_of_error = error.split(": ").next().unwrap().replace("[0]", "[*]");
        assert_eq!(place, place_of_error, "{pointer} {value}");
        let body: String = torn.value("SELECT body FROM rejected_payloads");
        let body: Value = serde_json::from_str(&body).unwrap();
        let below_selection = pointer.splitn(3, '/').nth(2);
        let below_selection = below_selection.map_or(String::new(), |rest| format!("/{rest}"));
        assert_eq!(body.pointer(&below_selection), Some(&value), "{body}");
        assert_eq!(
            torn.rows(
                "SELECT player_id, level, networth FROM player_stats_history ORDER BY player_id"
            ),
            *stored,
            "{pointer} {value}"
        );
    }
}

/// A field that is removed from an answer, and how the run ends.
struct Missing {
    /// The path of the call.
    path: &'static str,
    kind: &'static str,
    /// The place of the field.
    pointer: &'static str,
    exit: i32,
    error: &'static str,
}

const MISSING: &[Missing] = &[
    Missing {
        path: "/user/2",
        kind: "players",
        pointer: "/profile/id",
        exit: 3,
        error: "profile: it has no field `id`",
    },
    Missing {
        path: "/user/2",
        kind: "players",
        pointer: "/profile/faction_id",
        exit: 3,
        error: "profile.faction_id: it is missing",
    },
    Missing {
        path: "/user/2",
        kind: "players",
        pointer: "/profile",
        exit: 3,
        error: "profile: it is missing",
    },
    Missing {
        path: "/faction/9",
        kind: "factions",
        pointer: "/basic",
        exit: 3,
        error: "basic: it is missing",
    },
    Missing {
        path: "/faction/9",
        kind: "factions",
        pointer: "/members",
        exit: 3,
        error: "members: it is missing",
    },
    Missing {
        path: "/faction/9",
        kind: "factions",
        pointer: "/members/1/id",
        exit: 3,
        error: "members[1]: it has no field `id`",
    },
    Missing {
        path: "/faction/9",
        kind: "wars",
        pointer: "/wars/ranked",
        exit: 3,
        error: "wars.ranked: it is missing",
    },
    Missing {
        path: "/faction/9",
        kind: "wars",
        pointer: "/wars/territory",
        exit: 3,
        error: "wars.territory: it is missing",
    },
    Missing {
        path: "/faction/9",
        kind: "wars",
        pointer: "/wars",
        exit: 76,
        error: "wars: it is missing",
    },
];

#[test]
fn a_missing_field_is_rejected_and_not_read_as_null() {
    for missing in MISSING {
        let pointer = missing.pointer;
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [2]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.simulator
            .fault(Fault::always(FaultKind::Remove(pointer.to_owned())).path(missing.path));

        torn.fetch(&[missing.kind]).expect(missing.exit);

        assert_eq!(
            torn.rows("SELECT error FROM rejected_payloads"),
            [missing.error]
        );
        let body: String = torn.value("SELECT body FROM rejected_payloads");
        assert!(
            body.starts_with('{'),
            "{pointer}: the body is kept: {body:?}"
        );
    }
}

#[test]
fn an_answer_about_another_id_is_never_stored() {
    let torn = Torn::new();
    torn.follow(
        "[track]\nplayers = [2]\nfactions = [20]\nmembers = false\nterritories = \"none\"\n",
    );
    torn.simulator
        .fault(Fault::always(FaultKind::WrongId).path("/user/2"));
    torn.simulator
        .fault(Fault::always(FaultKind::WrongId).path("/faction/20"));

    torn.fetch(&["factions", "players"]).expect(76);

    assert_eq!(
        torn.rows("SELECT entity, error FROM rejected_payloads ORDER BY entity"),
        [
            "faction 20|basic.id: it is about faction 21, but 20 was asked for",
            "player 2|profile.id: it is about player 3, but 2 was asked for"
        ]
    );
    assert_eq!(
        torn.value::<i64>(
            "SELECT (SELECT count(*) FROM players) + (SELECT count(*) FROM factions)"
        ),
        0
    );
}

#[test]
fn a_run_whose_answers_are_all_rejected_exits_with_76() {
    let torn = Torn::new();
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(String::new(), json!({ "members": 3 }))).path("/faction"),
    );

    let finished = torn.fetch(&["factions"]).expect(76);

    assert_eq!(
        finished.stderr(),
        "warn  faction 9: the answer does not fit: basic: it is missing\n\
         fetched: factions 0 saved (0 changed, 1 failed); 2 calls\n\
         tornsnap: could not fetch 1 of 1 target\n  \
         because: faction 9: the answer does not fit: basic: it is missing\n  \
         try: look at the table rejected_payloads; a newer tornsnap may understand them\n"
    );
}

#[test]
fn only_the_first_64_kib_of_a_rejected_body_are_stored() {
    let torn = Torn::new();
    let body = format!("{{\"basic\":{{\"name\":\"x{}\"}}}}", "🦊".repeat(100_000));
    torn.simulator.fault(
        Fault::always(FaultKind::Status(
            200,
            body,
            "application/json".to_owned(),
            Vec::new(),
        ))
        .path("/faction"),
    );

    torn.fetch(&["factions"]).expect(76);

    let kept: i64 = torn.value("SELECT length(CAST(body AS BLOB)) FROM rejected_payloads");
    assert!((65_530..=65_536).contains(&kept), "{kept}");
}

#[test]
fn equal_rejections_are_counted_and_not_stored_again() {
    let torn = Torn::new();
    let ids: Vec<i64> = (1001..=1100).collect();
    torn.edit(|world| {
        for id in &ids {
            world.pin_player(*id).level = 7;
        }
    });
    torn.follow(&format!("[track]\nplayers = {ids:?}\n"));
    torn.simulator.fault(
        Fault::always(FaultKind::Patch("/profile/level".to_owned(), json!(-1))).path("/user/"),
    );
    let size =
        || torn.value::<i64>("SELECT sum(length(body) + length(error)) FROM rejected_payloads");
    torn.fetch(&["players"]).expect(3);
    let first = size();

    for poll in 1..=4 {
        torn.fetch_at(NOW + 600 * poll, &["players"]);
    }

    assert_eq!(
        torn.rows(
            "SELECT count(*), sum(times), min(recorded_at), max(recorded_at), min(last_seen_at), max(last_seen_at)
             FROM rejected_payloads"
        ),
        [format!("20|500|{NOW}|{NOW}|{0}|{0}", NOW + 2400)],
        "of many that fail alike, twenty are kept and all are counted"
    );
    assert_eq!(size(), first, "nothing is stored again");
}

#[test]
fn items_of_a_list_that_fail_alike_are_one_rejection_for_each_entity() {
    let torn = Torn::new();
    torn.edit(|world| {
        for id in 4..=9 {
            world.pin_player(id).faction_id = Some(9);
        }
    });
    let mut seen = Vec::new();
    for (poll, position) in (0..).zip([0, 3, 0]) {
        torn.simulator.clear_faults();
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(
                format!("/members/{position}/level"),
                json!("x"),
            ))
            .path("/faction/9"),
        );
        torn.fetch_at(NOW + 240 * poll, &["factions"]).expect(3);
        seen = torn
            .rows("SELECT endpoint, entity, json_path, times FROM rejected_payloads ORDER BY id");
    }

    assert_eq!(
        seen,
        [
            "/faction/9|member 1 of faction 9|members[*].level|2",
            "/faction/9|member 4 of faction 9|members[*].level|1"
        ]
    );
}

#[test]
fn each_bad_part_counts_as_one_failure() {
    let member = |id: i64, level: Value| json!({ "id": id, "name": format!("Player {id}"), "level": level, "status": {} });
    for (bad, exit) in [(0, 0), (1, 3), (2, 3), (3, 3)] {
        let torn = Torn::new();
        let members: Vec<Value> = (1..=3)
            .map(|id| member(id, if id <= bad { json!([]) } else { json!(5) }))
            .collect();
        torn.simulator.fault(
            Fault::always(FaultKind::Patch("/members".to_owned(), json!(members)))
                .path("/faction/9"),
        );

        torn.fetch(&["factions"]).expect(exit);

        assert_eq!(
            torn.rows("SELECT entities, failed FROM fetch_runs"),
            [format!("1|{bad}")]
        );
        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM players"),
            3 - bad,
            "{bad} bad members"
        );
    }
}
