//! Files that `tornsnap restore` refuses.

use std::fs;

use rusqlite::Connection;
use tornsnap::testing::store::backup::Manifest;

use super::{BACKUP, listing, ready};
use crate::support::{NOW, Sandbox, damage};

/// Arguments of `tornsnap restore`, and the error that they give.
struct Refused {
    arguments: &'static [&'static str],
    code: i32,
    because: &'static str,
}

const REFUSED: &[Refused] = &[
    Refused {
        arguments: &["none.db"],
        code: 78,
        because: "there is no such file",
    },
    Refused {
        arguments: &["folder"],
        code: 78,
        because: "it is a folder",
    },
    Refused {
        arguments: &["text.db"],
        code: 78,
        because: "neither an SQLite database",
    },
    Refused {
        arguments: &["empty.db"],
        code: 78,
        because: "it is empty",
    },
    Refused {
        arguments: &["packed.db.gz"],
        code: 78,
        because: "decompress it with `gunzip`",
    },
    Refused {
        arguments: &["packed.db.gz", "--without-manifest"],
        code: 78,
        because: "decompress it with `gunzip`",
    },
    Refused {
        arguments: &["bare.db"],
        code: 78,
        because: "manifest bare.db.json is not there",
    },
    Refused {
        arguments: &["text.db", "--without-manifest"],
        code: 78,
        because: "neither an SQLite database",
    },
    Refused {
        arguments: &["empty.db", "--without-manifest"],
        code: 78,
        because: "it is empty",
    },
    Refused {
        arguments: &["bare.db", "--without-manifest"],
        code: 78,
        because: "without any table",
    },
    Refused {
        arguments: &["other.db", "--without-manifest"],
        code: 78,
        because: "belongs to another program",
    },
    Refused {
        arguments: &["newer.db", "--without-manifest"],
        code: 78,
        because: "a newer tornsnap wrote it",
    },
    Refused {
        arguments: &["damaged.db"],
        code: 79,
        because: "SHA-256 differs",
    },
    Refused {
        arguments: &["damaged.db.zst"],
        code: 79,
        because: "damaged.db.zst",
    },
    Refused {
        arguments: &["short.db"],
        code: 79,
        because: "its manifest says",
    },
    Refused {
        arguments: &["short.db", "--without-manifest"],
        code: 79,
        because: "because",
    },
];

#[test]
fn a_file_that_is_no_sound_backup_is_refused_and_changes_nothing() {
    let sandbox = with_unsound_files();
    let before = listing(&sandbox);

    for Refused {
        arguments,
        code,
        because,
    } in REFUSED
    {
        let mut all = vec!["restore", "--yes"];
        all.extend(*arguments);
        let finished = sandbox.run(&all).expect(*code);
        assert!(
            finished.stderr().contains(because),
            "{arguments:?}: {}",
            finished.stderr()
        );
        assert!(
            finished.stderr().contains("  try: "),
            "{arguments:?}: {}",
            finished.stderr()
        );
        assert_eq!(listing(&sandbox), before, "{arguments:?}");
    }
}

fn newer_schema(sandbox: &Sandbox, name: &str) {
    fs::copy(sandbox.path(BACKUP), sandbox.path(name)).unwrap();
    Connection::open(sandbox.path(name))
        .unwrap()
        .execute_batch("INSERT INTO schema_version (version) VALUES (999)")
        .unwrap();
}

fn damaged(sandbox: &Sandbox, from: &str, to: &str) {
    fs::copy(sandbox.path(from), sandbox.path(to)).unwrap();
    damage(&sandbox.path(to));
    fs::copy(
        Manifest::path_for(&sandbox.path(from)),
        Manifest::path_for(&sandbox.path(to)),
    )
    .unwrap();
}

/// A database with two sound backups, and files that are not one.
fn with_unsound_files() -> Sandbox {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    sandbox
        .run_at(NOW + 60, &["backup", "--compress"])
        .expect(0);
    sandbox.write("empty.db", "");
    fs::write(sandbox.path("packed.db.gz"), [0x1F, 0x8B, 8, 0]).unwrap();
    sandbox.write("text.db", "Dear diary, this is not a database at all.");
    fs::create_dir(sandbox.path("folder")).unwrap();
    Connection::open(sandbox.path("other.db"))
        .unwrap()
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)")
        .unwrap();
    Connection::open(sandbox.path("bare.db"))
        .unwrap()
        .execute_batch("VACUUM")
        .unwrap();
    newer_schema(&sandbox, "newer.db");
    damaged(&sandbox, BACKUP, "damaged.db");
    damaged(
        &sandbox,
        "backups/tornsnap-20260401T120100Z.db.zst",
        "damaged.db.zst",
    );
    let whole = fs::read(sandbox.path(BACKUP)).unwrap();
    fs::write(sandbox.path("short.db"), &whole[..whole.len() / 2]).unwrap();
    fs::copy(
        Manifest::path_for(&sandbox.path(BACKUP)),
        sandbox.path("short.db.json"),
    )
    .unwrap();
    sandbox
}

