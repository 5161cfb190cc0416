//! Access: a call that a key may not make is made with another key, or not at all.

use serde_json::json;
use tornsnap::testing::sim::{Access, Fault, FaultKind, Key, Selections};

use super::codes::code;
use crate::support::torn::{BOBS_KEY, Torn};
use crate::support::{CANARY, DAY, Finished, NOW};

#[test]
fn without_access_the_public_part_is_still_fetched() {
    for number in [16, 7, 4] {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [1]\n");
        torn.simulator
            .fault(Fault::always(code(number)).query("battlestats"));

        torn.fetch(&["players"]).expect(0);

        let stats =
            torn.rows("SELECT player_id, level, strength, networth FROM player_stats_history");
        assert_eq!(stats, ["1|11||1000"], "code {number}");
        assert_eq!(torn.rows("SELECT state FROM api_keys"), ["ok"]);
    }
}

#[test]
fn a_daily_limit_pauses_one_category_for_a_day_in_later_runs_too() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [2, 3]\n");
    torn.simulator
        .fault(Fault::once(code(14)).query("personalstats"));

    torn.fetch(&["players"]).expect(0);
    let with_stats = || {
        torn.asked()
            .iter()
            .filter(|path| path.contains("personalstats"))
            .count()
    };
    // Several calls may have been in flight when the first was refused.
    let first = with_stats();
    assert!(first <= 2, "{:?}", torn.asked());
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM player_stats_history"),
        2
    );

    torn.fetch_at(NOW + DAY - 1, &["players"]).expect(0);
    assert_eq!(with_stats(), first, "{:?}", torn.asked());

    torn.fetch_at(NOW + DAY, &["players"]).expect(0);
    assert!(with_stats() > first);
    assert_eq!(
        torn.rows("SELECT DISTINCT networth FROM player_stats_history WHERE networth IS NOT NULL ORDER BY 1"),
        ["2000", "3000"]
    );
}

#[test]
fn after_a_daily_limit_of_one_key_another_key_reads_the_category() {
    let torn = Torn::with_two_keys();
    torn.follow("[track]\nplayers = [3]\n");
    torn.simulator
        .fault(Fault::always(code(14)).query("personalstats").key(CANARY));

    for day in 0..3 {
        torn.fetch_at(NOW + day * DAY, &["players"]).expect(0);
    }

    assert_eq!(
        torn.rows("SELECT DISTINCT networth FROM player_stats_history"),
        ["3000"]
    );
}

/// The number of calls for personalstats with this key.
fn personalstats_with(torn: &Torn, secret: &str) -> usize {
    let asked = torn.simulator.requests().into_iter();
    asked
        .filter(|request| request.query.contains("personalstats"))
        .filter(|request| request.key.as_deref() == Some(secret))
        .count()
}

#[test]
fn after_a_daily_limit_the_key_of_another_owner_makes_the_call() {
    let torn = Torn::with_two_keys();
    torn.follow("[track]\nfactions = [9, 20]\nmembers = false\nterritories = \"none\"\n");
    torn.simulator
        .fault(Fault::always(code(14)).path("/faction").key(CANARY));

    torn.fetch(&["factions"]).expect(0);

    assert_eq!(
        torn.rows("SELECT faction_id, data_source FROM faction_history ORDER BY 1"),
        ["9|key2", "20|key2"]
    );
}

#[test]
fn a_key_that_was_refused_for_one_id_is_used_while_torn_pauses_the_others() {
    let torn = Torn::with_two_keys();
    torn.follow("[track]\nfactions = [9, 20]\nmembers = false\nterritories = \"none\"\n");
    torn.configure(
        "requests_per_minute = 0\nconcurrency = 1\n",
        "[track]\nfactions = [9, 20]\nmembers = false\nterritories = \"none\"\n",
    );
    torn.simulator
        .fault(Fault::always(code(7)).path("/faction/9").key(CANARY));
    let pause = FaultKind::Code(5, "Too many requests".to_owned());
    torn.simulator
        .fault(Fault::always(pause).path("/faction/20").key(BOBS_KEY));

    torn.fetch(&["factions"]).expect(0);

    assert_eq!(
        torn.rows("SELECT faction_id, data_source FROM faction_history ORDER BY 1"),
        ["9|key2", "20|key1"]
    );
}

