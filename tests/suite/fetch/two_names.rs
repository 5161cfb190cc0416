//! A key that is configured under two names.

use tornsnap::testing::sim::{Fault, FaultKind};

use crate::health::check;
use crate::support::CANARY;
use crate::support::torn::Torn;

#[test]
fn a_key_under_two_names_is_one_key() {
    let torn = Torn::new();
    let keys = ["alice", "bob"]
        .map(|name| format!("[[key]]\nname = \"{name}\"\nkey = \"{CANARY}\"\n"))
        .concat();
    torn.sandbox.write(
        "tornsnap.toml",
        &format!(
            "[api]\nbase_url = \"{}\"\nrequests_per_minute = 0\n{keys}\
             [track]\nfactions = [9]\nterritories = \"none\"\n",
            torn.simulator.url()
        ),
    );
    let same = "alice and bob are the same key, which is used as alice only";

    let fetched = torn.fetch(&["factions", "-v"]).expect(0);

    assert!(fetched.stderr().contains(same), "{}", fetched.stderr());
    assert_eq!(torn.rows("SELECT name FROM api_keys"), ["alice"]);
    let checked = torn.sandbox.run(&["config", "check"]).expect(0).stdout();
    assert!(checked.contains(same), "{checked}");
    let report = torn.sandbox.run(&["health", "--json"]).json();
    let found = check(&report, "key_files").unwrap();
    assert_eq!(
        (&found["state"], &found["message"]),
        (&"warning".into(), &same.into())
    );
    assert_eq!(check(&report, "keys").unwrap()["message"], "1 key, in use");

    // Torn refuses the key, so it is not called on under its other name.
    torn.simulator.fault(Fault::always(FaultKind::Code(
        2,
        "Incorrect key".to_owned(),
    )));
    torn.simulator.clear_requests();
    torn.fetch(&["factions"]).expect(77);
    assert!(torn.calls_with(CANARY) <= 2, "{}", torn.calls_with(CANARY));
    torn.simulator.clear_requests();
    torn.fetch(&["factions"]).expect(77);
    assert_eq!(torn.calls_with(CANARY), 0);
    let text = fetched.stderr() + &checked + &report.to_string();
    assert!(!text.contains(CANARY));
}
