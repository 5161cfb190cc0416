//! `fetch --plan` says how many calls the run makes and which keys make them.

use serde_json::Value;
use tornsnap::testing::sim::{Access, Fault, FaultKind, Key, Options};

use crate::support::torn::{BOBS_KEY, OURS, THEIRS, Torn};
use crate::support::{CANARY, DAY, HOUR, NOW};

/// The plan, which makes no call.
#[track_caller]
fn plan(torn: &Torn, now: i64) -> Value {
    torn.simulator.set_time(now);
    torn.simulator.clear_requests();
    let plan = torn.fetch(&["all", "--plan", "--json"]).expect(0).json();
    assert!(torn.asked().is_empty(), "{:?}", torn.asked());
    plan
}

/// Asserts that the run makes the calls of the plan.
#[track_caller]
fn expect_planned_calls(torn: &Torn, now: i64) -> Value {
    let plan = plan(torn, now);
    torn.fetch(&["all"]).expect(0);
    assert_eq!(
        plan["calls"],
        torn.asked().len(),
        "{plan:#}: {:?}",
        torn.asked()
    );
    plan
}

/// The names of the keys in a plan.
fn keys(plan: &Value) -> Vec<&str> {
    let keys = plan["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["name"].as_str().unwrap())
        .collect()
}

#[test]
fn keys_that_are_dead_paused_or_missing_get_no_calls_in_a_plan() {
    for (number, name) in [(2, "dead"), (18, "resting")] {
        let torn = Torn::with_two_keys();
        torn.simulator.fault(
            Fault::always(FaultKind::Code(number, "x".to_owned()))
                .key(CANARY)
                .after(1),
        );
        torn.fetch(&["all"]).expect(0);

        let plan = expect_planned_calls(&torn, NOW + 240);

        assert_eq!(keys(&plan), ["key2"], "{name}");
        assert_eq!(plan["keys"][0]["calls"], plan["calls"], "{name}");
    }

    let torn = Torn::with_two_keys();
    torn.sandbox.write(
        "tornsnap.toml",
        &format!(
            "[api]\nbase_url = \"{}\"\nrequests_per_minute = 0\n\
             [[key]]\nname = \"gone\"\nkey_file = \"gone.key\"\n\
             [[key]]\nname = \"bob\"\nkey = \"{BOBS_KEY}\"\n\
             [track]\nfactions = [9]\n",
            torn.simulator.url()
        ),
    );
    torn.fetch(&["all"]).expect(0);
    let plan = expect_planned_calls(&torn, NOW + 240);
    assert_eq!(keys(&plan), ["bob"]);
}

#[test]
fn pages_and_histories_are_counted() {
    for (wars, territories) in [
        ("tracked", "tracked"),
        ("all", "tracked"),
        ("tracked", "all"),
        ("all", "all"),
    ] {
        let torn = Torn::over(Options {
            now: NOW,
            players: 20,
            factions: 4,
            tiles: 1200,
            frozen: true,
            keys: vec![Key::new(CANARY, 1, Access::Full)],
            ..Options::default()
        });
        torn.edit(|world| world.pin_player(1).level = 9);
        let factions = torn.simulator.faction_ids();
        torn.follow(&format!(
            "[track]\nfactions = {factions:?}\nwars = \"{wars}\"\nterritories = \"{territories}\"\n"
        ));
        torn.fetch(&["all"]).expect(0);
        for (later, histories) in [(240, 0), (2 * HOUR, 8)] {
            let plan = plan(&torn, NOW + later);
            torn.fetch(&["all"]).expect(0);

            let asked = torn.asked();
            let planned = plan["calls"].as_u64().unwrap();
            // The list of assaults may have one page more than the plan can predict.
            assert!(
                planned.abs_diff(asked.len() as u64) <= 1,
                "{wars} {territories}: {plan:#}: {asked:?}"
            );
            let read = asked
                .iter()
                .filter(|path| path.contains("/rankedwars") || path.contains("/territorywars"));
            assert_eq!(read.count(), histories, "{asked:?}");
        }
    }
}

#[test]
fn a_war_that_is_asked_about_again_is_counted() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |_| {});
    torn.fetch(&["all"]).expect(0);
    torn.follow("[track]\nfactions = [20]\nmembers = false\nterritories = \"none\"\n");
    torn.edit(|world| world.remove_ranked_war(5));
    torn.fetch_at(NOW + 60, &["all"]).expect(0);

    // The report of the war is due after twenty minutes, not after one.
    let now = plan(&torn, NOW + 120)["calls"].as_u64().unwrap();
    let later = plan(&torn, NOW + 60 + 1200)["calls"].as_u64().unwrap();
    assert_eq!((now, later), (1, 2));
}

