//! Damaged and cut files: the message names the file of the user, in plain words.

use std::fs;

use crate::backup::ready;
use crate::support::{Finished, NOW, Sandbox};

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
