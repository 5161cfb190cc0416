//! `tornsnap init` with an existing configuration: it changes the named settings and keeps the old file.

use std::fs;
use std::path::PathBuf;

use crate::init::Fresh;
#[cfg(unix)]
use crate::support::set_mode;
use crate::support::{CANARY, mode};

/// A configuration written by hand, with comments.
pub(super) const HANDMADE: &str = "\
# ours, since 2024
database = \"tornsnap.db\" # on the fast disk

[api]
requests_per_minute = 50   # leave some to others

[[key]] # mine
name = \"alice\"
key_file = \"alice.key\"

# whom we follow
[track]
factions = [9,   # us
            20]  # them
players = [ 1, 2 ] # friends
wars = \"tracked\" # for now
members = false

[backup]
keep = 3
";

impl Fresh {
    /// A sandbox with the handwritten configuration.
    pub(super) fn handmade() -> Self {
        let fresh = Self::new();
        fresh.sandbox.write("tornsnap.toml", HANDMADE);
        fresh
    }

    /// The backup copies of older configurations.
    fn kept(&self) -> Vec<PathBuf> {
        let mut kept: Vec<PathBuf> = fs::read_dir(self.sandbox.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.as_os_str().to_string_lossy().contains(".before-"))
            .collect();
        kept.sort();
        kept
    }
}

/// Flags of `init`, and the text that they replace in the configuration.
struct Edit {
    flags: &'static [&'static str],
    old: &'static str,
    new: &'static str,
}

const EDITS: &[Edit] = &[
    Edit {
        flags: &["--faction", "9,20,30"],
        old: "            20]  # them",
        new: "            20, 30]  # them",
    },
    Edit {
        flags: &["--faction", "20"],
        old: "factions = [9,   # us\n            20]  # them",
        new: "factions = [20]  # them",
    },
    Edit {
        flags: &["--faction", "7"],
        old: "factions = [9,   # us\n            20]  # them",
        new: "factions = [7]  # them",
    },
    Edit {
        flags: &["--player", "2", "--player", "5"],
        old: "players = [ 1, 2 ] # friends",
        new: "players = [ 2, 5 ] # friends",
    },
    Edit {
        flags: &["--wars", "all"],
        old: "wars = \"tracked\" # for now",
        new: "wars = \"all\" # for now",
    },
    Edit {
        flags: &["--territories", "AAB,AAC"],
        old: "members = false\n",
        new: "members = false\nterritories = [\"AAB\", \"AAC\"]\n",
    },
    Edit {
        flags: &["--territories", "NONE"],
        old: "members = false\n",
        new: "members = false\nterritories = \"none\"\n",
    },
    Edit {
        flags: &["--database", "new.db"],
        old: "database = \"tornsnap.db\" # on the fast disk",
        new: "database = \"new.db\" # on the fast disk",
    },
    Edit {
        flags: &["--key-env", "BOB"],
        old: "key_file = \"alice.key\"\n",
        new: "key_file = \"alice.key\"\n\n[[key]]\nname = \"bob\"\nkey_env = \"BOB\"\n",
    },
];

/// A list of players with comments, before and after `--player`.
struct Commented {
    before: &'static str,
    wanted: &'static str,
    after: &'static str,
}

#[test]
fn a_comment_above_removed_players_does_not_hide_the_others() {
    let cases = [
        Commented {
            before: "[\n  # officers\n  1, 2, 3,\n]",
            wanted: "2,3",
            after: "[\n  # officers\n  2, 3,\n]",
        },
        Commented {
            before: "[1,\n  # friend\n  2]",
            wanted: "1",
            after: "[1\n  # friend\n]",
        },
        Commented {
            before: "[\n  # officers\n  1, 2, 3,\n]",
            wanted: "3,5",
            after: "[\n  # officers\n  3,\n  5,\n]",
        },
    ];
    for case in cases {
        for line_break in ["\n", "\r\n"] {
            let fresh = Fresh::new();
            let players = |list: &str| HANDMADE.replace("[ 1, 2 ]", list).replace('\n', line_break);
            fresh.sandbox.write("tornsnap.toml", &players(case.before));

            fresh.init(&["--player", case.wanted]).expect(0);

            assert_eq!(fresh.config(), players(case.after), "{}", case.before);
            let settings = fresh.sandbox.run(&["config", "show", "--json"]).expect(0);
            let wanted = format!("[{}]", case.wanted);
            assert!(
                settings.stdout().replace([' ', '\n'], "").contains(&wanted),
                "{}",
                settings.stdout()
            );
        }
    }
}

