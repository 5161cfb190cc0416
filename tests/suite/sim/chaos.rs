//! Random faults: the same for one seed, of every kind, and always detectable by a client.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};
use tornsnap::testing::sim::{
    Chaos, DEFAULT_START, Fault, FaultKind, InjectedFault, Links, Options, Simulator,
};

use super::{Wire, ask_as, start};
use crate::support::{DAY, HOUR};

const KEY: &str = "SimulatedKeyA001";

fn start_with_chaos(seed: u64, per_mille: u32) -> Simulator {
    start(Options {
        chaos: Some(Chaos { seed, per_mille }),
        // A Saturday, on which ranked wars go on.
        now: DEFAULT_START + 40 * DAY + HOUR,
        // Links contain the port, which differs between the simulators.
        links: Links::None,
        ..Options::default()
    })
}

/// One path for each kind of request that the program makes.
fn request_paths(simulator: &Simulator) -> Vec<String> {
    let (player, faction) = (simulator.player_ids()[9], simulator.faction_ids()[0]);
    vec![
        format!("/v2/user/{player}?selections=profile,personalstats&stat=networth"),
        "/v2/user?selections=profile,battlestats,personalstats&stat=networth".to_owned(),
        format!("/v2/faction/{faction}?selections=basic,members,wars"),
        format!("/v2/faction/{faction}/members"),
        format!("/v2/faction/{faction}/territory"),
        format!("/v2/faction/{faction}/rankedwars"),
        "/v2/faction/territoryownership?limit=30".to_owned(),
        "/v2/faction/rackets".to_owned(),
        "/v2/faction/warfareranked?limit=20".to_owned(),
        "/v2/faction/warfareterritory?limit=20".to_owned(),
        "/v2/torn/territory?limit=10".to_owned(),
        "/v2/user/5/profile".to_owned(),
    ]
}

/// Makes `count` requests. Returns the status and the body of each answer; `None` for no answer.
fn ask_times(simulator: &Simulator, count: usize) -> Vec<Option<(u16, Vec<u8>)>> {
    let paths = request_paths(simulator);
    let requested = paths.iter().cycle().take(count);
    requested
        .map(|path| ask_as(simulator, KEY, path).map(|answer| (answer.status, answer.body)))
        .collect()
}

#[test]
fn the_same_seed_injects_the_same_faults() {
    let (first, again, other) = (
        start_with_chaos(7, 500),
        start_with_chaos(7, 500),
        start_with_chaos(8, 500),
    );

    let answers = ask_times(&first, 200);

    assert!(answers == ask_times(&again, 200));
    assert_eq!(first.injected_faults(), again.injected_faults());
    assert!(answers != ask_times(&other, 200));
    let injected = first.injected_faults().len();
    assert!((70..130).contains(&injected), "{injected} of 200");
}

/// How many of 200 answers get a fault.
struct FaultCount {
    per_mille: u32,
    faults: RangeInclusive<usize>,
}

#[test]
fn faults_have_the_configured_probability_and_key_info_never_gets_one() {
    for FaultCount { per_mille, faults } in [
        FaultCount {
            per_mille: 0,
            faults: 0..=0,
        },
        FaultCount {
            per_mille: 100,
            faults: 5..=40,
        },
        FaultCount {
            per_mille: 1_000,
            faults: 200..=200,
        },
    ] {
        let simulator = start_with_chaos(3, per_mille);
        ask_times(&simulator, 200);
        for path in ["/v2/key/info", "/key?selections=info"] {
            for _ in 0..20 {
                let info = ask_as(&simulator, KEY, path).unwrap().json();
                assert!(info["info"]["user"]["id"].is_i64());
            }
        }
        let injected = simulator.injected_faults().len();
        assert!(faults.contains(&injected), "{injected} of 200");
    }
}

#[test]
fn injected_faults_are_recorded_with_their_requests() {
    let simulator = start_with_chaos(3, 300);
    ask_as(&simulator, KEY, "/key/info");
    ask_times(&simulator, 60);
    let requests = simulator.requests();
    let right = start(Options {
        now: simulator.time(),
        links: Links::None,
        ..Options::default()
    });

    let injected = simulator.injected_faults();
    for (number, request) in (0..).zip(&requests) {
        let path = format!("{}?{}", request.path, request.query);
        let met = injected.iter().find(|injected| injected.number == number);
        if let Some(met) = met {
            assert_eq!(path, format!("{}?{}", met.path, met.query));
        }
    }
    assert!(injected.len() > 5 && injected.is_sorted_by_key(|injected| injected.number));

    simulator.set_chaos(None);
    assert!(ask_times(&simulator, 12) == ask_times(&right, 12));
    assert_eq!(simulator.injected_faults(), injected);
}

#[test]
fn a_fault_that_a_test_adds_has_priority_over_random_faults() {
    let simulator = start_with_chaos(3, 1_000);
    simulator.fault(Fault::once(FaultKind::Code(9, "API disabled".to_owned())));

    let body = ask_as(&simulator, KEY, "/user/basic").unwrap().json();

    assert_eq!(body["error"]["code"], 9);
    assert!(simulator.injected_faults().is_empty());
}

