//! The calls that each kind of key may make, and the errors for all others.

use serde_json::{Value, json};
use torn_api::models;
use tornsnap::testing::sim::{Access, DEFAULT_START, Key, Options, Selections, Simulator};

use super::{Wire, assert_fits, at, code, start};

const CUSTOM: &str = "CustomKey0000000";

fn custom(user: &[&str], faction: &[&str], torn: &[&str]) -> (Simulator, i64) {
    let owner = at(1, DEFAULT_START).player_ids()[0];
    let selections = Selections::new(user, faction, torn);
    let simulator = start(Options {
        keys: vec![Key::custom(CUSTOM, owner, selections)],
        ..Options::default()
    });
    (simulator, owner)
}

fn ask(simulator: &Simulator, path: &str) -> Value {
    super::ask_as(simulator, CUSTOM, path).unwrap().json()
}

#[test]
fn the_info_of_a_custom_key_lists_its_selections() {
    let (simulator, owner) = custom(&["profile", "attacks"], &["wars"], &[]);

    let body = ask(&simulator, "/v2/key/info");

    assert_fits::<models::KeyInfoResponse>("/key/info", &body);
    let info = &body["info"];
    assert_eq!(info["access"]["level"], 0);
    assert_eq!(info["access"]["type"], "Custom");
    assert_eq!(info["user"]["id"], owner);
    assert_eq!(info["selections"]["user"], json!(["profile", "attacks"]));
    assert_eq!(info["selections"]["faction"], json!(["wars"]));
    assert_eq!(info["selections"]["torn"], json!([]));
}

/// A selection and a request for it.
struct Selection {
    /// The category in the info of a key.
    category: &'static str,
    name: &'static str,
    path: String,
}

#[test]
fn the_info_of_every_key_agrees_with_its_answers() {
    let simulator = at(1, DEFAULT_START);
    let owner = simulator.player_ids()[0];
    let faction = simulator.faction_ids()[0];
    let accesses = [
        Access::Public,
        Access::Minimal,
        Access::Limited,
        Access::Full,
    ];
    let mut keys: Vec<Key> = accesses
        .into_iter()
        .map(|access| Key::new(CUSTOM, owner, access))
        .collect();
    let some = Selections::new(
        &["basic", "battlestats"],
        &["members", "rackets"],
        &["territory"],
    );
    keys.push(Key::custom(CUSTOM, owner, some));
    keys.push(Key::custom(CUSTOM, owner, Selections::default()));
    let selections = selections(faction);

    for key in keys {
        simulator.set_keys(vec![key.clone()]);
        let info = ask(&simulator, "/key/info");
        for Selection {
            category,
            name,
            path,
        } in &selections
        {
            let listed = info["info"]["selections"][category]
                .as_array()
                .unwrap()
                .iter()
                .any(|listed| listed == name);
            let is_denied = code(&ask(&simulator, path)) == Some(16);
            assert_eq!(listed, !is_denied, "{path} with {:?}", key.access);
        }
    }
}

/// A selection of each kind of access, for a path that has an answer.
fn selections(faction: i64) -> Vec<Selection> {
    let selection = |category, name, path: String| Selection {
        category,
        name,
        path,
    };
    vec![
        selection("user", "basic", "/user/basic".to_owned()),
        selection("user", "battlestats", "/user/battlestats".to_owned()),
        selection("user", "personalstats", "/user/personalstats".to_owned()),
        selection("user", "profile", "/user/profile".to_owned()),
        selection("faction", "members", format!("/faction/{faction}/members")),
        selection("faction", "wars", format!("/faction/{faction}/wars")),
        selection("faction", "rackets", "/faction/rackets".to_owned()),
        selection(
            "faction",
            "rankedwarreport",
            "/faction/1/rankedwarreport".to_owned(),
        ),
        selection("torn", "territory", "/torn/territory".to_owned()),
    ]
}

#[test]
fn a_selection_that_is_not_listed_fails_the_whole_request() {
    let (simulator, owner) = custom(&["profile", "personalstats"], &["basic"], &[]);
    let faction = simulator.faction_ids()[0];

    for path in [
        "/user/battlestats".to_owned(),
        "/user?selections=profile,battlestats".to_owned(),
        "/user?selections=battlestats,profile".to_owned(),
        format!("/user/{owner}?selections=profile,basic"),
        format!("/faction/{faction}?selections=basic,members"),
        "/faction/warfareranked".to_owned(),
        "/torn/territory".to_owned(),
    ] {
        assert_eq!(code(&ask(&simulator, &path)), Some(16), "{path}");
    }

    let own = ask(
        &simulator,
        "/user?selections=profile,personalstats&stat=networth,strength",
    );
    assert_eq!(own["profile"]["id"], owner);
    assert_eq!(own["personalstats"][1]["name"], "strength");
    let basic = ask(&simulator, &format!("/faction/{faction}?selections=basic"));
    assert_eq!(basic["basic"]["id"], faction);
    let unknown = ask(&simulator, "/user?selections=profile,secrets");
    assert_eq!(code(&unknown), Some(4));
}

