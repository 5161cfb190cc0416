//! A copy without a manifest is named with the reason and the command that takes it, also if it was renamed.

use std::fs;

use super::early::Story;
use super::unread::text;
use crate::month_model::IN_APRIL;
use crate::support::DAY;
use crate::support::new_database::new_database;

/// The backup with the rows has the name `name`, its manifest is gone, and no other backup is there.
fn renamed(name: &str, is_compressed: bool) -> Story {
    let story = Story::new(70 * DAY, false);
    let folder = story.sandbox.path("backups");
    let bytes = fs::read(folder.join(&story.backup)).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    let bytes = if is_compressed {
        zstd::encode_all(&bytes[..], 1).unwrap()
    } else {
        bytes
    };
    fs::write(folder.join(name), bytes).unwrap();
    // Neither is a copy of this database.
    fs::write(folder.join("notes.txt"), "SQLite").unwrap();
    let other = rusqlite::Connection::open(folder.join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE t (a)").unwrap();
    story
}

#[test]
fn a_renamed_backup_without_manifest_is_named_wherever_copies_are_looked_for() {
    for (name, is_compressed) in [
        ("before.db", false),
        ("before", false),
        ("before.zst", true),
    ] {
        let story = renamed(name, is_compressed);
        let reason = "its manifest, the .json file beside it, is missing";

        let list = story.run(IN_APRIL, &["backup", "--list"]);
        let listed = list["without_manifest"].as_array().unwrap();
        assert_eq!(listed.len(), 1, "{name}: {list}");
        assert!(text(&listed[0]).ends_with(name), "{list}");

        let check = story.check("backup").unwrap();
        let message = text(&check["message"]);
        assert!(
            message.contains(name) && message.contains(reason),
            "{check}"
        );

        let takes = "takes a backup without a manifest";
        assert!(text(&check["try"]).contains(takes), "{check}");
        let latest = ["restore", "latest", "--database", "wrong.db"];
        let refused = story.sandbox.run_at(IN_APRIL, &latest).expect(78).stderr();
        assert!(
            refused.contains(name) && refused.contains(reason),
            "{refused}"
        );
        assert!(refused.contains("--without-manifest"), "{refused}");

        let file = format!("backups/{name}");
        let import = format!("`tornsnap import {file} --database wrong.db`");
        for command in [&["backup", "--verify", &file][..], &["restore", &file]] {
            let arguments = [command, &["--database", "wrong.db"]].concat();
            let refused = story.sandbox.run_at(IN_APRIL, &arguments).expect(78);
            assert!(refused.stderr().contains(&import), "{}", refused.stderr());
        }

        let report = story.run(IN_APRIL, &["prune", "--future", "--without-backup"]);
        let unread = &report["pruned_early"]["unread"][0];
        assert!(text(&unread["file"]).ends_with(name), "{report}");
        assert!(text(&unread["because"]).starts_with(reason), "{report}");
        let check = story.check("pruned_early").unwrap();
        assert!(text(&check["try"]).contains(&import), "{check}");
        assert!(text(&check["try"]).contains(takes), "{check}");
        story.run(IN_APRIL, &["import", "--no-backup", &file]);
        assert_eq!(story.check("pruned_early"), None);
        assert!(story.contents("wrong.db") == story.contents("right.db"));
    }
}

#[test]
fn the_database_and_its_archive_are_no_copies_without_manifest() {
    let story = Story::with_archives(70 * DAY, false);
    story.sandbox.write(
        "tornsnap.toml",
        "[backup]\ndirectory = \".\"\n[history]\nrecord = \"every-poll\"\n",
    );

    let list = story.run(IN_APRIL, &["backup", "--list"]);

    let listed = list["without_manifest"].as_array().unwrap();
    let is_there = |name: &str| listed.iter().any(|file| text(file).ends_with(name));
    assert!(!is_there("wrong.db"), "{list}");
    assert!(!is_there("cold-wrong.db"), "{list}");
    // Made from the same template, so it has the same id.
    assert!(is_there("right.db"), "{list}");
}

#[test]
fn a_dry_run_of_an_import_does_not_take_the_database_for_a_copy_of_itself() {
    for summarizes in [&["--no-summarize"][..], &[]] {
        let story = Story::new(70 * DAY, false);
        let sandbox = &story.sandbox;
        sandbox.remove_database("right.db");
        fs::remove_dir_all(sandbox.path("backups")).unwrap();
        new_database(&sandbox.path("source.db"));
        sandbox.write("tornsnap.toml", "[backup]\ndirectory = \".\"\n");
        story.run(IN_APRIL, &["prune", "--future", "--without-backup"]);
        let flags = ["import", "--dry-run", "--database", "wrong.db", "source.db"];

        let tried = sandbox
            .run_at(IN_APRIL, &[&flags, summarizes].concat())
            .expect(0)
            .stderr();

        assert!(tried.contains("were deleted too early"), "{tried}");
        assert!(!tried.contains("./wrong.db"), "{tried}");
    }
}