#[test]
fn only_what_the_flags_name_changes_and_the_old_file_stays_beside_it() {
    for Edit { flags, old, new } in EDITS {
        let fresh = Fresh::handmade();

        let finished = fresh.init(flags).expect(0);

        assert!(HANDMADE.contains(*old), "{old}");
        assert_eq!(fresh.config(), HANDMADE.replace(*old, new), "{flags:?}");
        let kept = fresh.kept();
        assert_eq!(
            kept,
            [fresh.sandbox.path("tornsnap.toml.before-20260401T120000Z")]
        );
        assert_eq!(fs::read_to_string(&kept[0]).unwrap(), HANDMADE);
        for file in [&kept[0], &fresh.sandbox.path("tornsnap.toml")] {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
        assert!(
            finished.stderr().contains("as it was before: "),
            "{}",
            finished.stderr()
        );

        let changed = fresh.config();
        fresh.init(flags).expect(0);
        assert_eq!(fresh.config(), changed, "{flags:?} again");
        assert_eq!(fresh.kept().len(), 1, "{flags:?} again");
    }
}

#[test]
fn values_that_are_already_set_are_no_change() {
    for flags in [
        &[][..],
        &["--force"],
        &["--key-file", "alice.key"],
        &["--faction", "20,9"],
        &["--player", "1", "--player", "2", "--wars", "tracked"],
        &["--database", "tornsnap.db"],
        &["--database", "./tornsnap.db"],
    ] {
        let fresh = Fresh::handmade();
        let before = fs::metadata(fresh.sandbox.path("tornsnap.toml")).unwrap();

        let report = {
            let mut flags = flags.to_vec();
            flags.push("--json");
            fresh.init(&flags).expect(0).json()
        };

        let after = fs::metadata(fresh.sandbox.path("tornsnap.toml")).unwrap();
        assert_eq!(fresh.config(), HANDMADE, "{flags:?}");
        assert_eq!(before.modified().unwrap(), after.modified().unwrap());
        assert!(fresh.kept().is_empty(), "{flags:?}");
        assert_eq!(report["config_is_written"], false, "{flags:?}");
        assert!(report["config_before"].is_null(), "{flags:?}");
    }
}

/// A configuration before and after `init` with these flags.
struct Change {
    before: &'static str,
    flags: &'static [&'static str],
    after: &'static str,
}

const CHANGES: &[Change] = &[
    Change {
        before: "track = { factions = [9] } # one line\nkey = [{ name = \"alice\", key_file = \"alice.key\" }]\n",
        flags: &["--faction", "20", "--key-env", "BOB"],
        after: "track = { factions = [20] } # one line\nkey = [{ name = \"alice\", key_file = \"alice.key\" }, { name = \"bob\", key_env = \"BOB\" }]\n",
    },
    Change {
        before: "# ours\n[[key]]\nkey_file = \"alice.key\"\n",
        flags: &["--database", "data/new.db"],
        after: "database = \"data/new.db\"\n# ours\n[[key]]\nkey_file = \"alice.key\"\n",
    },
    Change {
        before: "# ours\n[[key]]\nkey_file = \"alice.key\"\n",
        flags: &["--database", "tornsnap.db"],
        after: "# ours\n[[key]]\nkey_file = \"alice.key\"\n",
    },
    Change {
        before: "[track]\nplayers = [\n    1, # Duke\n    2, # Mueller\n]\n[[key]]\nkey_file = \"alice.key\"\n",
        flags: &["--player", "1,3"],
        after: "[track]\nplayers = [\n    1, # Duke\n    3,\n]\n[[key]]\nkey_file = \"alice.key\"\n",
    },
    Change {
        before: "[track]\nplayers = [ # friends\n    1, # Duke\n    # from the old faction\n    2, # Mueller\n]\n[[key]]\nkey_file = \"alice.key\"\n",
        flags: &["--player", "3"],
        after: "[track]\nplayers = [ # friends\n    # from the old faction\n    3,\n]\n[[key]]\nkey_file = \"alice.key\"\n",
    },
    Change {
        before: "track.factions = [9]\n[[key]]\nkey_file = \"alice.key\"\n",
        flags: &["--wars", "all"],
        after: "track.factions = [9]\ntrack.wars = \"all\"\n[[key]]\nkey_file = \"alice.key\"\n",
    },
    Change {
        before: "[[key]]\nkey_file = \"alice.key\"",
        flags: &["--faction", "9"],
        after: "[[key]]\nkey_file = \"alice.key\"\n\n[track]\nfactions = [9]\n",
    },
    Change {
        before: "[[key]]\nname = \"alice\"\nkey_env = \"OLD\" # was\n",
        flags: &["--key-file", "alice.key"],
        after: "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\" # was\n",
    },
];

#[test]
fn every_notation_of_tables_is_changed() {
    for change in CHANGES {
        let fresh = Fresh::new();
        fresh.sandbox.write("tornsnap.toml", change.before);

        fresh.init(change.flags).expect(0);

        assert_eq!(fresh.config(), change.after);
    }
}

