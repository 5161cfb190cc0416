//! Damaged and cut files: the message names the file of the user, in plain words.

use std::fs;

use crate::backup::ready;
use crate::support::{Dice, Finished, NOW, Sandbox};

/// The compressed backup that [`with_backup`] makes.
const BACKUP: &str = "backups/tornsnap-20260401T120000Z.db.zst";

fn with_backup() -> Sandbox {
    let sandbox = ready(200);
    sandbox.run(&["backup", "--compress"]).expect(0);
    sandbox
}

/// Words of zstd and of the program's own temporary files, which say nothing to a user.
const INNER_WORDS: [&str; 7] = [
    "frame",
    "Unknown",
    "checksum",
    "Corrupted",
    ".restore",
    ".tornsnap-",
    "unpacked.db",
];

fn assert_plain(finished: &Finished, command: &[&str]) {
    let said = format!("{}{}", finished.stderr(), finished.stdout());
    for word in INNER_WORDS {
        assert!(!said.contains(word), "{command:?}: {word}: {said}");
    }
}

#[test]
fn every_command_says_in_plain_words_that_a_compressed_backup_is_damaged() {
    let sandbox = with_backup();
    let whole = fs::read(sandbox.path(BACKUP)).unwrap();
    let manifest = sandbox.path(&format!("{BACKUP}.json"));
    let undamaged = fs::read(&manifest).unwrap();
    // The header of the compressed data, its middle, and its checksum.
    for at in [4, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        for byte in bytes.iter_mut().skip(at).take(8) {
            *byte ^= 0xFF;
        }
        fs::write(sandbox.path(BACKUP), &bytes).unwrap();
        // `backup --verify` records the damage in it.
        fs::write(&manifest, &undamaged).unwrap();
        for (command, code) in [
            (&["restore", BACKUP, "--yes"][..], 79),
            (&["restore", BACKUP, "--yes", "--without-manifest"], 79),
            (&["import", BACKUP, "--no-backup"], 79),
            (&["health", "--deep"], 2),
            (&["backup", "--verify", BACKUP], 79),
        ] {
            let finished = sandbox.run_at(NOW + 60, command).expect(code);

            assert_plain(&finished, command);
            let said = format!("{}{}", finished.stderr(), finished.stdout());
            assert!(
                said.contains("tornsnap-20260401T120000Z.db.zst"),
                "{command:?}: {said}"
            );
            assert!(
                said.contains("its compressed data is damaged")
                    || said.contains("so a part of the file is missing"),
                "{at} {command:?}: {said}"
            );
        }
    }
}

#[test]
fn a_compressed_file_that_is_cut_off_is_said_to_lack_a_part() {
    let sandbox = with_backup();
    let whole = fs::read(sandbox.path(BACKUP)).unwrap();
    fs::write(sandbox.path("cut.zst"), &whole[..whole.len() / 2]).unwrap();
    for command in [
        &["restore", "cut.zst", "--yes", "--without-manifest"][..],
        &["import", "cut.zst", "--no-backup"],
    ] {
        let refused = sandbox.run(command).expect(79);

        assert_plain(&refused, command);
        let said = refused.stderr();
        assert!(said.contains("cut.zst"), "{said}");
        assert!(said.contains("so a part of the file is missing"), "{said}");
        assert!(said.contains("  try: "), "{said}");
    }
}

#[test]
fn restore_names_the_damaged_file_that_was_given_and_no_hidden_one() {
    let sandbox = with_backup();
    sandbox.run_at(NOW + 60, &["backup"]).expect(0);
    let whole = fs::read(sandbox.path("backups/tornsnap-20260401T120100Z.db")).unwrap();
    for (from, to) in [(100, 200), (18, 100), (4096, 12288)] {
        let mut bytes = whole.clone();
        bytes[from..to].fill(0xA5);
        fs::write(sandbox.path("given.db"), &bytes).unwrap();
        let packed = zstd::encode_all(&bytes[..], 1).unwrap();
        fs::write(sandbox.path("given.db.zst"), packed).unwrap();
        for file in ["given.db", "given.db.zst"] {
            let command = ["restore", file, "--yes", "--without-manifest"];

            let refused = sandbox.run(&command);

            assert!([78, 79].contains(&refused.code()), "{}", refused.stderr());
            assert_plain(&refused, &command);
            assert!(refused.stderr().contains(file), "{}", refused.stderr());
        }
    }
}

/// A table that is missing, or without its row, is not found by SQLite's own checks. Backups without it would take the place of
/// complete ones.
#[test]
fn no_command_uses_or_copies_a_database_that_lacks_a_table_or_its_id() {
    for damage in [
        "DROP TABLE war_summary",
        "DROP TABLE program_objects",
        "DROP TABLE database_identity",
        "DELETE FROM database_identity",
    ] {
        let sandbox = ready(200);
        sandbox.run(&["backup"]).expect(0);
        sandbox.sqlite().execute_batch(damage).unwrap();
        for (command, code) in [
            (&["summarize"][..], 79),
            (&["backup"], 79),
            (&["export", "players"], 79),
            (&["prune"], 79),
            (&["health"], 2),
            (&["restore", "latest", "--yes"], 0),
            (&["summarize"], 0),
        ] {
            let finished = sandbox.run_at(NOW + 60, command);

            let said = finished.stdout() + &finished.stderr();
            assert_eq!(finished.code(), code, "{damage} {command:?}: {said}");
            if code != 0 {
                assert!(
                    said.contains("it is damaged: its table "),
                    "{damage} {command:?}: {said}"
                );
                assert!(
                    said.contains("restore latest"),
                    "{damage} {command:?}: {said}"
                );
            }
        }
    }
}