#[test]
fn a_key_that_reads_only_battle_stats_is_used_for_them() {
    for listed in [&["battlestats"][..], &["basic", "battlestats"]] {
        let torn = Torn::with_keys(&[
            Key::new(CANARY, 2, Access::Public),
            Key::custom("CustomKeyOf00001", 1, Selections::new(listed, &[], &[])),
        ]);
        torn.edit(|world| world.pin_player(1).strength = 4711);
        torn.follow("[track]\nplayers = [1]\n");

        torn.fetch(&["players"]).expect(0);

        assert_eq!(
            torn.rows("SELECT strength, level, networth FROM player_stats_history"),
            ["4711|11|1000"],
            "{listed:?}"
        );
        let with_it = torn.calls_with("CustomKeyOf00001");
        assert_eq!(with_it, 2, "its check and its stats: {:?}", torn.asked());
    }
}

#[test]
fn keys_that_read_only_their_owners_stats_are_asked_for_nothing_else() {
    let owners = 101..=109;
    let stats = Selections::new(&["profile", "personalstats", "battlestats"], &[], &[]);
    let mut keys = vec![Key::new(CANARY, 100, Access::Public)];
    keys.extend(
        owners
            .clone()
            .map(|owner| Key::custom(format!("CustomKeyOf00{owner}"), owner, stats.clone())),
    );
    let torn = Torn::over(tornsnap::testing::sim::Options {
        now: NOW,
        factions: 5,
        players: 20,
        keys: keys.clone(),
        ..Default::default()
    });
    torn.edit(|world| {
        world.pin_player(100).level = 9;
        owners
            .clone()
            .for_each(|id| world.pin_player(id).strength = 5000 + id);
    });
    let factions = torn.simulator.faction_ids();
    torn.follow(&format!(
        "[track]\nfactions = {factions:?}\nmembers = false\nplayers = {:?}\nterritories = \"all\"\n",
        owners.clone().collect::<Vec<_>>()
    ));
    torn.fetch(&["all"]).expect(0);
    assert_eq!(
        torn.rows("SELECT player_id, strength FROM player_stats_history WHERE player_id > 99 AND player_id < 110 ORDER BY 1"),
        owners.map(|id| format!("{id}|{}", 5000 + id)).collect::<Vec<_>>()
    );

    for poll in 1..=3 {
        torn.simulator.clear_requests();
        torn.fetch_at(NOW + 240 * poll, &["factions", "wars", "territories"])
            .expect(0);
        // Five factions, nine pages of owners and the rackets; the assaults have a page or two.
        let asked = torn.asked();
        let assaults = |path: &&String| path.starts_with("/faction/warfareterritory");
        let pages = asked.iter().filter(assaults).count();
        assert!((1..=2).contains(&pages), "{asked:?}");
        assert_eq!(asked.len() - pages, 15, "{asked:?}");
        for key in &keys[1..] {
            assert_eq!(torn.calls_with(&key.secret), 0, "{}", key.secret);
        }
    }
}

#[test]
fn a_refusal_for_lack_of_access_is_remembered_until_the_end_of_the_run() {
    for number in [16, 7, 4] {
        let torn = Torn::with_two_keys();
        torn.configure(
            "requests_per_minute = 0\nconcurrency = 1\n",
            "[track]\nfactions = [9, 20, 21, 22, 23]\nterritories = \"none\"\n",
        );
        torn.edit(|world| (21..=23).for_each(|id| world.pin_faction(id).respect = id));
        torn.simulator
            .fault(Fault::always(code(number)).path("/faction").key(CANARY));

        for day in 0..2 {
            torn.simulator.clear_requests();
            torn.fetch_at(NOW + day * 240, &["factions"]).expect(0);
            let refused = torn.calls_with(CANARY) - usize::from(day == 0);
            assert_eq!(refused, 1, "code {number}: {:?}", torn.asked());
            assert_eq!(torn.calls_with(BOBS_KEY) - usize::from(day == 0), 5);
        }
        assert_eq!(
            torn.rows("SELECT state FROM api_keys"),
            ["ok", "ok"],
            "code {number}"
        );
    }
}