#[test]
fn line_ends_and_encodings_of_windows_are_understood() {
    let windows = HANDMADE.replace('\n', "\r\n");
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(windows.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for bytes in [windows.clone().into_bytes(), utf16] {
        let fresh = Fresh::new();
        let file = fresh.sandbox.write("tornsnap.toml", "");
        fs::write(&file, &bytes).unwrap();

        fresh.init(&["--wars", "all"]).expect(0);

        let expected = windows.replace("wars = \"tracked\"", "wars = \"all\"");
        assert_eq!(fresh.config(), expected);
        assert_eq!(fs::read(&fresh.kept()[0]).unwrap(), bytes);
    }
}

#[test]
fn each_line_keeps_its_own_end_in_a_file_with_both_kinds() {
    let lines: Vec<&str> = HANDMADE.lines().collect();
    // By the number of the line.
    let ends: [fn(usize) -> bool; 3] = [|n| n == 2, |n| n != 2, |n| n % 2 == 0];
    for has_crlf in ends {
        let written = |wars: &str| -> String {
            let lines = lines.iter().enumerate().map(|(number, line)| {
                let end = if has_crlf(number) { "\r\n" } else { "\n" };
                line.replace("\"tracked\"", wars) + end
            });
            lines.collect()
        };
        let fresh = Fresh::new();
        fresh
            .sandbox
            .write("tornsnap.toml", &written("\"tracked\""));

        fresh.init(&["--wars", "all"]).expect(0);

        // The end of the changed line is the more frequent one.
        let crlf = (0..lines.len()).filter(|line| has_crlf(*line)).count();
        let usual = if crlf * 2 > lines.len() { "\r\n" } else { "\n" };
        let changed = lines.iter().position(|line| line.contains("\"tracked\""));
        let expected: String = written("\"all\"")
            .split_inclusive('\n')
            .enumerate()
            .map(|(number, line)| {
                if Some(number) == changed {
                    line.trim_end().to_owned() + usual
                } else {
                    line.to_owned()
                }
            })
            .collect();
        assert_eq!(fresh.config(), expected);
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_replaced_only_by_force_and_kept() {
    for bytes in [
        &b"[track\n"[..],
        b"speed = 3\n",
        b"# M\xfcller\n",
        b"\xff\xfe\x00",
    ] {
        let fresh = Fresh::new();
        let file = fresh.sandbox.write("tornsnap.toml", "");
        fs::write(&file, bytes).unwrap();
        let flags = ["--key-file", "alice.key", "--faction", "9"];

        let refused = fresh.init(&flags).expect(78).stderr();
        assert!(
            refused.contains("try: correct it, or add --force to replace it; the old file is kept"),
            "{refused}"
        );
        assert_eq!(fs::read(&file).unwrap(), bytes);

        fresh.init(&[&flags[..], &["--force"]].concat()).expect(0);
        assert!(fresh.config().contains("factions = [9]"));
        let kept = fresh.kept();
        assert_eq!(fs::read(&kept[0]).unwrap(), bytes);
        assert_eq!(mode(&kept[0]), 0o600);
    }
}

// Windows has no mode bits.
#[cfg(unix)]
#[test]
fn force_does_not_replace_a_configuration_that_others_can_read() {
    let fresh = Fresh::handmade();
    set_mode(&fresh.sandbox.path("tornsnap.toml"), 0o644);

    for flags in [&["--wars", "all"][..], &["--wars", "all", "--force"]] {
        let stderr = fresh.init(flags).expect(78).stderr();
        assert!(stderr.contains("try: chmod 600 tornsnap.toml"), "{stderr}");
    }

    assert_eq!(fresh.config(), HANDMADE);
}

#[test]
fn nothing_is_written_when_torn_refuses_the_key() {
    let fresh = Fresh::new();
    let file = fresh.sandbox.write(
        "tornsnap.toml",
        "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n",
    );
    let before = fs::read_to_string(&file).unwrap();

    fresh.simulator.set_keys(Vec::new());
    fresh.init(&["--wars", "all"]).expect(77);

    assert_eq!(fresh.config(), before);
    assert!(fresh.kept().is_empty());
}

#[test]
fn a_second_change_in_the_same_second_keeps_both_old_files() {
    let fresh = Fresh::handmade();

    fresh.init(&["--wars", "all"]).expect(0);
    fresh
        .init(&["--wars", "tracked", "--faction", "9"])
        .expect(0);

    let kept = fresh.kept();
    assert_eq!(kept.len(), 2);
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), HANDMADE);
    let second = fs::read_to_string(&kept[1]).unwrap();
    assert!(second.contains("wars = \"all\""), "{second}");
}

#[test]
fn the_configuration_in_the_platforms_folder_is_the_one_that_is_changed() {
    let fresh = Fresh::new();
    let file = fresh
        .sandbox
        .write(".config/tornsnap/tornsnap.toml", HANDMADE);
    fresh.sandbox.write(".config/tornsnap/alice.key", CANARY);

    fresh.init(&["--wars", "all"]).expect(0);

    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .contains("wars = \"all\"")
    );
    assert!(!fresh.sandbox.path("tornsnap.toml").exists());
}

#[test]
fn the_comments_of_a_file_without_fields_stay_at_its_beginning() {
    let fresh = Fresh::handmade();
    fresh
        .sandbox
        .write("tornsnap.toml", "# ours, since 2024\n# ask Duke\n");

    fresh
        .init(&["--faction", "9", "--key-file", "alice.key"])
        .expect(0);

    let text = fresh.config();
    assert!(
        text.starts_with("# ours, since 2024\n# ask Duke\n\n"),
        "{text}"
    );
    assert!(text.contains("[track]\nfactions = [9]\n"), "{text}");
}
