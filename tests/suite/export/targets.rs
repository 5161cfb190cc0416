//! `export --output`: atomic files with the mode and owner of the old one, and places that cannot take a file.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use crate::export::streams::{shell, text};
use crate::export::{database, export, files, hard, long};
use crate::support::{Sandbox, set_mode, skipped};

fn mode(sandbox: &Sandbox, name: &str) -> u32 {
    fs::symlink_metadata(sandbox.path(name)).unwrap().mode() & 0o7777
}

#[test]
fn all_datasets_go_to_a_folder_and_nowhere_else() {
    let sandbox = hard();
    sandbox.write("file", "old");
    sandbox.make_fifo("fifo");

    for place in ["-", "/dev/stdout", "/dev/null", "file", "fifo"] {
        let finished = export(&sandbox, &["--all", "-o", place]).expect(2);

        assert_eq!(finished.stdout(), "", "{place}");
        assert_eq!(
            finished.stderr(),
            format!(
                "tornsnap: could not write all tables and views to {place}\n  because: it is not a folder\n  \
                 try: name a folder with --output, or export one table or view\n"
            ),
        );
    }
    assert!(!sandbox.path("-").exists());
    assert_eq!(text(&sandbox, "file"), "old");
}

#[test]
fn the_files_of_all_datasets_stay_in_their_folder() {
    let sandbox = database("CREATE TABLE \"../a/b\" (x); CREATE TABLE \"c\\d\" (x);");
    symlink("/no/such/disk", sandbox.path("unmounted")).unwrap();

    export(&sandbox, &["--all", "-o", "d"]).expect(0);
    let unmounted = export(&sandbox, &["--all", "-o", "unmounted"]).expect(78);

    let names = files(&sandbox.path("d"));
    assert!(
        names.contains(".._a_b.csv") && names.contains("c_d.csv"),
        "{names:?}"
    );
    assert_eq!(
        unmounted.stderr(),
        "tornsnap: could not make the folder unmounted\n  \
         because: it is a link to /no/such/disk, which is not there\n  \
         try: make that folder, or name another one with --output\n"
    );
}

/// The mode of a file before and after an export with this umask.
struct ModeCase {
    umask: &'static str,
    /// `None`: there is no file.
    before: Option<u32>,
    after: u32,
}

const MODE_CASES: [ModeCase; 6] = [
    ModeCase {
        umask: "077",
        before: Some(0o644),
        after: 0o644,
    },
    ModeCase {
        umask: "022",
        before: Some(0o600),
        after: 0o600,
    },
    ModeCase {
        umask: "022",
        before: Some(0o640),
        after: 0o640,
    },
    ModeCase {
        umask: "000",
        before: Some(0o664),
        after: 0o664,
    },
    ModeCase {
        umask: "022",
        before: None,
        after: 0o644,
    },
    ModeCase {
        umask: "077",
        before: None,
        after: 0o600,
    },
];

#[test]
fn a_new_export_keeps_the_mode_of_the_file_that_it_replaces() {
    let sandbox = hard();
    for ModeCase {
        umask,
        before,
        after,
    } in MODE_CASES
    {
        let _ = fs::remove_dir_all(sandbox.path("d"));
        fs::create_dir(sandbox.path("d")).unwrap();
        if let Some(before) = before {
            sandbox.write("d/players.csv", "old");
            set_mode(&sandbox.path("d/players.csv"), before);
        }

        for arguments in ["export players -o d/players.csv", "export --all -o d"] {
            shell(
                &sandbox,
                &format!("umask {umask}; \"$TORNSNAP\" -q {arguments}"),
            )
            .expect(0);

            assert_ne!(text(&sandbox, "d/players.csv"), "old");
            assert_eq!(
                mode(&sandbox, "d/players.csv"),
                after,
                "{umask} {arguments}"
            );
        }
    }
}

#[test]
fn a_new_export_keeps_the_owner_of_the_file_that_it_replaces() {
    let sandbox = hard();
    sandbox.write("p.csv", "old");
    if std::os::unix::fs::chown(sandbox.path("p.csv"), Some(12_345), Some(54_321)).is_err() {
        return skipped("only root can give files away");
    }

    export(&sandbox, &["players", "-o", "p.csv"]).expect(0);

    let found = fs::metadata(sandbox.path("p.csv")).unwrap();
    assert_eq!((found.uid(), found.gid()), (12_345, 54_321));
    assert_ne!(text(&sandbox, "p.csv"), "old");
}

