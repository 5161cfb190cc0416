//! `tornsnap init` on a terminal: the questions, and that nothing is written before the last one.

mod change;
mod dropped_keys;
mod edited;
mod jobs;
mod keys;
mod lost;
mod pasted;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use tornsnap::testing::sim::{Access, Fault, FaultKind, Key, Options, Simulator};

use crate::support::pty::{CTRL_C, CTRL_D, DOWN, ENTER, Pty, UP};
use crate::support::{CANARY, NOW, Sandbox, mode};

/// A second key of the owner of [`CANARY`].
const SECOND: &str = "CANARYsecond5678";

/// A key that Torn does not know.
const WRONG: &str = "CANARYwrong90123";

/// A folder for `PATH` that does not exist.
const NO_PROGRAMS: &str = "/nonexistent";

/// A folder without a configuration, and a simulated Torn with factions 9 and 20 and players 1 to 3.
struct Setting {
    simulator: Simulator,
    sandbox: Sandbox,
}

impl Setting {
    fn new() -> Self {
        let simulator = Simulator::start(Options {
            now: NOW,
            keys: vec![
                Key::new(CANARY, 1, Access::Limited),
                Key::new(SECOND, 1, Access::Public),
            ],
            ..Options::empty()
        })
        .unwrap();
        simulator.edit(|world| {
            world.pin_faction(9).name = String::from("Iron Wolves");
            world.pin_faction(20).name = String::from("M\u{fc}ller's &quot;Salt &amp; Smoke&quot;");
            for id in 1..=3 {
                let player = world.pin_player(id);
                player.name =
                    String::from(["Duke", "Alice", "Bob"][usize::try_from(id - 1).unwrap()]);
                player.faction_id = (id < 3).then_some(9);
            }
        });
        Self {
            simulator,
            sandbox: Sandbox::new(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(&["init"]);
        command
            .args(arguments)
            // Without a scheduler, since an empty answer would install jobs for the user who runs the tests.
            .env("PATH", NO_PROGRAMS)
            .env("TORNSNAP_API_URL", self.simulator.url());
        command
    }

    fn start(&self, columns: u16) -> Pty {
        Pty::start(&self.command(&[]), columns)
    }

    fn config(&self) -> String {
        fs::read_to_string(self.sandbox.path("tornsnap.toml")).unwrap()
    }

    /// The files in the folder with their contents.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files_of(&self.sandbox.path(""))
    }
}

fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let bytes = if path.is_dir() {
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                bytes,
            )
        })
        .collect()
}

/// A question and an answer to it.
struct Step {
    question: &'static str,
    answer: &'static str,
}

const fn step(question: &'static str, answer: &'static str) -> Step {
    Step { question, answer }
}

/// Every question of a new configuration, in order.
const STEPS: &[Step] = &[
    step("API key (not shown while you type):", CANARY),
    step("Another key? [y/N]", ""),
    step(
        "You are in Iron Wolves [9], 2 members. Follow it? [Y/n]",
        "",
    ),
    step("(Enter for no more):", "20"),
    step("Follow it? [Y/n]", "y"),
    step("(Enter for no more):", ""),
    step("(Enter for none):", "3"),
    step("Bob [3], level 1. Follow this player? [Y/n]", "y"),
    step(
        "More players: ids or addresses of their profiles (Enter for no more):",
        "",
    ),
    step("Wars to follow (arrow keys, then Enter):", ""),
    step("Tiles to follow (arrow keys, then Enter):", ""),
    step("Configuration file, with key files beside it [", ""),
    step("Database file [", ""),
    step("Write this? [Y/n]", ""),
];

/// Whether Ctrl-D ends the question. A choice with the arrow keys ignores it.
fn ends_with_ctrl_d(question: &str) -> bool {
    !question.contains("arrow keys")
}

/// Answers the first questions.
fn answer(pty: &mut Pty, steps: &[Step]) {
    for Step { question, answer } in steps {
        pty.answer(question, answer);
    }
}

