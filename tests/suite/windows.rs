//! Paths, open files and links as Windows has them. `scripts/windows-test` runs these under Wine.
#![cfg(windows)]

use std::fs::{self, File};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tornsnap::testing::store::Store;

use crate::init::Fresh;
use crate::support::{Finished, Sandbox, fill, skipped};

const FILE_SHARE_READ: u32 = 1;
const FILE_SHARE_WRITE: u32 = 2;

/// Opens a file as a program does that lets others share it in this way.
fn hold(path: &Path, share: u32) -> File {
    fs::OpenOptions::new()
        .read(true)
        .share_mode(share)
        .open(path)
        .unwrap()
}

/// A sandbox with a database of 100 rows.
fn filled() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    fill(&sandbox.sqlite(), 100);
    sandbox
}

/// The database at another spelling of its path.
fn run_on(sandbox: &Sandbox, database: &str, arguments: &[&str]) -> Finished {
    sandbox.run(&[&["--database", database], arguments].concat())
}

/// The same path on the share of a drive, as in `\\localhost\c$\Torn`.
fn on_a_share(path: &Path) -> Option<PathBuf> {
    let text = path.to_str()?;
    let (drive, rest) = text.split_once(':')?;
    let share = PathBuf::from(format!(r"\\localhost\{}${rest}", drive.to_lowercase()));
    share.exists().then_some(share)
}

#[test]
fn a_database_is_read_and_checked_on_a_share_and_by_its_verbatim_path() {
    let sandbox = filled();
    let database = sandbox.database();
    let mut spellings = vec![
        format!(r"\\?\{}", database.display()),
        database.to_str().unwrap().replace('\\', "/"),
    ];
    match on_a_share(&database) {
        Some(share) => {
            let share = share.to_str().unwrap();
            spellings.push(share.to_owned());
            spellings.push(share.replace(r"\\", r"\\?\UNC\"));
        }
        None => skipped(r"there is no share \\localhost\c$"),
    }
    for database in spellings {
        let page = run_on(&sandbox, &database, &["health", "--json"]).json();
        for id in ["database", "integrity"] {
            let mut checks = page["checks"].as_array().unwrap().iter();
            let check = checks.find(|check| check["id"] == id);
            assert_eq!(check.unwrap()["state"], "ok", "{database}: {page}");
        }
        let rows = run_on(&sandbox, &database, &["export", "players"]).expect(0);
        assert_eq!(rows.stdout().lines().count(), 11, "{database}");
        // Wine does not know the free space of a share, which a backup asks for.
        if !database.contains("localhost") {
            run_on(&sandbox, &database, &["backup"]).expect(0);
        }
    }
}

#[test]
fn a_database_that_another_program_keeps_for_itself_is_an_error_that_passes() {
    let sandbox = filled();
    let other = hold(&sandbox.database(), 0);

    for arguments in [&["export", "players"][..], &["summarize"], &["backup"]] {
        let refused = run_on(&sandbox, "tornsnap.db", arguments)
            .expect(75)
            .stderr();
        assert!(
            refused.contains("try: another program has the file open: close it there"),
            "{arguments:?}: {refused}"
        );
    }
    let page = run_on(&sandbox, "tornsnap.db", &["health"]).expect(3);
    assert!(
        page.stdout().contains("could not"),
        "{}{}",
        page.stdout(),
        page.stderr()
    );

    drop(other);
    run_on(&sandbox, "tornsnap.db", &["export", "players"]).expect(0);
}

#[test]
fn a_restore_of_a_database_that_is_open_elsewhere_changes_nothing_and_says_to_close_it() {
    let sandbox = filled();
    run_on(&sandbox, "tornsnap.db", &["backup"]).expect(0);
    let other = hold(&sandbox.database(), FILE_SHARE_READ | FILE_SHARE_WRITE);

    let refused = run_on(&sandbox, "tornsnap.db", &["restore", "latest"]).expect(75);

    assert!(refused.stderr().contains("close"), "{}", refused.stderr());
    drop(other);
    let rows: i64 = sandbox.value("SELECT count(*) FROM player_stats_history");
    assert_eq!(rows, 100);
    run_on(&sandbox, "tornsnap.db", &["restore", "latest"]).expect(0);
}

#[test]
fn a_configuration_that_a_scanner_has_open_for_a_moment_is_replaced() {
    let fresh = Fresh::new();
    fresh.init(&["--key-file", "alice.key"]).expect(0);
    let config = fresh.sandbox.path("tornsnap.toml");
    let scanner = hold(&config, FILE_SHARE_READ);
    let closing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        drop(scanner);
    });

    fresh.init(&["--wars", "all"]).expect(0);

    closing.join().unwrap();
    assert!(
        fresh.config().contains("wars = \"all\""),
        "{}",
        fresh.config()
    );
}

#[test]
fn the_roaming_folder_of_the_user_is_looked_at_for_a_configuration() {
    let sandbox = Sandbox::new();

    let places = sandbox.run(&["config", "path"]).expect(78).stderr();

    let roaming = std::env::var("APPDATA").unwrap();
    let expected = Path::new(&roaming).join("tornsnap").join("tornsnap.toml");
    assert!(
        places
            .to_lowercase()
            .contains(&expected.to_str().unwrap().to_lowercase()),
        "{} is not in {places}",
        expected.display()
    );
}

#[test]
fn a_demo_runs_in_a_folder_with_blanks_and_umlauts_and_quotes_it_in_its_commands() {
    let sandbox = Sandbox::new();
    let folder = "Jürgen & Söhne (x86) 100%";

    let shown = sandbox
        .run(&["demo", "--days", "2", "--output", folder])
        .expect(0);

    assert!(
        shown
            .stdout()
            .contains(&format!("--database \"{folder}\\tornsnap.db\"")),
        "{}",
        shown.stdout()
    );
    let config = format!("{folder}/tornsnap.toml");
    let tasks = sandbox
        .run(&["--config", &config, "schedule", "show", "--for", "windows"])
        .expect(0)
        .stdout();
    assert!(
        tasks.contains("J&#252;rgen &amp; S&#246;hne (x86) 100%\\tornsnap.toml"),
        "{tasks}"
    );
}