#[test]
fn a_file_that_is_read_only_is_not_replaced() {
    let sandbox = hard();
    sandbox.write("d/players.csv", "old");
    set_mode(&sandbox.path("d/players.csv"), 0o444);

    for arguments in [
        &["players", "-o", "d/players.csv"][..],
        &["--all", "-o", "d"],
    ] {
        let finished = export(&sandbox, arguments).expect(78);

        assert_eq!(
            finished.stderr(),
            "tornsnap: could not write d/players.csv\n  because: the file is read-only\n  \
             try: allow it with `chmod u+w d/players.csv`, or name another file with --output\n"
        );
        assert_eq!(text(&sandbox, "d/players.csv"), "old");
        assert_eq!(files(&sandbox.path("d")).len(), 1, "nothing is left behind");
    }
}

#[test]
fn a_link_stays_and_the_file_that_it_names_is_written() {
    let sandbox = hard();
    fs::create_dir_all(sandbox.path("far/away")).unwrap();
    sandbox.write("far/old.csv", "old");
    symlink("far/old.csv", sandbox.path("to-old")).unwrap();
    symlink("away/new.csv", sandbox.path("far/to-new")).unwrap();
    symlink("far/to-new", sandbox.path("to-to-new")).unwrap();

    for (link, file) in [("to-old", "far/old.csv"), ("to-to-new", "far/away/new.csv")] {
        export(&sandbox, &["players", "-o", link]).expect(0);

        assert!(
            fs::symlink_metadata(sandbox.path(link))
                .unwrap()
                .is_symlink()
        );
        assert!(text(&sandbox, file).starts_with("player_id,"), "{link}");
    }
    assert!(
        fs::symlink_metadata(sandbox.path("far/to-new"))
            .unwrap()
            .is_symlink()
    );
}

/// A place that cannot take a file, and what the error says about it.
struct Unusable {
    place: &'static str,
    because: &'static str,
    help: &'static str,
}

const UNUSABLE: [Unusable; 6] = [
    Unusable {
        place: "no/such/x.csv",
        because: "the folder no/such is not there",
        help: "make that folder, or name another file with --output",
    },
    Unusable {
        place: "unmounted",
        because: "it is a link to /no/such/disk/p.csv, and the folder /no/such/disk is not there",
        help: "make that folder, or name another file with --output",
    },
    Unusable {
        place: "file/x.csv",
        because: "file is not a folder",
        help: "name another file with --output",
    },
    Unusable {
        place: "folder",
        because: "it is a folder",
        help: "name a file in it with --output, or use --all",
    },
    Unusable {
        place: "folder/",
        because: "it is a folder",
        help: "name a file in it with --output, or use --all",
    },
    Unusable {
        place: "loop",
        because: "it is a link that leads to itself",
        help: "remove the link, or name another file with --output",
    },
];

#[test]
fn places_that_cannot_take_a_file_are_refused_before_anything_is_read() {
    let sandbox = hard();
    sandbox.write("file", "old");
    fs::create_dir(sandbox.path("folder")).unwrap();
    symlink("/no/such/disk/p.csv", sandbox.path("unmounted")).unwrap();
    symlink("loop", sandbox.path("loop")).unwrap();

    for Unusable {
        place,
        because,
        help,
    } in UNUSABLE
    {
        let finished = export(&sandbox, &["players", "-o", place]).expect(78);

        assert_eq!(
            finished.stderr(),
            format!("tornsnap: could not write {place}\n  because: {because}\n  try: {help}\n")
        );
    }
    assert_eq!(files(&sandbox.path("folder")).len(), 0);
}