#[test]
fn a_good_key_leads_to_a_configuration_that_fetches() {
    let setting = Setting::new();
    let mut pty = setting.start(100);

    answer(&mut pty, STEPS);
    pty.expect_exit(0);

    let text = pty.text();
    for shown in [
        "This key is Duke's [1], Limited Access: it can read their battle stats.",
        "M\u{fc}ller's \"Salt & Smoke\" [20], 0 members. Follow it?",
        "factions: at most",
        "calls every 4 minutes",
        "players: at most",
        "ready: tornsnap.db; next: tornsnap fetch all, then tornsnap schedule install",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let config = setting.config();
    assert!(
        config.contains("[[key]]\nname = \"duke\"\nkey_file = \"duke.key\"\n"),
        "{config}"
    );
    assert!(
        config.contains("players = [3]\nfactions = [9, 20]\n"),
        "{config}"
    );
    for file in ["tornsnap.toml", "tornsnap.db", "duke.key"] {
        assert_eq!(mode(&setting.sandbox.path(file)), 0o600, "{file}");
    }
    assert_eq!(
        setting
            .sandbox
            .rows("SELECT name, owner_id, state FROM api_keys"),
        ["duke|1|ok"]
    );
    assert!(!pty.raw().contains(CANARY));

    let mut fetch = setting.sandbox.command(&["fetch", "players", "factions"]);
    fetch.env("TORNSNAP_API_URL", setting.simulator.url());
    crate::support::Finished(fetch.output().unwrap()).expect(0);
    let source = "SELECT DISTINCT data_source FROM player_stats_history";
    assert_eq!(setting.sandbox.rows(source), ["duke"]);
}

#[test]
fn an_end_at_any_question_writes_nothing() {
    for end in [CTRL_C, CTRL_D] {
        for count in 0..STEPS.len() {
            let setting = Setting::new();
            setting.sandbox.write("notes.txt", "mine");
            let before = setting.files();
            let mut pty = setting.start(80);
            answer(&mut pty, &STEPS[..count]);
            pty.expect(STEPS[count].question);

            let question = STEPS[count].question;
            if end == CTRL_D && !ends_with_ctrl_d(question) {
                continue;
            }
            pty.send(end);
            pty.expect_exit(130);

            assert!(
                pty.text().contains("nothing was written"),
                "{question}: {}",
                pty.text()
            );
            assert_eq!(setting.files(), before, "{question}");
            let raw = pty.raw();
            assert!(!raw.contains(CANARY), "{question}");
            let (hidden, shown) = (raw.rfind("\u{1b}[?25l"), raw.rfind("\u{1b}[?25h"));
            assert!(hidden <= shown, "{question}: the cursor stays hidden");
            assert!(
                pty.shows_typing(),
                "{question}: the terminal shows no typing"
            );
        }
    }
}

#[test]
fn a_closed_terminal_or_a_signal_writes_nothing() {
    for count in [0, 1, 3, 9, STEPS.len() - 1] {
        let setting = Setting::new();
        let mut pty = setting.start(80);
        answer(&mut pty, &STEPS[..count]);
        pty.expect(STEPS[count].question);
        pty.signal("HUP");
        let code = pty.wait();
        assert!(!cfg!(target_os = "linux") || code == 143, "{count}: {code}");
        assert!(
            setting.files().is_empty(),
            "{count}: {:?}",
            setting.files().keys()
        );

        let mut pty = setting.start(80);
        answer(&mut pty, &STEPS[..count]);
        pty.expect(STEPS[count].question);
        pty.signal("TERM");
        pty.expect_exit(143);
        assert!(
            setting.files().is_empty(),
            "{count}: {:?}",
            setting.files().keys()
        );
        assert!(pty.shows_typing(), "{count}");
    }
}

#[test]
fn a_refused_key_is_asked_again_with_the_reason() {
    let setting = Setting::new();
    let mut pty = setting.start(80);

    pty.answer("API key (not shown while you type):", "too short");
    pty.expect("That is not an API key: it has blanks in it");
    pty.answer("API key (not shown while you type):", WRONG);
    pty.expect("Torn does not accept this key: Torn answered error 2");
    pty.expect("Copy the key again from https://www.torn.com/preferences.php#tab=api.");
    answer(&mut pty, STEPS);
    pty.expect_exit(0);

    assert!(!pty.raw().contains("CANARY"));
    assert!(!setting.sandbox.path("tornsnap-1.key").exists());
    assert_eq!(setting.sandbox.rows("SELECT name FROM api_keys"), ["duke"]);
}

#[test]
fn two_keys_of_one_owner_have_two_files_and_the_faction_is_offered_once() {
    let setting = Setting::new();
    let mut pty = setting.start(80);

    pty.answer("API key", CANARY);
    pty.answer("Another key? [y/N]", "y");
    pty.answer("API key", CANARY);
    pty.expect("This key is there already: it is Duke's [1].");
    pty.answer("Another key? [y/N]", "yes");
    pty.answer("API key", SECOND);
    pty.expect("This key is Duke's [1], Public Only: it reads public data only.");
    answer(&mut pty, &STEPS[1..]);
    pty.expect_exit(0);

    let key = |name: &str| fs::read_to_string(setting.sandbox.path(name)).unwrap();
    assert_eq!(key("duke.key").trim(), CANARY);
    assert_eq!(key("duke-2.key").trim(), SECOND);
    let offers = "You are in Iron Wolves [9], 2 members. Follow it? yes";
    assert_eq!(pty.text().matches(offers).count(), 1);
}

#[test]
fn pasted_addresses_with_line_breaks_are_looked_up_and_unknown_ids_are_named() {
    let setting = Setting::new();
    let mut pty = setting.start(60);
    answer(&mut pty, &STEPS[..2]);
    pty.answer("Follow it? [Y/n]", "n");
    pty.expect("(Enter for none):");
    pty.send(
        "https://www.torn.com/factions.php?step=profile&ID=20\r\nprofiles.php?XID=2; 9\n\
         https://www.torn.com/factions.php?step=your#/tab=info 99999999\r",
    );
    pty.expect("your own faction's page has none in its address.");
    pty.expect("Torn knows no faction 99999999. Correct the id.");
    pty.expect("Alice [2], level 1");
    pty.answer("Follow these 3? [Y/n]", "");
    pty.answer("(Enter for no more):", "2");
    pty.expect("Torn knows no faction 2.");
    pty.answer("(Enter for no more):", "\u{1b}[200~9\n20\u{1b}[201~");
    pty.expect("Iron Wolves [9] is followed already.");
    pty.answer("(Enter for no more):", "");
    pty.answer("(Enter for no more):", "");
    answer(&mut pty, &STEPS[9..]);
    pty.expect_exit(0);

    let config = setting.config();
    assert!(
        config.contains("players = [2]\nfactions = [9, 20]\n"),
        "{config}"
    );
}

#[test]
fn arrow_keys_choose_wars_and_tiles() {
    let setting = Setting::new();
    setting.simulator.edit(|world| {
        world.pin_tile("AAB");
        world.pin_tile("AAC");
    });
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..9]);
    pty.expect("Wars to follow (arrow keys, then Enter):");
    pty.send(&format!("{DOWN}{ENTER}"));
    pty.expect("Wars to follow: all in the game");
    pty.expect("Tiles to follow (arrow keys, then Enter):");
    pty.send(&format!("{UP}{ENTER}"));
    pty.answer("Tiles, such as AAB, AAC:", "toolong, x");
    pty.expect("\"toolong\"");
    pty.answer("Tiles, such as AAB, AAC:", "aab ZZZ");
    pty.expect("Torn knows no tile ZZZ. Correct the id.");
    pty.answer("Tiles, such as AAB, AAC:", "aab; AAC");
    answer(&mut pty, &STEPS[11..]);
    pty.expect_exit(0);

    let config = setting.config();
    assert!(
        config.contains("wars = \"all\"\nterritories = [\"AAB\", \"AAC\"]\n"),
        "{config}"
    );
}

