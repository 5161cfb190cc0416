//! Databases whose names or folders SQLite could misread.

use std::fs;
#[cfg(unix)]
use std::path::Path;

#[cfg(unix)]
use rusqlite::Connection;
use tornsnap::testing::store::Store;

#[cfg(unix)]
use crate::health::check;
#[cfg(unix)]
use crate::readers::busy_torn;
use crate::support::Finished;
#[cfg(unix)]
use crate::support::fill;
use crate::support::torn::Torn;

#[test]
fn a_database_in_a_folder_with_awkward_letters_works() {
    let torn = Torn::new();
    // Windows allows neither quotation marks nor question marks in a name.
    let names = if cfg!(windows) {
        [
            "with space/t.db",
            "o'brien/t.db",
            "Größe🦊/t.db",
            "per%20cent#x/t.db",
        ]
    } else {
        [
            "with space/t.db",
            "o'brien \"x\"/t.db",
            "Größe🦊/t.db",
            "per%20cent?mode=ro#x/t.db",
        ]
    };
    for name in names {
        let path = torn.sandbox.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        drop(Store::create(&path).unwrap());

        let finished = torn
            .fetching(&["factions"])
            .arg("--database")
            .arg(&path)
            .output()
            .unwrap();

        Finished(finished).expect(0);
    }
}

/// A database whose name SQLite would take for a URI.
#[cfg(unix)]
struct OddlyNamed<'a> {
    torn: &'a Torn,
    name: &'a str,
}

#[cfg(unix)]
impl OddlyNamed<'_> {
    fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = self.torn.sandbox.command(&["--database", self.name]);
        Finished(command.args(arguments).output().unwrap())
    }

    fn has_file(&self, name: &str) -> bool {
        self.torn.sandbox.path(name).is_file()
    }

    /// Runs every command that opens a database or makes one.
    fn run_all(&self) {
        let Self { torn, name } = self;
        self.run(&["init", "--non-interactive", "--force"])
            .expect(0);
        fill(&Connection::open(torn.sandbox.path(name)).unwrap(), 20_000);
        self.run(&["fetch", "factions"]).expect(0);
        self.run(&["summarize"]).expect(0);
        let exported = self.run(&["export", "players"]).expect(0).stdout();
        assert!(exported.lines().count() > 40, "{name}: {exported}");
        self.run(&["backup", "--output", "file:copies", "--compress"])
            .expect(0);
        self.run(&["backup", "--output", "file:copies"]).expect(0);
        let archive = [
            "--keep-months",
            "1",
            "--without-backup",
            "--allow-large",
            "--archive",
            "file:cold.db",
        ];
        self.run(&[&["prune"][..], &archive].concat()).expect(0);
        let health = self.run(&["health", "--json"]).json();
        assert!(check(&health, "rows_players").is_some(), "{name}: {health}");
        let copy = self.uncompressed_copy();
        self.run(&["backup", "--verify", &copy]).expect(0);
        self.run(&["restore", &copy, "--to", "file:again.db", "--yes"])
            .expect(0);
    }

    fn uncompressed_copy(&self) -> String {
        let file = fs::read_dir(self.torn.sandbox.path("file:copies"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .find(|file| Path::new(file).extension().is_some_and(|end| end == "db"))
            .unwrap();
        format!("file:copies/{file}")
    }
}

// Windows allows no colon in a name.
#[cfg(unix)]
#[test]
fn a_name_that_sqlite_takes_for_a_uri_is_a_file_like_any_other() {
    for name in [
        "file:torn.db",
        ":memory:",
        "file::memory:",
        "file:torn.db?mode=ro",
    ] {
        let torn = busy_torn(2_000);
        // The file that SQLite would open if it took the name for a URI.
        let decoy = torn.sandbox.path("torn.db");
        drop(Store::create(&decoy).unwrap());
        let before = fs::read(&decoy).unwrap();
        let database = OddlyNamed { torn: &torn, name };

        database.run_all();

        for made in [name, "file:cold.db", "file:again.db"] {
            assert!(database.has_file(made), "{name} made no {made}");
        }
        assert!(before == fs::read(&decoy).unwrap(), "{name}");
        for other in ["cold.db", "again.db", "copies", "memory:", "x"] {
            assert!(!torn.sandbox.path(other).exists(), "{name} made {other}");
        }
    }
}
