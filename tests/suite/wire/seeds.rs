//! The seed files of the fuzzer.

use std::fs;
use std::path::Path;

use super::bodies;

/// The targets of the fuzzer, and the bodies that each of them decodes.
const TARGETS: &[(&str, &[&str])] = &[
    ("key", &["key"]),
    ("user", &["owner", "player"]),
    ("faction", &["faction"]),
    (
        "wars",
        &[
            "warfareranked",
            "warfareterritory",
            "rankedwars",
            "territorywars",
        ],
    ),
    ("reports", &["rankedwarreport", "territorywarreport"]),
    ("territory", &["own_tiles", "facts"]),
    ("rackets", &["rackets"]),
    ("ownership", &["ownership"]),
];

#[test]
fn each_seed_is_the_body_that_the_simulator_serves() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    let mut compared = 0;

    for (name, body) in bodies::all() {
        let (target, _) = TARGETS
            .iter()
            .find(|(_, bodies)| bodies.contains(&name))
            .unwrap();
        let path = seeds.join(target).join(format!("{name}.json"));
        if std::env::var_os("TORNSNAP_WRITE_SEEDS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, body.to_string()).unwrap();
        }
        let seed = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            seed,
            body.to_string(),
            "{}: run this test with TORNSNAP_WRITE_SEEDS=1 to write it anew",
            path.display()
        );
        compared += 1;
    }

    assert_eq!(
        compared,
        TARGETS
            .iter()
            .map(|(_, bodies)| bodies.len())
            .sum::<usize>()
    );
}