#[test]
fn it_works_at_sixty_columns_and_without_colours() {
    let setting = Setting::new();
    let mut command = setting.command(&["--color", "never"]);
    command.env("NO_COLOR", "1");
    let mut pty = Pty::start(&command, 60);

    answer(&mut pty, STEPS);
    pty.expect_exit(0);

    let raw = pty.raw();
    let is_colour = |sequence: &str| {
        sequence
            .trim_start_matches(|c: char| !c.is_ascii_alphabetic())
            .starts_with('m')
    };
    assert!(!raw.split("\u{1b}[").skip(1).any(is_colour), "{raw:?}");
    assert!(
        raw.contains("Only locally, persistent: in the\r\n"),
        "{raw}"
    );
    let path = setting.sandbox.path("").display().to_string();
    let long = raw.lines().find(|line| {
        line.chars().count() > 60
            && !line.contains("TORNSNAP_NOW")
            && !line.contains('\u{1b}')
            && !line.contains(&path)
    });
    assert_eq!(long, None);
}

#[test]
fn a_fault_of_the_network_offers_another_try_and_keeps_the_answers() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..3]);
    setting.simulator.fault(Fault::always(FaultKind::Code(
        17,
        "Backend error".to_owned(),
    )));
    pty.answer("(Enter for no more):", "20");
    pty.expect("Try again? [Y/n]");
    setting.simulator.clear_faults();
    pty.send(ENTER);
    answer(&mut pty, &STEPS[4..]);
    pty.expect_exit(0);
    assert!(setting.config().contains("factions = [9, 20]"));
}

#[test]
fn a_dead_network_ends_init_without_files() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..3]);
    drop(setting.simulator);
    pty.answer("(Enter for no more):", "20");
    pty.answer("Try again? [Y/n]", "y");
    pty.answer("Try again? [Y/n]", "n");
    pty.expect_exit(75);
    assert!(pty.text().contains("nothing was written"), "{}", pty.text());
    assert!(files_of(&setting.sandbox.path("")).is_empty());
}
