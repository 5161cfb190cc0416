//! The messages of `prune --archive DIR/`, `export --lake`, `health` and `config` about a folder in which something is wrong. The tests try each
//! remedy.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;

use crate::month_model::{IN_APRIL, IN_MARCH, history_rows, prune, summarize, with_steady_history};
use crate::prune::lake::rows_of_lake;
use crate::support::{Finished, Sandbox, damage, rows};

/// A database `a.db` whose oldest rows are in the lake, which the configuration names as the archive.
struct Archived {
    sandbox: Sandbox,
    main: Connection,
    /// All history rows, from before the prune.
    all: Vec<String>,
}

impl Archived {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let main = with_steady_history(&sandbox);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        let all = history_rows(&main);
        let config = "database = \"a.db\"\n[retention]\narchive = \"lake/\"\n";
        sandbox.write("tornsnap.toml", config);
        let archived = Self { sandbox, main, all };
        archived.prune(IN_MARCH, &[]).expect(0);
        archived
    }

    fn prune(&self, now: i64, more: &[&str]) -> Finished {
        let flags = [&["--ignore-clock", "--keep-months", "1"][..], more].concat();
        prune(&self.sandbox, now, "a.db", &flags)
    }

    fn export(&self) -> Finished {
        self.sandbox.run_at(IN_APRIL, &["export", "--lake", "lake"])
    }

    /// The messages of all commands that use the lake, on one line each.
    fn said(&self) -> [String; 3] {
        let health = self.sandbox.run_at(IN_APRIL, &["health", "--json"]);
        let checked = self.sandbox.run_at(IN_APRIL, &["config", "check"]);
        let dry_run = self.prune(IN_APRIL, &["--dry-run"]);
        [health, checked, dry_run].map(|finished| finished.stdout() + &finished.stderr())
    }

    fn manifest(&self) -> PathBuf {
        let select = "SELECT database_id FROM database_identity";
        let id = rows(&self.main, select).remove(0);
        self.sandbox
            .path("lake")
            .join(format!("manifest-{id}.json"))
    }

    /// A file with rows that only the lake has.
    fn file(&self) -> PathBuf {
        let folder = self.sandbox.path("lake/faction_history/period=2028-01");
        fs::read_dir(folder)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path()
    }
}

/// The command that begins a new archive in the folder.
fn begin() -> String {
    let slash = std::path::MAIN_SEPARATOR;
    format!("tornsnap prune --archive lake{slash} --new-archive")
}