#[test]
fn latest_skips_a_backup_that_was_found_damaged() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    sandbox.run_at(NOW + 60, &["backup"]).expect(0);
    damage(&sandbox.path("backups").join(NEWER_BACKUP));
    // The damage is not recorded yet.
    sandbox.run(&["restore", "latest", "--yes"]).expect(79);
    sandbox
        .run_at(NOW + 120, &["backup", "--verify", "all"])
        .expect(79);

    let listed = sandbox.run(&["backup", "--list"]).expect(0).stdout();
    let is_marked = |line: &str| line.contains("found damaged at 2026-04-01T12:02:00Z");
    let marked: Vec<&str> = listed.lines().filter(|line| is_marked(line)).collect();
    assert!(
        marked.len() == 1 && marked[0].contains(NEWER_BACKUP),
        "{listed}"
    );

    let skipped = format!(
        "skipping backups/{NEWER_BACKUP}, because it was found damaged at 2026-04-01T12:02:00Z; \
         the next older backup is taken"
    );
    // Without the database its id is not known, and the name in the manifest decides.
    for has_database in [true, false] {
        if !has_database {
            fs::remove_file(sandbox.database()).unwrap();
        }
        let restored = sandbox
            .run_at(
                NOW + 180,
                &["restore", "latest", "--to", "copy.db", "--yes"],
            )
            .expect(0);
        assert!(
            restored.stderr().contains(&skipped),
            "{}",
            restored.stderr()
        );
        assert!(restored.stderr().contains(BACKUP), "{}", restored.stderr());
    }
}

#[test]
fn latest_is_refused_if_all_backups_were_found_damaged() {
    let sandbox = ready();
    sandbox.run_at(NOW + 60, &["backup"]).expect(0);
    damage(&sandbox.path("backups").join(NEWER_BACKUP));
    sandbox.run(&["backup", "--verify", "latest"]).expect(79);
    let before = listing(&sandbox);

    let refused = sandbox.run(&["restore", "latest", "--yes"]).expect(79);

    assert!(
        refused.stderr().contains(NEWER_BACKUP) && refused.stderr().contains("found damaged"),
        "{}",
        refused.stderr()
    );
    assert_eq!(listing(&sandbox), before);
    // A backup that was found damaged stays the latest one to verify.
    sandbox.run(&["backup", "--verify", "latest"]).expect(79);
}

/// The backup of the minute after [`NOW`].
const NEWER_BACKUP: &str = "tornsnap-20260401T120100Z.db";

#[test]
fn the_backup_of_a_damaged_database_is_not_said_to_be_of_another_one() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    let file = fs::File::options()
        .write(true)
        .open(sandbox.database())
        .unwrap();
    file.set_len(5000).unwrap();

    let restored = sandbox
        .run_at(NOW + 60, &["restore", "latest", "--yes"])
        .expect(0);

    let told = restored.stderr();
    assert!(
        told.contains("made at 2026-04-01T12:00:00Z")
            && told.contains("the id of the old one cannot be read")
            && !told.contains("not here"),
        "{told}"
    );
}

#[test]
fn a_damaged_file_without_a_manifest_is_not_said_to_be_the_database_in_use() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    let whole = fs::read(sandbox.path(BACKUP)).unwrap();
    let page = 4096;
    let mut damages = vec![whole[..whole.len() / 2].to_vec()];
    for number in 0..whole.len() / page {
        let mut bytes = whole.clone();
        // The header of the database stays as it is.
        let start = if number == 0 { 100 } else { number * page };
        bytes[start..(number + 1) * page].fill(0xFF);
        damages.push(bytes);
    }
    for (number, bytes) in damages.iter().enumerate() {
        fs::write(sandbox.path("bad.db"), bytes).unwrap();
        let command = ["restore", "bad.db", "--without-manifest", "--yes"];

        let stderr = sandbox.run(&command).expect(79).stderr();

        assert!(
            stderr.contains("try: name another backup; nothing was changed"),
            "{number}: {stderr}"
        );
        for internal in ["btreeInitPage", "health --deep", "restore latest"] {
            assert!(!stderr.contains(internal), "{number}: {stderr}");
        }
    }
}

#[test]
fn a_file_that_is_no_backup_leaves_no_lock_files() {
    let sandbox = with_unsound_files();
    for file in ["text.db", "empty.db", "packed.db.gz"] {
        for more in [&[][..], &["--without-manifest"]] {
            let command = [&["restore", file, "--to", "new.db"], more].concat();

            sandbox.run(&command).expect(78);

            let mut left = sandbox.names();
            left.retain(|name| name.starts_with("new.db"));
            assert!(left.is_empty(), "{command:?}: {left:?}");
        }
    }
}
