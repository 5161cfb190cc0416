//! No output and no log replaces a file of tornsnap itself, whatever name leads to it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::torn::Torn;
use crate::support::{CANARY, files_with_extension, set_mode};

/// A database with rows and a backup, and a configuration with a key file, a webhook file and an archive.
fn with_all_files(more: &str) -> Torn {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.sandbox.run(&["backup"]).expect(0);
    for (name, text) in [
        ("k.key", format!("{CANARY}\n")),
        (
            "hook.url",
            "https://discord.com/api/webhooks/1/x\n".to_owned(),
        ),
    ] {
        torn.sandbox.write(name, &text);
        set_mode(&torn.sandbox.path(name), 0o600);
    }
    let text = format!(
        "[api]\nbase_url = \"{}\"\nrequests_per_minute = 0\n[[key]]\nkey_file = \"k.key\"\n\
         [track]\nfactions = [9]\nterritories = \"none\"\n[retention]\narchive = \"old.db\"\n\
         [health]\nwebhook_url_file = \"hook.url\"\n{more}",
        torn.simulator.url()
    );
    torn.sandbox.write("tornsnap.toml", &text);
    torn
}

/// The manifest of the backup.
fn manifest(torn: &Torn) -> String {
    let paths = files_with_extension(&torn.sandbox.path("backups"), "json");
    let name = paths[0].file_name().unwrap().to_str().unwrap();
    format!("backups/{name}")
}

/// Names that lead to files of tornsnap itself. Some of the files do not exist now.
const OWN: [&str; 21] = [
    "tornsnap.db",
    "./backups/../tornsnap.db",
    "tornsnap.db-wal",
    "tornsnap.db-shm",
    "tornsnap.db-journal",
    "tornsnap.db.maintenance.lock",
    "tornsnap.db.health.json",
    "tornsnap.db.restoring",
    "tornsnap.toml",
    "tornsnap.toml.backup.last",
    "tornsnap.toml.before-20260401T000000Z",
    "tornsnap.toml.crontab-before-20260401T000000Z",
    "tornsnap-schedule.log",
    "k.key",
    "hook.url",
    "old.db",
    "old.db-wal",
    "link-to-key",
    "hard-link-to-key",
    "link-to-missing-wal",
    "hard-link-to-config",
];

fn make_links(torn: &Torn) {
    let path = |name| torn.sandbox.path(name);
    symlink("k.key", path("link-to-key")).unwrap();
    symlink("tornsnap.db-wal", path("link-to-missing-wal")).unwrap();
    fs::hard_link(path("k.key"), path("hard-link-to-key")).unwrap();
    fs::hard_link(path("tornsnap.toml"), path("hard-link-to-config")).unwrap();
}

/// The files that have a content to lose.
fn contents(torn: &Torn) -> Vec<Vec<u8>> {
    ["tornsnap.db", "tornsnap.toml", "k.key", "hook.url"]
        .iter()
        .map(|name| fs::read(torn.sandbox.path(name)).unwrap())
        .collect()
}

#[test]
fn an_export_replaces_no_file_of_tornsnap_itself() {
    let torn = with_all_files("[log]\nfile = \"t.log\"\n");
    make_links(&torn);
    let before = contents(&torn);
    let manifest = manifest(&torn);
    let backup = manifest.trim_end_matches(".json");

    for place in OWN
        .into_iter()
        .chain(["t.log", "t.log.1", "t.log.2", &manifest, backup])
    {
        let told = torn
            .sandbox
            .run(&["export", "factions", "-o", place])
            .expect(78)
            .stderr();

        assert!(
            told.starts_with(&format!(
                "tornsnap: could not write {place}\n  because: it is a file of tornsnap itself: "
            )),
            "{told}"
        );
    }
    assert_eq!(contents(&torn), before);
    assert!(!torn.sandbox.path("tornsnap.db-journal").exists());
    torn.sandbox
        .run(&["backup", "--verify", "latest"])
        .expect(0);
    // The like of these names is free.
    for place in ["t.log.3", "tornsnap.db.csv", "k.key.csv", "backups/x.json"] {
        torn.sandbox
            .run(&["export", "factions", "-o", place])
            .expect(0);
    }
}