#[test]
fn deferred_ids_are_not_counted() {
    let torn = Torn::new();
    torn.follow(
        "[track]\nfactions = [9, 20]\nplayers = [60]\nmembers = false\nterritories = \"none\"\n",
    );
    for path in ["/faction/9", "/user/60"] {
        torn.simulator
            .fault(Fault::always(FaultKind::Code(6, "x".to_owned())).path(path));
    }
    torn.fetch(&["factions", "players"]).expect(3);
    torn.edit(|world| world.pin_faction(THEIRS).respect = 4);

    let plan = plan(&torn, NOW + 240);

    let kinds = plan["kinds"].as_array().unwrap();
    let calls = |kind: &str| kinds.iter().find(|of| of["kind"] == kind).unwrap()["calls"].clone();
    assert_eq!(calls("factions"), 1);
    assert_eq!(calls("players"), 0);
}

#[test]
fn a_key_that_must_be_checked_is_counted() {
    let torn = Torn::with_two_keys();
    torn.follow("[track]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n");
    let first = expect_planned_calls(&torn, NOW);
    assert_eq!(first["key_checks"], 2);

    let later = expect_planned_calls(&torn, NOW + 240);
    assert_eq!(later["key_checks"], 0);

    let daily = expect_planned_calls(&torn, NOW + DAY + 240);
    assert_eq!(daily["key_checks"], 2);
}

#[test]
fn a_plan_makes_no_call_and_predicts_their_number() {
    let torn = Torn::with_two_keys();
    torn.follow("[track]\nfactions = [9, 20]\nplayers = [60]\n");
    torn.edit(|world| {
        world.pin_player(60).level = 3;
        world.pin_tile("AAB").owner = Some(OURS);
    });
    // The first run makes the rosters known.
    torn.fetch(&["all"]).expect(0);

    for (kinds, now) in [
        (vec!["all"], NOW + 60),
        (vec!["players"], NOW + 120),
        (vec!["factions", "wars"], NOW + 180),
        (vec!["wars"], NOW + 240),
        (vec!["territories"], NOW + 300),
        (vec!["all"], NOW + 2 * DAY),
        (vec!["players"], NOW + 4 * DAY),
    ] {
        torn.simulator.set_time(now);
        torn.simulator.clear_requests();
        let mut planned = kinds.clone();
        planned.push("--plan");

        let plan = torn
            .fetch(&[planned.as_slice(), &["--json"]].concat())
            .expect(0)
            .json();
        assert!(torn.asked().is_empty(), "{kinds:?}: a plan makes no call");
        torn.fetch(&kinds).expect(0);

        assert_eq!(
            plan["calls"],
            torn.asked().len(),
            "{kinds:?} at {now}: {plan:#}"
        );
        let shares: u64 = plan["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["calls"].as_u64().unwrap())
            .sum();
        assert_eq!(plan["calls"], shares);
    }
}

#[test]
fn a_plan_is_printed_as_a_page() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);

    let plan = torn.fetch(&["all", "--plan"]).expect(0);

    assert_eq!(
        plan.stdout(),
        "factions                  1 call\n\
         wars                      2 calls\n\
         players                   3 calls\n\
         \n\
         key key1                  6 calls, no limit (owner 1)\n"
    );
    assert_eq!(
        plan.stderr(),
        "planned: 6 calls with 1 key; no waiting for the budget; none was made\n"
    );
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM fetch_runs"),
        1,
        "a plan is no run"
    );
}

#[test]
fn a_plan_before_the_first_run_says_what_it_cannot_know() {
    let torn = Torn::new();

    let plan = torn.fetch(&["all", "--plan"]).expect(0);

    assert_eq!(
        plan.stderr(),
        "warn  the members of faction 9 are not known yet: each of them is one call more\n\
         planned: at least 4 calls with 1 key, and a call for each member of 1 faction, who are known after the first \
         fetch: about 104 calls at 100 members each, with no waiting for the budget; past wars that the first fetch finds \
         need a call each, too; none was made\n"
    );
    assert!(
        plan.stdout()
            .contains("\nunknown members      100 calls at most, of faction 9\n"),
        "{}",
        plan.stdout()
    );
}

#[test]
fn a_plan_estimates_the_calls_of_members_that_are_not_known() {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 60\n",
        "[track]\nfactions = [9, 20]\nterritories = \"none\"\n",
    );

    let before = plan(&torn, NOW);
    torn.fetch(&["factions"]).expect(0);
    let after = plan(&torn, NOW + 60);

    let unknown = &before["unknown_members"];
    assert_eq!(unknown["factions"], serde_json::json!([9, 20]));
    assert_eq!(unknown["calls"], 200);
    assert_eq!(
        unknown["total_calls"],
        200 + before["calls"].as_u64().unwrap()
    );
    assert_eq!(before["minutes"], 0);
    assert_eq!(unknown["total_minutes"], 3);
    assert!(after["unknown_members"].is_null(), "{after:#}");
}

#[test]
fn kinds_are_written_with_blanks_or_commas_between_them() {
    let torn = Torn::new();
    let plan = |arguments: &[&str]| {
        let all = [&["fetch", "--plan"], arguments].concat();
        torn.sandbox.run(&all).expect(0).stdout()
    };

    assert_eq!(plan(&["factions,wars"]), plan(&["factions", "wars"]));
}
