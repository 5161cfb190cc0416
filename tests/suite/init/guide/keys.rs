//! The words of the questions about keys that cannot read everything, and about waits.

use tornsnap::testing::sim::{Fault, FaultKind, Key, Selections};

use super::{STEPS, Setting, WRONG, answer};
use crate::support::CANARY;

#[test]
fn a_custom_key_that_reads_no_factions_is_described_and_the_offer_is_explained() {
    let setting = Setting::new();
    let selections = Selections::new(&["basic"], &["members"], &[]);
    setting
        .simulator
        .set_keys(vec![Key::custom(CANARY, 2, selections)]);
    let mut pty = setting.start(80);

    pty.answer("API key", CANARY);
    pty.expect(
        "This key is player 2's, Custom: it cannot read players, because it lacks profile of user; \
         it cannot read factions, because it lacks basic of faction.",
    );
    pty.answer("Another key? [y/N]", "");
    pty.expect(
        "The faction of player 2 is not offered, because their profile cannot be read: \
         none of the keys may read it, but a Public Only key may.",
    );
    pty.answer("(Enter for none):", "9");
    pty.expect(
        "Faction 9 cannot be looked up: none of the keys may read it, but a Public Only key may.",
    );
}

#[test]
fn an_unknown_error_about_the_owner_is_shown_with_the_missing_offer() {
    let setting = Setting::new();
    setting
        .simulator
        .fault(Fault::always(FaultKind::Code(99, "Something new".to_owned())).path("/user/1"));
    let mut pty = setting.start(80);

    answer(&mut pty, &STEPS[..2]);

    pty.expect("The faction of player 1 is not offered, because their profile cannot be read: ");
    pty.expect("Something new");
    pty.expect("(Enter for none):");
}

#[test]
fn a_wait_for_torn_is_shown_with_its_reason() {
    let setting = Setting::new();
    setting.simulator.fault(Fault::once(FaultKind::Code(
        5,
        "Too many requests".to_owned(),
    )));
    let mut pty = setting.start(80);

    pty.answer("API key", CANARY);

    pty.expect("pause for 0 s: Torn answered error 5: Too many requests");
    pty.expect("This key is Duke's [1]");
}

#[test]
fn a_block_of_the_address_ends_init_without_an_offer_to_try_again() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..3]);
    setting
        .simulator
        .fault(Fault::always(FaultKind::Code(8, "IP block".to_owned())));

    pty.answer("(Enter for no more):", "20");
    pty.expect_exit(75);

    let text = pty.text();
    assert!(!text.contains("Try again?"), "{text}");
    assert!(text.contains("no call is made before"), "{text}");
    assert!(setting.files().is_empty());
}

#[test]
fn a_call_of_the_questions_is_announced_and_a_refused_typed_key_has_no_made_up_name() {
    let setting = Setting::new();
    let mut pty = setting.start(80);

    pty.answer("API key", WRONG);
    pty.expect("Checking the key\u{2026}");
    pty.expect("Torn does not accept this key: ");
    pty.answer("API key", CANARY);
    pty.expect("Checking the key\u{2026}");
    pty.expect("Looking up player 1\u{2026}");
    pty.expect("This key is Duke's [1]");

    assert!(!pty.text().contains("key 1"), "{}", pty.text());
}
