//! The address of a player's or a faction's page may be written in the place of its id.

use std::fs;

use serde_json::Value;

use crate::support::torn::Torn;

const FACTION: &str = "https://www.torn.com/factions.php?step=profile&ID=9#/tab=info";
const PLAYER: &str = "https://www.torn.com/profiles.php?XID=2";

#[test]
fn the_address_of_a_page_is_an_id_for_each_option_that_takes_ids() {
    let torn = Torn::new();
    let config = || fs::read_to_string(torn.sandbox.path("tornsnap.toml")).unwrap();

    torn.fetch(&["factions", "--faction", FACTION]).expect(0);
    torn.fetch(&["players", "--player", PLAYER]).expect(0);
    let exported = |option: &str, address: &str, dataset: &str| {
        let arguments = ["export", dataset, option, address, "--json"];
        let rows = torn.sandbox.run(&arguments).expect(0).json();
        rows.as_array().map(Vec::len)
    };
    assert_eq!(exported("--faction", FACTION, "factions"), Some(1));
    assert_eq!(exported("--player", PLAYER, "players"), Some(1));

    let init = ["init", "--non-interactive", "--faction", FACTION];
    torn.sandbox
        .run(&[&init[..], &["--player", PLAYER]].concat())
        .expect(0);
    assert!(config().contains("factions = [9]"), "{}", config());
    assert!(config().contains("players = [2]"), "{}", config());
}

#[test]
fn the_address_of_another_page_is_refused_with_the_reason() {
    let torn = Torn::new();
    for (option, address, why) in [
        (
            "--faction",
            PLAYER,
            "this is the page of player 2: write --player 2",
        ),
        (
            "--player",
            FACTION,
            "this is the page of faction 9: write --faction 9",
        ),
        (
            "--faction",
            "https://www.torn.com/factions.php?step=your",
            "your own faction's page has none in its address",
        ),
        (
            "--player",
            "https://evil.example/profiles.php?XID=2",
            "is not an address of torn.com",
        ),
        (
            "--player",
            "Duke",
            "\"Duke\" is not a player id: a whole number from 1",
        ),
    ] {
        for command in ["fetch all", "export players", "init --non-interactive"] {
            let mut arguments: Vec<&str> = command.split(' ').collect();
            arguments.extend([option, address, "--json"]);

            let finished = torn.sandbox.run(&arguments).expect(2);

            let report: Value = finished.json();
            let message = report["error"].to_string().replace("\\\"", "\"");
            assert!(message.contains(why), "{command}: {message}");
        }
    }
}