#[track_caller]
fn check_words(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[test]
fn a_manifest_that_is_gone_is_named_and_made_again_from_the_files() {
    let archived = Archived::new();
    fs::remove_file(archived.manifest()).unwrap();
    let before = history_rows(&archived.main);

    for said in archived.said() {
        check_words(
            &said,
            &["the manifest of the database is gone", "--new-archive"],
        );
    }
    check_words(
        &archived.export().expect(78).stderr(),
        &["the manifest of the database is gone", &begin()],
    );
    archived.prune(IN_APRIL, &[]).expect(78);
    assert_eq!(history_rows(&archived.main), before);

    archived.prune(IN_APRIL, &["--new-archive"]).expect(0);
    assert_eq!(rows_of_lake(&archived.sandbox.path("lake")), archived.all);
    archived.export().expect(0);
}

#[test]
fn a_folder_that_is_gone_or_empty_is_no_file_in_the_words_of_any_command() {
    let archived = Archived::new();
    let away = archived.sandbox.path("away");
    fs::rename(archived.sandbox.path("lake"), &away).unwrap();
    for said in archived.said() {
        check_words(&said, &["it no longer exists", "its disk is not mounted"]);
        assert!(!said.contains("the file no longer"), "{said}");
    }
    let gone = archived.export().expect(78).stderr();
    check_words(&gone, &["it no longer exists", &begin()]);

    fs::create_dir(archived.sandbox.path("lake")).unwrap();
    for said in archived.said() {
        check_words(&said, &["it has no file of the database now"]);
    }
    fs::remove_dir(archived.sandbox.path("lake")).unwrap();
    fs::rename(away, archived.sandbox.path("lake")).unwrap();
    archived.prune(IN_APRIL, &[]).expect(0);
    assert_eq!(rows_of_lake(&archived.sandbox.path("lake")), archived.all);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_said_alike_by_all_commands() {
    let archived = Archived::new();
    let away = archived.sandbox.path("away");
    fs::rename(archived.sandbox.path("lake"), away).unwrap();
    archived.sandbox.write("lake", "a file");

    for said in archived.said() {
        check_words(
            &said,
            &["it is a file, and the slash at its end says that it is a folder"],
        );
    }

    archived.prune(IN_APRIL, &[]).expect(78);
}

#[test]
fn a_damaged_manifest_is_described_without_the_words_of_programmers() {
    let archived = Archived::new();
    let manifest = archived.manifest();
    let whole = fs::read_to_string(&manifest).unwrap();
    let contents = [
        ("", "it is empty"),
        ("[]", "something else than a manifest has there"),
        ("{}", "something else than a manifest has there"),
        (&whole[..whole.len() / 2], "it ends too early"),
        (&whole.replacen("\"files\"", "files", 1), "is no JSON"),
        (
            &whole.replacen("\"integer\"", "\"decimal\"", 1),
            "something else",
        ),
    ];
    for (content, why) in contents {
        fs::write(&manifest, content).unwrap();
        for said in archived.said() {
            check_words(&said, &[why, "--new-archive"]);
            for word in ["struct ", "expected", "EOF", "variant"] {
                assert!(!said.contains(word), "{word:?} is in: {said}");
            }
        }
        let refused = archived.export().expect(79).stderr();
        check_words(&refused, &[why, &begin()]);
    }
    fs::remove_file(&manifest).unwrap();
    fs::create_dir(&manifest).unwrap();
    for said in archived.said() {
        check_words(&said, &["it is a folder", "move it away"]);
    }
    check_words(
        &archived.export().expect(78).stderr(),
        &["try: move it away"],
    );
    fs::remove_dir(&manifest).unwrap();
    archived.prune(IN_APRIL, &["--new-archive"]).expect(0);
    assert_eq!(rows_of_lake(&archived.sandbox.path("lake")), archived.all);
}

#[test]
fn a_file_that_is_gone_or_damaged_can_be_given_up_and_the_others_stay() {
    for is_gone in [true, false] {
        let archived = Archived::new();
        let (file, manifest) = (archived.file(), archived.manifest());
        let remedy = if is_gone {
            fs::remove_file(&file).unwrap();
            format!(
                "remove the manifest {}",
                manifest.file_name().unwrap().display()
            )
        } else {
            let bytes = fs::read(&file).unwrap();
            fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
            "move it and the manifest ".to_owned()
        };
        let name = remedy.rsplit(' ').next().unwrap();
        let said = archived.said();
        for said in said
            .iter()
            .map(String::as_str)
            .chain([&*archived.export().expect(79).stderr()])
        {
            check_words(said, &["put a copy of it back", "--new-archive", name]);
        }
        archived.prune(IN_APRIL, &[]).expect(79);
        fs::remove_file(&manifest).unwrap();
        if !is_gone {
            fs::rename(&file, archived.sandbox.path("kept.parquet")).unwrap();
        }

        archived.prune(IN_APRIL, &["--new-archive"]).expect(0);

        let left = rows_of_lake(&archived.sandbox.path("lake"));
        let lost: Vec<&String> = archived
            .all
            .iter()
            .filter(|row| !left.contains(row))
            .collect();
        assert!(!lost.is_empty() && lost.len() < 600, "{}", lost.len());
        assert!(lost.iter().all(|row| row.starts_with("faction_history")));
        archived.export().expect(0);
    }
}

#[test]
fn a_file_with_other_bytes_is_found_before_rows_are_moved() {
    let archived = Archived::new();
    damage(&archived.file());
    let before = history_rows(&archived.main);

    let refused = archived.prune(IN_APRIL, &[]).expect(79).stderr();

    check_words(
        &refused,
        &[
            "its SHA-256 is not that in the manifest",
            "put a copy of it back",
        ],
    );
    assert_eq!(history_rows(&archived.main), before);
}

#[test]
fn the_slash_of_a_folder_that_is_not_there_yet_is_shown() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[retention]\narchive = \"lake/\"\n");

    let shown = sandbox.run(&["config", "show"]).expect(0).stdout();

    let end = format!("lake{}", std::path::MAIN_SEPARATOR);
    let line = shown.lines().find(|line| line.contains("archive")).unwrap();
    assert!(line.contains(&end), "{shown}");
}