#[test]
fn a_database_is_not_replaced_by_an_export_of_it() {
    let sandbox = hard();
    let before = fs::read(sandbox.database()).unwrap();
    symlink("tornsnap.db", sandbox.path("link")).unwrap();

    for place in ["tornsnap.db", "./link"] {
        let finished = export(&sandbox, &["players", "-o", place]).expect(78);

        assert_eq!(
            finished.stderr(),
            format!(
                "tornsnap: could not write {place}\n  because: it is a file of tornsnap itself: the database\n  \
                 try: name another file with --output\n"
            )
        );
    }
    assert_eq!(fs::read(sandbox.database()).unwrap(), before);
}

/// Not even root can make a file there.
#[cfg(target_os = "linux")]
#[test]
fn no_error_shows_the_hidden_name() {
    let sandbox = hard();

    for (place, remedy) in [
        (
            "/sys/x.csv",
            "check who may write to the folder /sys, or name another file with --output",
        ),
        ("/proc/x.csv", "name another file with --output"),
    ] {
        let finished = export(&sandbox, &["players", "-o", place]);

        let stderr = finished.stderr();
        assert!([74, 78].contains(&finished.code()), "{stderr}");
        assert!(!stderr.contains(".partial"), "{stderr}");
        assert!(!stderr.contains("(os error "), "{stderr}");
        assert!(stderr.ends_with(&format!("  try: {remedy}\n")), "{stderr}");
    }
}

#[test]
fn a_name_as_long_as_the_file_system_takes_it_is_written() {
    let sandbox = hard();
    let name = format!("{}.csv", "x".repeat(251));

    export(&sandbox, &["players", "-o", &name]).expect(0);
    let longer = export(&sandbox, &["players", "-o", &format!("x{name}")]);

    assert!(text(&sandbox, &name).starts_with("player_id,"));
    assert!(
        longer.stderr().contains("File name too long"),
        "{}",
        longer.stderr()
    );
    assert!(longer.code() > 0);
    assert!(
        files(&sandbox.path(""))
            .iter()
            .all(|file| !file.ends_with(".partial"))
    );
}

#[test]
fn a_private_export_is_private_while_it_is_written() {
    let sandbox = long(300_000);
    fs::create_dir(sandbox.path("d")).unwrap();
    sandbox.write("d/h.csv", "old");
    let mut child = sandbox
        .command(&["export", "player_stats_history", "-o", "d/h.csv"])
        .spawn()
        .unwrap();

    let mut seen = 0;
    while child.try_wait().unwrap().is_none() {
        for file in fs::read_dir(sandbox.path("d")).unwrap().flatten() {
            if let Ok(found) = file.metadata() {
                seen += 1;
                assert_eq!(found.permissions().mode() & 0o077, 0, "{file:?}");
            }
        }
    }
    assert!(seen > 0);
}

/// The system says "No such file or directory" of a new file there, although the folder is there.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_said_to_take_none() {
    let sandbox = hard();

    for arguments in [
        &["export", "players", "-o", "/proc/x.csv"][..],
        &["export", "--all", "-o", "/proc/x"],
        &["backup", "--output", "/proc"],
        &["backup", "--output", "/proc/x"],
    ] {
        let said = sandbox.run(arguments).expect(78).stderr();
        assert!(
            said.contains("because: the system lets nobody make files there\n  try: name a"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn an_export_does_not_take_the_place_of_the_backup_folder() {
    let sandbox = hard();

    for place in ["backups", "./backups"] {
        let said = export(&sandbox, &["players", "-o", place])
            .expect(78)
            .stderr();
        assert!(
            said.contains("because: it is a file of tornsnap itself: the backup folder\n  try: name another file"),
            "{said}"
        );
    }
    assert!(!sandbox.path("backups").exists());
    sandbox.write("backups", "");
    for (command, code) in [
        (&["backup"][..], 78),
        (&["backup", "--list"], 78),
        (&["backup", "--verify", "all"], 78),
        (&["restore", "latest", "--yes"], 78),
    ] {
        let said = sandbox.run(command).expect(code).stderr();
        assert!(
            said.contains(
                "because: backups is a file\n  try: move that file away, or name a folder"
            ),
            "{command:?}: {said}"
        );
    }
    for command in [&["health"][..], &["health", "--deep"]] {
        let said = sandbox.run(command).stdout();
        assert!(
            said.contains("backups is a file") && said.contains("try: move that file away"),
            "{command:?}: {said}"
        );
    }
}
