//! Answers spoilt at random: the same for one seed, of every kind, and never wrong in a way that nobody could see.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tornsnap::testing::sim::{
    Chaos, DEFAULT_START, Fault, FaultKind, InjectedFault, Links, Options, Simulator,
};

use super::{DAY, Wire, ask_as, start};

const KEY: &str = "SimulatedKeyA001";

fn with(seed: u64, per_mille: u32) -> Simulator {
    start(Options {
        chaos: Some(Chaos { seed, per_mille }),
        // A Saturday, on which ranked wars go on.
        now: DEFAULT_START + 40 * DAY + 3_600,
        // The links have the port in them, which is another one each time.
        links: Links::None,
        ..Options::default()
    })
}

/// Questions of every kind that a collector asks.
fn questions(simulator: &Simulator) -> Vec<String> {
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

/// Asks so many times; returns the status and the body of each answer, if there was one.
fn ask_times(simulator: &Simulator, count: usize) -> Vec<Option<(u16, Vec<u8>)>> {
    let questions = questions(simulator);
    let asked = questions.iter().cycle().take(count);
    asked
        .map(|path| ask_as(simulator, KEY, path).map(|answer| (answer.status, answer.body)))
        .collect()
}

#[test]
fn one_seed_spoils_the_same_answers_in_the_same_way() {
    let (first, again, other) = (with(7, 500), with(7, 500), with(8, 500));

    let answers = ask_times(&first, 200);

    assert!(answers == ask_times(&again, 200));
    assert_eq!(first.injected_faults(), again.injected_faults());
    assert!(answers != ask_times(&other, 200));
    let spoilt = first.injected_faults().len();
    assert!((70..130).contains(&spoilt), "{spoilt} of 200");
}

#[test]
fn the_probability_is_that_of_the_options_and_the_key_info_is_spared() {
    for (per_mille, least, most) in [(0, 0, 0), (100, 5, 40), (1_000, 200, 200)] {
        let simulator = with(3, per_mille);
        ask_times(&simulator, 200);
        for path in ["/v2/key/info", "/key?selections=info"] {
            for _ in 0..20 {
                let info = ask_as(&simulator, KEY, path).unwrap().json();
                assert!(info["info"]["user"]["id"].is_i64());
            }
        }
        let spoilt = simulator.injected_faults().len();
        assert!((least..=most).contains(&spoilt), "{spoilt} of 200");
    }
}

#[test]
fn the_log_says_which_fault_met_which_request() {
    let simulator = with(3, 300);
    ask_as(&simulator, KEY, "/key/info");
    ask_times(&simulator, 60);
    let requests = simulator.requests();
    let right = start(Options {
        now: simulator.time(),
        links: Links::None,
        ..Options::default()
    });

    let spoilt = simulator.injected_faults();
    for (number, request) in (0..).zip(&requests) {
        let path = format!("{}?{}", request.path, request.query);
        let met = spoilt.iter().find(|spoilt| spoilt.number == number);
        if let Some(met) = met {
            assert_eq!(path, format!("{}?{}", met.path, met.query));
        }
    }
    assert!(spoilt.len() > 5 && spoilt.is_sorted_by_key(|spoilt| spoilt.number));

    simulator.set_chaos(None);
    assert!(ask_times(&simulator, 12) == ask_times(&right, 12));
    assert_eq!(simulator.injected_faults(), spoilt);
}

#[test]
fn a_fault_that_is_set_on_purpose_goes_before_chance() {
    let simulator = with(3, 1_000);
    simulator.fault(Fault::once(FaultKind::Code(9, "API disabled".to_owned())));

    let body = ask_as(&simulator, KEY, "/user/basic").unwrap().json();

    assert_eq!(body["error"]["code"], 9);
    assert!(simulator.injected_faults().is_empty());
}

/// A word for the kind of a fault.
fn word(fault: &FaultKind) -> String {
    match fault {
        FaultKind::Code(code, _) => format!("code {code}"),
        FaultKind::Status(status, _, _, headers) => format!("status {status} {headers:?}"),
        FaultKind::Patch(_, value) if value.get("code").is_some() => "refusal inside".to_owned(),
        FaultKind::Patch(_, value) => format!("set to {value}"),
        FaultKind::Remove(_) => "removed".to_owned(),
        FaultKind::Duplicate(_) => "duplicated".to_owned(),
        FaultKind::Hang(time) => {
            assert!(*time < Duration::from_secs(1));
            "silence".to_owned()
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn every_kind_of_fault_comes_and_no_other() {
    let simulator = with(11, 1_000);
    let answers = ask_times(&simulator, 900);
    assert_eq!(answers.len(), simulator.injected_faults().len());

    let seen: BTreeSet<String> = simulator
        .injected_faults()
        .iter()
        .map(|spoilt| word(&spoilt.fault))
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
            "refusal inside",
            "removed",
            "duplicated",
            "silence",
            "Cut",
            "Reset",
            "Broken",
            "Empty",
        ]
        .map(str::to_owned),
    );
    assert_eq!(seen, all);
}

/// The value of a body at one place before and after; `None` after where the place was removed.
struct Change {
    question: String,
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

/// Every value that chance has set or taken out in some thousand answers.
fn changes() -> Vec<Change> {
    let simulator = start(Options {
        chaos: Some(Chaos {
            seed: 5,
            per_mille: 1_000,
        }),
        now: DEFAULT_START + 40 * DAY + 3_600,
        links: Links::Recorded,
        ..Options::default()
    });
    ask_times(&simulator, 1_200);
    let spoilt = simulator.injected_faults();
    simulator.set_chaos(None);
    let change = |spoilt: InjectedFault| {
        let (pointer, after) = match spoilt.fault {
            FaultKind::Remove(pointer) => (pointer, None),
            FaultKind::Patch(pointer, value) if value.get("code").is_none() => {
                (pointer, Some(value))
            }
            _ => return None,
        };
        let question = format!("{}?{}", spoilt.path, spoilt.query);
        let right = super::ask(&simulator, &question);
        let before = right.pointer(&pointer).unwrap().clone();
        Some(Change {
            question,
            pointer,
            before,
            after,
            right,
        })
    };
    spoilt.into_iter().filter_map(change).collect()
}

#[test]
fn no_spoilt_value_could_be_true() {
    let changes = changes();
    assert!(changes.len() > 200, "{}", changes.len());
    for change in &changes {
        let Change {
            question,
            pointer,
            before,
            after,
            right,
        } = change;
        let said = format!("{question}: {pointer} from {before} to {after:?}");
        assert_ne!(Some(before), after.as_ref(), "{said}");
        let counted = before
            .as_array()
            .map_or_else(|| right["members"].as_array(), Some)
            .is_some_and(|roster| right["basic"]["members"] == json!(roster.len()));
        let Some(after) = after else {
            let can_be_missed = ["factions", "personalstats"].contains(&change.field()) || counted;
            assert!(!change.is_item() || can_be_missed, "{said}");
            assert!(!pointer.starts_with("/_metadata"), "{said}");
            continue;
        };
        if before.is_string() {
            assert!(!after.is_string() && !after.is_number(), "{said}");
        }
        if *after == json!(-1) && before.is_number() {
            let negatives = ["value", "total", "x", "y"];
            assert!(
                !negatives.contains(&change.field()) || pointer.starts_with("/battlestats"),
                "{said}"
            );
        }
        let says_nothing = after.is_null() || *after == json!([]) || *after == json!({});
        if says_nothing && !change.is_item() && !before.is_null() {
            let meaningful = [
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
            assert!(!meaningful.contains(&change.field()), "{said}");
            let kept = match change.field() {
                "factions" | "personalstats" => true,
                "members" => counted,
                "territoryOwnership" => !after.is_array(),
                _ => !before.is_array(),
            };
            assert!(kept, "{said}");
        }
    }
}

#[test]
fn a_duplicate_stands_beside_its_original() {
    let simulator = with(9, 0);
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