#[test]
fn missing_access_concerns_one_selection_or_one_id() {
    // Code 16 concerns the selection, codes 7 and 4 concern one id.
    for (number, calls) in [(16, 1), (7, 2), (4, 2)] {
        let torn = Torn::new();
        torn.configure(
            "requests_per_minute = 0\nconcurrency = 1\n",
            "[track]\nfactions = [9, 20]\nplayers = [3]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.simulator
            .fault(Fault::always(code(number)).path("/faction"));

        torn.fetch(&["factions", "players"]).expect(3);

        let asked = torn.asked();
        let factions = asked.iter().filter(|path| path.starts_with("/faction"));
        assert_eq!(factions.count(), calls, "code {number}: {asked:?}");
        assert_eq!(
            torn.rows("SELECT kind, entities, failed FROM fetch_runs ORDER BY id"),
            ["factions|0|2", "players|1|0"],
            "code {number}"
        );
    }
}

#[test]
fn after_the_daily_limit_of_an_owner_another_owners_key_reads_the_networth() {
    let whole = |number| code(number);
    let inside = |number: i64| {
        FaultKind::Patch(
            "/personalstats".to_owned(),
            json!({ "code": number, "error": "limit" }),
        )
    };
    for refusal in [whole(14), inside(14)] {
        let torn = Torn::with_keys(&[
            Key::new(CANARY, 1, Access::Full),
            Key::new("SecondKeyOfOne01", 1, Access::Full),
            Key::new(BOBS_KEY, 2, Access::Limited),
        ]);
        torn.follow("[track]\nplayers = [1]\n");
        for secret in [CANARY, "SecondKeyOfOne01"] {
            torn.simulator.fault(
                Fault::always(refusal.clone())
                    .query("personalstats")
                    .key(secret),
            );
        }

        torn.fetch(&["players"]).expect(0);

        assert_eq!(
            torn.rows("SELECT strength, level, networth FROM player_stats_history"),
            ["10|11|1000"],
            "{refusal:?}"
        );
        let refused =
            personalstats_with(&torn, CANARY) + personalstats_with(&torn, "SecondKeyOfOne01");
        assert_eq!(
            refused, 1,
            "the pause is of the owner, not of the key: {refusal:?}"
        );
        assert_eq!(
            torn.rows("SELECT scope, owner_id, cause, until FROM api_pauses"),
            [format!("personalstats|1|daily_limit|{}", NOW + DAY)]
        );

        // The next runs do not use it either, until the pause is over.
        torn.edit(|world| world.pin_player(1).networth = 77);
        torn.simulator.clear_requests();
        torn.fetch_at(NOW + DAY - 1, &["players"]).expect(0);
        assert_eq!(
            torn.rows("SELECT networth FROM player_stats_history ORDER BY id DESC LIMIT 1"),
            ["77"]
        );
        assert_eq!(
            personalstats_with(&torn, CANARY) + personalstats_with(&torn, "SecondKeyOfOne01"),
            0
        );
    }
}

#[test]
fn without_another_owner_the_networth_is_not_known_and_the_rest_is_saved() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1, 2]\n");
    torn.simulator
        .fault(Fault::always(code(14)).query("personalstats"));

    torn.fetch(&["players"]).expect(0);

    assert_eq!(
        torn.rows(
            "SELECT player_id, strength, level, networth FROM player_stats_history ORDER BY 1"
        ),
        ["1|10|11|", "2||12|"]
    );
}

#[test]
fn a_new_key_of_another_owner_does_not_inherit_the_pause() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [3]\n");
    torn.simulator
        .fault(Fault::always(code(14)).query("personalstats").key(CANARY));
    torn.fetch(&["players"]).expect(0);

    torn.simulator
        .set_keys(vec![Key::new(BOBS_KEY, 2, Access::Limited)]);
    torn.follow("[track]\nplayers = [3]\n");
    for poll in 1..=2 {
        torn.fetch_at(NOW + 240 * poll, &["players"]).expect(0);
    }

    assert_eq!(
        torn.rows("SELECT networth FROM player_stats_history WHERE networth IS NOT NULL"),
        ["3000"]
    );
}

#[test]
fn a_refusal_of_access_names_an_address_that_is_not_torns() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    for path in ["/faction/9", "/nix/faction/9", "/nix/key/info"] {
        torn.simulator.fault(Fault::always(code(4)).path(path));
    }
    let url = torn.simulator.url();
    let wrong = format!("{url}/nix");
    let init = ["init", "--non-interactive", "--player", "2"];

    for (arguments, address) in [
        (&["fetch", "factions"][..], url),
        (&["fetch", "factions"], &wrong),
        (&["config", "check", "--online"], &wrong),
        (&init, &wrong),
    ] {
        let mut command = torn.sandbox.command(arguments);
        command
            .env("TORNSNAP_API_URL", address)
            .env("TORNSNAP_NOW", torn.simulator.time().to_string());
        let finished = Finished(command.output().unwrap());

        let printed = finished.stdout() + &finished.stderr();
        let named = format!("correct the address of Torn, which is {address} here");
        assert!(printed.contains(&named), "{arguments:?}: {printed}");
        finished.expect(77);
    }
}