#[test]
fn an_error_can_replace_one_selection_of_an_answer() {
    let (simulator, owner) = custom(&["profile"], &["basic"], &[]);
    let (faction, other) = (simulator.faction_ids()[0], simulator.player_ids()[1]);
    simulator.set_selection_errors(true);
    let error = json!({"code": 16, "error": "Access level of this key is not high enough"});

    let own = ask(&simulator, "/user?selections=profile,battlestats");
    assert_eq!(own["profile"]["id"], owner);
    assert_eq!(own["battlestats"], error);
    assert_eq!(own.as_object().unwrap().len(), 2);
    let alone = ask(&simulator, "/user/battlestats");
    assert_eq!(alone, json!({ "battlestats": error }));
    let roster = ask(
        &simulator,
        &format!("/faction/{faction}?selections=members,basic"),
    );
    assert_eq!(roster["basic"]["id"], faction);
    assert_eq!(roster["members"], error);
    let tiles = ask(&simulator, "/faction/territoryownership");
    assert_eq!(tiles, json!({ "territoryOwnership": error }));

    assert_eq!(
        code(&ask(&simulator, "/user/5/profile")),
        Some(6),
        "the error does not concern the key"
    );
    simulator.set_keys(vec![Key::new(CUSTOM, owner, Access::Full)]);
    let others = ask(
        &simulator,
        &format!("/user/{other}?selections=profile,battlestats"),
    );
    assert_eq!(others["profile"]["id"], other);
    assert_eq!(others["battlestats"]["code"], 7);

    simulator.set_selection_errors(false);
    let others = ask(
        &simulator,
        &format!("/user/{other}?selections=profile,battlestats"),
    );
    assert_eq!(code(&others), Some(7));
}

/// A world with a limited key and a public one, and their owners.
fn with_two_keys() -> (Simulator, Vec<i64>) {
    let owners = at(1, DEFAULT_START).player_ids();
    let simulator = start(Options {
        keys: vec![
            Key::new("LimitedKey000000", owners[0], Access::Limited),
            Key::new("PublicKey0000000", owners[1], Access::Public),
        ],
        ..Options::default()
    });
    (simulator, owners)
}

#[test]
fn a_limited_key_may_read_battle_stats_and_a_public_key_may_not() {
    let (simulator, owners) = with_two_keys();
    let ask = |key: &str, path: &str| super::ask_as(&simulator, key, path).unwrap().json();
    let limited = |path: &str| ask("LimitedKey000000", path);
    let public = |path: &str| ask("PublicKey0000000", path);

    assert_eq!(
        limited("/key/info")["info"]["access"]["type"],
        "Limited Access"
    );
    assert_eq!(public("/v2/key/info")["info"]["user"]["id"], owners[1]);
    assert!(limited("/user/battlestats")["battlestats"]["total"].is_i64());
    for path in ["/user/battlestats", "/user?selections=profile,battlestats"] {
        assert_eq!(code(&public(path)), Some(16), "{path}");
    }
}

#[test]
fn invalid_requests_get_the_error_code_for_their_cause() {
    let (simulator, owners) = with_two_keys();
    let of_other = format!("/user/{}/battlestats", owners[1]);
    for (path, expected_code) in [
        (of_other.as_str(), 7),
        ("/user/5/profile", 6),
        ("/faction/5/basic", 6),
        ("/faction/9223372036854775807/members", 6),
        ("/user?id=-9223372036854775808", 6),
        ("/faction/0/rankedwarreport", 6),
        ("/user?selections=profile,secrets", 4),
        ("/nonsense", 4),
        ("/user/personalstats?stat=charm", 25),
        ("/user/personalstats?stat=networth&cat=networth", 26),
    ] {
        let answer = super::ask_as(&simulator, "LimitedKey000000", path).unwrap();
        assert_eq!(code(&answer.json()), Some(expected_code), "{path}");
    }

    for (header, expected_code) in [
        ("", 1),
        ("Authorization: Bearer LimitedKey000000\r\n", 2),
        ("Authorization: ApiKey Wrong\r\n", 2),
    ] {
        let mut wire = Wire::open(&simulator);
        wire.send("/user/profile?key=LimitedKey000000", header);
        let answer = wire.receive().unwrap().json();
        assert_eq!(code(&answer), Some(expected_code), "{header}");
    }
}