#[test]
fn export_all_and_man_replace_no_file_of_tornsnap_itself() {
    let torn = with_all_files("");
    fs::create_dir(torn.sandbox.path("out")).unwrap();
    for name in ["out/factions.csv", "out/tornsnap-fetch.1"] {
        symlink("../k.key", torn.sandbox.path(name)).unwrap();
    }
    fs::create_dir(torn.sandbox.path("pages")).unwrap();
    symlink("../tornsnap.db", torn.sandbox.path("pages/tornsnap.1")).unwrap();
    let before = contents(&torn);

    for arguments in [
        ["export", "--all", "-o", "out"].as_slice(),
        &["man", "--output", "out"],
        &["man", "--output", "pages"],
    ] {
        torn.sandbox.run(arguments).expect(78);
    }

    assert_eq!(contents(&torn), before);
    torn.sandbox.write("tornsnap.toml", "[broken");
    torn.sandbox.run(&["man", "--output", "pages"]).expect(78);
    torn.sandbox.run(&["man", "--output", "man1"]).expect(0);
    assert!(torn.sandbox.path("man1/tornsnap-fetch.1").exists());
}

#[test]
fn the_log_is_never_a_file_of_tornsnap_itself() {
    let own = OWN
        .into_iter()
        .map(|file| (file, "file of tornsnap itself"));
    // An old log gets the name of the key file.
    let others = [("t", "old logs are renamed to"), ("data", "is not text")];
    for (file, why) in own.chain(others) {
        let mut more = format!("[log]\nfile = \"{file}\"\nmax_size_mb = 1\n");
        if file == "t" {
            more.push_str("[[key]]\nname = \"b\"\nkey_file = \"t.2\"\n");
        }
        let torn = with_all_files(&more);
        make_links(&torn);
        torn.sandbox.write("t.2", "BBBBBBBBBBBBBBBB\n");
        fs::write(torn.sandbox.path("data"), b"PK\x03\x04\0\0").unwrap();
        let before = contents(&torn);

        for arguments in [
            ["fetch", "factions"].as_slice(),
            &["backup"],
            &["config", "check"],
        ] {
            let finished = torn.sandbox.run(arguments).expect(78);
            let told = format!("{}{}", finished.stdout(), finished.stderr());
            assert!(told.contains(why), "{file} {arguments:?}: {told}");
        }
        assert_eq!(torn.sandbox.run(&["health"]).code(), 3, "{file}");
        torn.sandbox.run(&["config", "show"]).expect(0);

        assert_eq!(contents(&torn), before, "{file}");
        assert!(!torn.sandbox.path("tornsnap.db.1").exists());
    }
}

#[test]
fn the_archive_is_no_other_file_of_tornsnap_itself() {
    let torn = with_all_files("[log]\nfile = \"t.log\"\n");
    make_links(&torn);
    let before = contents(&torn);

    for file in OWN {
        // Only the archive itself may be the archive.
        if !file.starts_with("old.db") {
            torn.sandbox
                .run(&["prune", "--dry-run", "--archive", file])
                .expect(78);
        }
    }

    assert_eq!(contents(&torn), before);
}

#[test]
fn a_log_in_which_a_power_cut_left_zeros_is_still_a_log() {
    let torn = with_all_files("[log]\nfile = \"t.log\"\n");
    for content in [
        &b"\0\0\0\0"[..],
        b"2026-04-01T00:00:00Z line\n\0\0\0",
        b"\xff\xfeo\0k\0",
    ] {
        fs::write(torn.sandbox.path("t.log"), content).unwrap();

        torn.fetch(&["factions"]).expect(0);

        let log = fs::read(torn.sandbox.path("t.log")).unwrap();
        assert!(log.starts_with(content) && log.len() > content.len());
    }
}