#[test]
fn a_column_that_somebody_renamed_or_filled_with_text_is_told_without_the_statement() {
    let renamed = "ALTER TABLE month_states RENAME COLUMN pruned_at TO cut_at";
    let text = "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'backup_folders';
         PRAGMA writable_schema = RESET;
         UPDATE backup_folders SET last_backup_at = 'yesterday'";
    for (damage, command, code, why) in [
        (renamed, "summarize", 1, "no such column: state.pruned_at"),
        (text, "backup", 79, "last_backup_at has a value of a type"),
    ] {
        let sandbox = ready(200);
        sandbox.run(&["backup"]).expect(0);
        sandbox.sqlite().execute_batch(damage).unwrap();

        let stderr = sandbox.run_at(NOW + 60, &[command]).expect(code).stderr();

        assert!(stderr.contains(why), "{command}: {stderr}");
        assert!(!stderr.contains("sql/"), "{command}: {stderr}");
        assert!(stderr.lines().count() < 5, "{command}: {stderr}");
    }
}

/// Damage to the table `schema_version`.
#[derive(Clone, Copy, Debug)]
enum VersionDamage {
    /// Random bytes from within the page on, which tell of another schema.
    Scrambled,
    /// The number of rows in the page is zero, which tells of no schema.
    NoRows,
    /// Statements of a user or of a script.
    Sql(&'static str),
}

fn damage_version(sandbox: &Sandbox, damage: VersionDamage) -> Vec<u8> {
    let page: usize =
        sandbox.value("SELECT rootpage - 1 FROM sqlite_schema WHERE name = 'schema_version'");
    let size: usize = sandbox.value("PRAGMA page_size");
    sandbox
        .sqlite()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    if let VersionDamage::Sql(statements) = damage {
        sandbox.sqlite().execute_batch(statements).unwrap();
        return fs::read(sandbox.database()).unwrap();
    }
    let mut bytes = fs::read(sandbox.database()).unwrap();
    let start = page * size;
    match damage {
        VersionDamage::Sql(_) => {}
        VersionDamage::Scrambled => {
            let mut dice = Dice::new(7);
            for byte in &mut bytes[start + 800..start + 4 * size] {
                *byte = u8::try_from(dice.below(256)).unwrap();
            }
        }
        VersionDamage::NoRows => bytes[start + 3..start + 5].fill(0),
    }
    sandbox.remove_database("tornsnap.db");
    fs::write(sandbox.database(), &bytes).unwrap();
    bytes
}

#[test]
fn a_damaged_schema_version_is_said_to_be_damage_and_not_another_version_of_tornsnap() {
    for damage in [
        VersionDamage::Scrambled,
        VersionDamage::NoRows,
        VersionDamage::Sql("DELETE FROM schema_version"),
        VersionDamage::Sql("DROP TABLE schema_version"),
        VersionDamage::Sql("UPDATE schema_version SET version = 0"),
        VersionDamage::Sql("INSERT INTO schema_version (version) VALUES (-5)"),
        VersionDamage::Sql("ALTER TABLE schema_version RENAME COLUMN version TO number"),
        VersionDamage::Sql(
            "DROP TABLE schema_version; CREATE TABLE schema_version (version);
             INSERT INTO schema_version VALUES ('1')",
        ),
        VersionDamage::Sql(
            "DROP TABLE schema_version; CREATE TABLE schema_version (version);
             INSERT INTO schema_version VALUES (1.0)",
        ),
        VersionDamage::Sql(
            "DROP TABLE schema_version; CREATE TABLE schema_version (version);
             INSERT INTO schema_version VALUES (1), (1)",
        ),
    ] {
        let sandbox = ready(200);
        sandbox.run(&["backup"]).expect(0);
        let damaged = damage_version(&sandbox, damage);
        fs::write(sandbox.path("other.db"), &damaged).unwrap();
        for (command, code, advice) in [
            (&["summarize"][..], 79, "tornsnap restore latest"),
            (&["backup"], 79, "tornsnap restore latest"),
            (&["export", "players"], 79, "tornsnap restore latest"),
            (&["prune"], 79, "tornsnap restore latest"),
            (&["health"], 2, "tornsnap restore latest"),
            (&["health", "--deep"], 2, "tornsnap restore latest"),
            (
                &["restore", "other.db", "--yes", "--without-manifest"],
                79,
                "name another backup",
            ),
            (&["restore", "latest", "--yes"], 0, ""),
            (&["import", "other.db", "--no-backup"], 79, "try: "),
        ] {
            let finished = sandbox.run_at(NOW + 60, command);

            let said = format!("{}{}", finished.stderr(), finished.stdout());
            assert_eq!(finished.code(), code, "{damage:?} {command:?}: {said}");
            assert!(said.contains(advice), "{damage:?} {command:?}: {said}");
            for wrong in ["newer tornsnap", "older tornsnap", "update tornsnap"] {
                assert!(!said.contains(wrong), "{damage:?} {command:?}: {said}");
            }
        }
        let names = sandbox.names();
        let is_of_migration = |name: &String| name.contains("before-schema");
        assert!(!names.iter().any(is_of_migration), "{damage:?}: {names:?}");
    }
}