/// The name of a kind of fault, without the parts that vary.
fn name_of(fault: &FaultKind) -> String {
    match fault {
        FaultKind::Code(code, _) => format!("code {code}"),
        FaultKind::Status(status, _, _, headers) => format!("status {status} {headers:?}"),
        FaultKind::Patch(_, value) if value.get("code").is_some() => "selection error".to_owned(),
        FaultKind::Patch(_, value) => format!("set to {value}"),
        FaultKind::Remove(_) => "removed".to_owned(),
        FaultKind::Duplicate(_) => "duplicated".to_owned(),
        FaultKind::Hang(time) => {
            assert!(*time < Duration::from_secs(1));
            "hang".to_owned()
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn every_kind_of_random_fault_occurs_and_no_other() {
    let simulator = start_with_chaos(11, 1_000);
    let answers = ask_times(&simulator, 900);
    assert_eq!(answers.len(), simulator.injected_faults().len());

    let seen: BTreeSet<String> = simulator
        .injected_faults()
        .iter()
        .map(|injected| name_of(&injected.fault))
        .collect();

    let mut all: BTreeSet<String> = [0, 5, 12, 15, 17, 24, 31]
        .into_iter()
        .map(|code| format!("code {code}"))
        .collect();
    all.extend(["\"0\"", "\"1\""].map(|time| format!("status 429 [(\"Retry-After\", {time})]")));
    all.extend([200, 429, 500, 502, 503, 520].map(|status| format!("status {status} []")));
    all.extend(["null", "[]", "{}", "\"x\"", "-1"].map(|value| format!("set to {value}")));
    all.extend(
        [
            "selection error",
            "removed",
            "duplicated",
            "hang",
            "Cut",
            "Reset",
            "Broken",
            "Empty",
        ]
        .map(str::to_owned),
    );
    assert_eq!(seen, all);
}

/// A change of one value in an answer; `after` is `None` when the value was removed.
struct Change {
    path: String,
    pointer: String,
    before: Value,
    after: Option<Value>,
    right: Value,
}

impl Change {
    fn field(&self) -> &str {
        let steps = self.pointer.rsplit('/');
        let mut names = steps.filter(|step| step.parse::<usize>().is_err());
        names.next().unwrap()
    }

    fn is_item(&self) -> bool {
        let last = self.pointer.rsplit('/').next().unwrap();
        last.parse::<usize>().is_ok()
    }
}

/// Every value that was set or removed in 1,200 answers with random faults.
fn changes() -> Vec<Change> {
    let simulator = start(Options {
        chaos: Some(Chaos {
            seed: 5,
            per_mille: 1_000,
        }),
        now: DEFAULT_START + 40 * DAY + HOUR,
        links: Links::Recorded,
        ..Options::default()
    });
    ask_times(&simulator, 1_200);
    let injected = simulator.injected_faults();
    simulator.set_chaos(None);
    let change = |injected: InjectedFault| {
        let (pointer, after) = match injected.fault {
            FaultKind::Remove(pointer) => (pointer, None),
            FaultKind::Patch(pointer, value) if value.get("code").is_none() => {
                (pointer, Some(value))
            }
            _ => return None,
        };
        let path = format!("{}?{}", injected.path, injected.query);
        let right = super::ask(&simulator, &path);
        let before = right.pointer(&pointer).unwrap().clone();
        Some(Change {
            path,
            pointer,
            before,
            after,
            right,
        })
    };
    injected.into_iter().filter_map(change).collect()
}

#[test]
fn a_client_can_detect_every_changed_value() {
    let changes = changes();
    assert!(changes.len() > 200, "{}", changes.len());
    for change in &changes {
        let Change {
            path,
            pointer,
            before,
            after,
            right,
        } = change;
        let description = format!("{path}: {pointer} from {before} to {after:?}");
        assert_ne!(Some(before), after.as_ref(), "{description}");
        let counted = before
            .as_array()
            .map_or_else(|| right["members"].as_array(), Some)
            .is_some_and(|roster| right["basic"]["members"] == json!(roster.len()));
        let Some(after) = after else {
            let is_noticed = ["factions", "personalstats"].contains(&change.field()) || counted;
            assert!(!change.is_item() || is_noticed, "{description}");
            assert!(!pointer.starts_with("/_metadata"), "{description}");
            continue;
        };
        if before.is_string() {
            assert!(!after.is_string() && !after.is_number(), "{description}");
        }
        if *after == json!(-1) && before.is_number() {
            let negatives = ["value", "total", "x", "y"];
            assert!(
                !negatives.contains(&change.field()) || pointer.starts_with("/battlestats"),
                "{description}"
            );
        }
        let is_empty = after.is_null() || *after == json!([]) || *after == json!({});
        if is_empty && !change.is_item() && !before.is_null() {
            let optional = [
                "racket",
                "ranked",
                "winner",
                "end",
                "owned_by",
                "faction_id",
                "until",
                "wars",
                "links",
                "next",
                "prev",
                "_metadata",
            ];
            assert!(!optional.contains(&change.field()), "{description}");
            let is_noticed = match change.field() {
                "factions" | "personalstats" => true,
                "members" => counted,
                "territoryOwnership" => !after.is_array(),
                _ => !before.is_array(),
            };
            assert!(is_noticed, "{description}");
        }
    }
}

#[test]
fn a_duplicate_follows_its_original() {
    let simulator = start_with_chaos(9, 0);
    simulator.fault(Fault::once(FaultKind::Duplicate("/territory/2".to_owned())));
    let mut wire = Wire::open(&simulator);
    let headers = format!("Authorization: ApiKey {KEY}\r\n");
    wire.send("/torn/territory?limit=4", &headers);

    let tiles = wire.receive().unwrap().json();

    let ids: Vec<&str> = super::list(&tiles, "territory")
        .iter()
        .map(|tile| tile["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["AAB", "AAC", "AAD", "AAD", "AAE"]);
}
