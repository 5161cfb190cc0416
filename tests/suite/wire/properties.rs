//! Properties that hold for every body, link, configuration text and timestamp.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::Debug;
use std::path::Path;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tornsnap::testing::api::Request;
use tornsnap::testing::api::{PagedBy, Pages};
use tornsnap::testing::config::Settings;
use tornsnap::testing::model::WarType;
use tornsnap::testing::model::{Month, iso, parse_timestamp, parse_timestamp_or_age};
use tornsnap::testing::store::Store;

use super::bodies;
use super::readers::{self, AT, Book};
use crate::support::{Sandbox, heavy, rows};

const READERS: &[fn(&mut Book, &Value)] = &[
    readers::user,
    readers::faction,
    readers::key,
    readers::wars,
    readers::reports,
    readers::territory,
    readers::rackets,
    readers::ownership,
];

/// Tests a property with this many values, the same in each run.
fn for_all<S: Strategy>(cases: i64, strategy: &S, property: impl Fn(S::Value))
where
    S::Value: Debug,
{
    let config = Config {
        cases: heavy(cases * 50, cases).try_into().unwrap(),
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    )
    .run(strategy, |value| {
        property(value);
        Ok(())
    })
    .unwrap_or_else(|error| panic!("{error}"));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9 &;#]{0,12}",
        Just("\0".to_owned()),
        Just("a\0b\u{feff}\u{202e}\u{1f600}\u{10ffff}".to_owned()),
        Just("&#0;&#xd800;&amp;amp;&nGt;".to_owned()),
        Just("AAB".to_owned()),
        Just("in_progress".to_owned()),
        Just("9223372036854775807".to_owned()),
        Just("x".repeat(70_000)),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2..30_i64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (AT - 100_000..AT + 100_000).prop_map(Value::from),
        text().prop_map(Value::from),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "profile",
            "battlestats",
            "personalstats",
            "basic",
            "members",
            "wars",
            "ranked",
            "territory",
            "id",
            "war_id",
            "name",
            "faction_id",
            "life",
            "status",
            "racket",
            "rackets",
            "territoryOwnership",
            "owned_by",
            "factions",
            "start",
            "end",
            "winner",
            "result",
            "info",
            "access",
            "level",
            "user",
            "networth",
            "value",
            "warfareranked",
            "warfareterritory",
            "rankedwarreport",
            "territorywarreport",
            "error",
            "code",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(name(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Every place in a JSON value.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{here}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{here}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Bodies of the simulator with some values replaced.
fn changed_body() -> impl Strategy<Value = Value> {
    let bodies: Vec<Value> = bodies::all().into_iter().map(|(_, body)| body).collect();
    let change = (any::<proptest::sample::Index>(), any_json());
    (proptest::sample::select(bodies), vec(change, 1..5)).prop_map(|(mut body, changes)| {
        for (place, value) in changes {
            let mut found = Vec::new();
            places(&body, "", &mut found);
            let place: &String = place.get(found.as_slice());
            *body.pointer_mut(place).unwrap() = value;
        }
        body
    })
}

#[test]
fn every_value_that_a_decoder_accepts_can_be_saved() {
    let sandbox = Sandbox::new();
    let book = RefCell::new(Book::new(Store::create(&sandbox.database()).unwrap()));

    for_all(100, &any_json(), |body| {
        for read in READERS {
            read(&mut book.borrow_mut(), &body);
        }
    });
    for_all(200, &changed_body(), |body| {
        for read in READERS {
            read(&mut book.borrow_mut(), &body);
        }
    });

    drop(book);
    let connection = sandbox.sqlite();
    assert_eq!(rows(&connection, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(
        rows(&connection, "PRAGMA foreign_key_check"),
        Vec::<String>::new()
    );
    for table in [
        "players",
        "factions",
        "war_status_history",
        "territories",
        "rejected_payloads",
    ] {
        let count: i64 = sandbox.value(&format!("SELECT count(*) FROM {table}"));
        assert!(count > 0, "nothing was saved into {table}");
    }
}

#[test]
fn texts_of_every_kind_are_saved_as_they_are_read() {
    let sandbox = Sandbox::new();
    let mut book = Book::new(Store::create(&sandbox.database()).unwrap());
    let texts = [
        "a\0b".to_owned(),
        "\0".to_owned(),
        "\u{feff}\u{202e}\u{1f600}\u{10ffff}\u{e000}".to_owned(),
        "\"quoted\"\\ \r\n\t\u{1}\u{7f}'; DROP TABLE players; --".to_owned(),
        "x".repeat(1 << 20),
        "\u{1f600}".repeat(1 << 18),
    ];

    for (id, text) in (100..).zip(&texts) {
        let member =
            json!({ "id": id, "name": text, "status": { "state": text, "description": text } });
        let body = json!({ "basic": { "id": 9, "name": text, "tag": text }, "members": [member] });
        readers::faction(&mut book, &body);
    }
    let escaped: Value =
        serde_json::from_str(r#"{"members":[{"id":200,"name":"\ud83d\ude00\u0000&amp;\u00e9"}]}"#)
            .unwrap();
    readers::faction(&mut book, &escaped);

    drop(book);
    let connection = sandbox.sqlite();
    let mut statement = connection
        .prepare("SELECT name, coalesce(status_description, name) FROM players WHERE player_id >= 100 ORDER BY player_id")
        .unwrap();
    let saved: Vec<(String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut expected = texts.to_vec();
    expected.push("\u{1f600}\0&\u{e9}".to_owned());
    assert_eq!(saved.len(), expected.len());
    for ((name, description), expected) in saved.iter().zip(&expected) {
        let start: String = expected.chars().take(20).collect();
        assert!(name == expected && description == expected, "{start:?}");
    }
}

fn link() -> impl Strategy<Value = String> {
    let base = proptest::sample::select(vec![
        "http://127.0.0.1:9/v2",
        "https://api.torn.com/v2",
        "https://api.torn.com",
        "//evil.example",
        "/v2",
        "",
        "?",
        "https://api.torn.com@evil.example/v2",
        "http://127.0.0.1:9/v2.evil.example",
    ]);
    let path = proptest::sample::select(vec![
        "/faction/warfareranked",
        "/faction/territoryownership",
        "//x",
        "/../../x",
        "",
        "@evil.example",
        "\r\nHost: x",
    ]);
    let parameter = prop_oneof![
        "(to|from|offset|limit|sort|comment|key|KEY)=-?[0-9a-zA-Z]{0,20}",
        any::<String>(),
        Just("#x".to_owned()),
        Just("to=1 HTTP/1.1\r\nX: y".to_owned()),
    ];
    prop_oneof![
        any::<String>(),
        (base, path, vec(parameter, 0..4))
            .prop_map(|(base, path, query)| format!("{base}{path}?{}", query.join("&"))),
    ]
}

#[test]
fn a_link_never_leads_to_another_host_and_never_breaks_a_call() {
    let here = Request::all_wars(WarType::Ranked);

    for_all(3_000, &link(), |link| {
        for base in [
            "http://127.0.0.1:9/v2",
            "http://127.0.0.1:9",
            "https://api.torn.com/v2",
        ] {
            let Some(page) = here.linked(base, &link) else {
                continue;
            };
            assert!(
                page.target.starts_with('/'),
                "{link:?} became {:?}",
                page.target
            );
            assert!(
                page.target
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'#'),
                "{link:?} became {:?}",
                page.target
            );
            assert_eq!(page.parameter("key"), None);
            assert_eq!(page.endpoint, here.endpoint);
            assert!(page.target.len() <= link.len() + here.target.len());
            let url: ureq::http::Uri = format!("{base}{}", page.target).parse().unwrap();
            assert_eq!(url.host(), base.parse::<ureq::http::Uri>().unwrap().host());
        }
    });
}

#[test]
fn reading_any_list_ends() {
    let row = prop_oneof![
        (0..40_i64, 0..40_i64).prop_map(|(id, start)| json!({ "id": id, "start": start })),
        (any::<i64>(), any::<i64>())
            .prop_map(|(id, start)| json!({ "war_id": id, "started_at": start })),
        scalar(),
    ];
    let page = (vec(row, 0..8), link(), link()).prop_map(|(rows, prev, next)| {
        json!({ "rows": rows, "_metadata": { "links": { "prev": prev, "next": next } } })
    });
    let page = prop_oneof![4 => page, 1 => any_json()];
    let by = prop_oneof![
        Just(PagedBy::Time),
        (0..3_000_u64).prop_map(|expected| PagedBy::Offset { expected }),
    ];

    for_all(
        300,
        &(vec(page, 1..6), by, 1..6_usize),
        |(bodies, by, limit)| {
            let first = match by {
                PagedBy::Time => Request::all_wars(WarType::Ranked),
                PagedBy::Offset { .. } => Request::ownership(),
            };
            let first = first.with(&[("limit", &limit.to_string())]);
            let path = first.path().to_owned();
            let mut pages = Pages::new("http://127.0.0.1:9/v2", first, by);
            let mut requested = HashSet::new();
            while let Some(request) = pages.next_request() {
                assert_eq!(request.path(), path, "a request for another list");
                assert!(
                    requested.insert(request.page_key()),
                    "{} was requested twice",
                    request.target
                );
                pages.record_page(&request, &bodies[requested.len() % bodies.len()], "rows");
            }
            // Five bodies have at most 40 rows, and each new row leads to at most five calls.
            assert!(requested.len() <= 200, "{} calls", requested.len());
        },
    );
}

#[test]
fn a_server_that_always_has_new_rows_is_left_after_2000_pages() {
    for (by, first) in [
        (PagedBy::Time, Request::all_wars(WarType::Ranked)),
        (PagedBy::Offset { expected: 0 }, Request::ownership()),
    ] {
        let mut pages = Pages::new("http://127.0.0.1:9/v2", first.with(&[("limit", "2")]), by);
        let mut calls = 0_i64;
        while let Some(request) = pages.next_request() {
            calls += 1;
            let start = -calls;
            let rows = json!([{ "id": 2 * calls, "start": start }, { "id": 2 * calls + 1, "start": start }]);
            pages.record_page(&request, &json!({ "rows": rows }), "rows");
        }
        assert_eq!(calls, 2000);
    }
}

#[test]
fn no_configuration_text_and_no_timestamp_causes_a_panic() {
    let line = prop_oneof![
        "\\[\\[?[a-z]{1,8}\\]?\\]",
        "[a-z_]{1,12} = (-?[0-9]{1,20}|\"[^\"]{0,20}\"|\\[[0-9, ]{0,12}\\]|true)",
        "(players|factions) = \\[-?[0-9]{1,20}\\]",
        "(keep_months|requests_per_minute|max_age_hours|keep) = -?[0-9]{1,19}",
        any::<String>(),
    ];
    let heading = proptest::sample::select(vec![
        "",
        "[api]",
        "[track]",
        "[retention]",
        "[backup]",
        "[health]",
        "[log]",
        "[[key]]",
        "[history]",
    ]);
    let config = vec((heading, line), 0..8).prop_map(|lines| {
        let lines: Vec<String> = lines
            .into_iter()
            .map(|(heading, line)| format!("{heading}\n{line}"))
            .collect();
        lines.join("\n")
    });

    for_all(2_000, &prop_oneof![config, any::<String>()], |text| {
        if let Err(error) = Settings::from_text_alone(Path::new("/home/a/tornsnap.toml"), &text) {
            assert!(error.to_string().len() <= 4_000 + 8 * text.len());
        }
    });
    let moment = prop_oneof![
        "-?[0-9]{1,20}[hdw]?",
        "[0-9]{1,6}-[0-9]{2}(-[0-9]{2})?(T[0-9:]{8}(Z|[+-][0-9:]{5}))?",
        any::<String>(),
    ];
    for_all(3_000, &(moment, any::<i64>()), |(text, now)| {
        for moment in [
            parse_timestamp(&text).ok(),
            parse_timestamp_or_age(&text, AT).ok(),
            parse_timestamp_or_age(&text, now).ok(),
        ]
        .into_iter()
        .flatten()
        {
            let _text = iso(moment);
            let _month = Month::of(moment).map(|month| (month.start(), month.end(), month.next()));
        }
        let _month = text
            .parse::<Month>()
            .map(|month| (month.start(), month.end()));
    });
}
