//! Where rows go: files that appear whole, streams that take them as they come, and places that take none.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

use crate::export::{database, export, files, hard, long};
use crate::support::{Finished, NOW, Sandbox, set_mode, skipped};

/// Runs a script of the shell in which `$TORNSNAP` is the program.
fn shell(sandbox: &Sandbox, script: &str) -> Finished {
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(sandbox.path(""))
        .env("TORNSNAP", env!("CARGO_BIN_EXE_tornsnap"))
        .env("TORNSNAP_NOW", NOW.to_string())
        .env_remove("TORNSNAP_DATABASE")
        .env_remove("TORNSNAP_CONFIG")
        .stdin(Stdio::null())
        .output();
    Finished(output.unwrap())
}

fn text(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.path(name)).unwrap()
}

fn mode(sandbox: &Sandbox, name: &str) -> u32 {
    fs::symlink_metadata(sandbox.path(name)).unwrap().mode() & 0o7777
}

fn make_fifo(sandbox: &Sandbox, name: &str) {
    let made = Command::new("mkfifo").arg(sandbox.path(name)).status();
    assert!(made.unwrap().success());
}

#[test]
fn a_descriptor_takes_the_rows_where_it_stands() {
    let sandbox = hard();
    let rows = export(&sandbox, &["-q", "players"]).expect(0).stdout();
    let expected = format!("HEAD\n{rows}TAIL\n");
    symlink("/dev/stdout", sandbox.path("link")).unwrap();

    for (number, places) in [
        (1, &["-", "/dev/stdout", "/dev/fd/1", "./link"][..]),
        (2, &["/dev/stderr", "/dev/fd/2"]),
        (3, &["/dev/fd/3"]),
        #[cfg(target_os = "linux")]
        (1, &["/proc/self/fd/1", "/proc/thread-self/fd/1"]),
        #[cfg(target_os = "linux")]
        (12, &["/proc/self/fd/12", "/dev/fd/../fd/12"]),
    ] {
        for place in places {
            for redirection in [">", ">>"] {
                fs::write(sandbox.path("f"), "").unwrap();

                let script = format!(
                    "exec {number}{redirection}f; echo HEAD >&{number}; \
                     env -u TORNSNAP_NOW \"$TORNSNAP\" -q export players -o {place}; echo TAIL >&{number}"
                );
                // The shells of small systems have one-digit descriptors.
                let script = format!("exec bash -c '{script}'");
                shell(&sandbox, &script).expect(0);

                assert_eq!(text(&sandbox, "f"), expected, "{place} {redirection}");
            }
        }
    }
}

#[test]
fn a_descriptor_that_is_not_open_is_an_error() {
    let sandbox = hard();

    let finished = export(&sandbox, &["players", "-o", "/dev/fd/77"]).expect(78);

    assert_eq!(
        finished.stderr(),
        "tornsnap: could not write /dev/fd/77\n  because: descriptor 77 is not open\n  \
         try: open it in the shell, as in `77> FILE`, or name a file with --output\n"
    );
}

#[test]
fn a_pipe_of_the_shell_takes_the_rows() {
    let sandbox = hard();

    shell(
        &sandbox,
        "exec bash -c '\"$TORNSNAP\" -q export players -o >(cat > f); wait $!'",
    )
    .expect(0);

    assert_eq!(
        text(&sandbox, "f"),
        export(&sandbox, &["-q", "players"]).stdout()
    );
}

#[test]
fn json_on_stdout_is_one_document_whatever_stdout_is_called() {
    let sandbox = hard();

    for place in ["-", "/dev/stdout", "/dev/fd/1"] {
        let rows = export(&sandbox, &["schema_version", "--json", "-o", place]).expect(0);
        assert_eq!(rows.json()[0]["version"], 1, "{place}");

        let refused = export(
            &sandbox,
            &["players", "--json", "--format", "csv", "-o", place],
        );
        assert_eq!(refused.expect(2).json()["exit_code"], 2, "{place}");
    }
}

#[test]
fn a_named_pipe_whose_reader_leaves_is_no_failure() {
    let sandbox = long(60_000);
    make_fifo(&sandbox, "fifo");
    for (flags, said) in [(&["-v"][..], true), (&["-q"], false), (&["--json"], true)] {
        let child = sandbox
            .command(&[&["export", "player_stats_history", "-o", "fifo"], flags].concat())
            .spawn()
            .unwrap();

        let mut first = String::new();
        BufReader::new(File::open(sandbox.path("fifo")).unwrap())
            .read_line(&mut first)
            .unwrap();
        let finished = Finished(child.wait_with_output().unwrap()).expect(0);

        assert!(first.starts_with("id,player_id,"), "{first}");
        assert_eq!(
            finished.stderr().contains("the reader of fifo left"),
            said,
            "{}",
            finished.stderr()
        );
        if flags == ["--json"] {
            let file = &finished.json()["files"][0];
            assert_eq!(file["complete"], false);
        }
    }
    let fifo = fs::symlink_metadata(sandbox.path("fifo")).unwrap();
    assert!(fifo.file_type().is_fifo());
}

#[test]
fn a_named_pipe_takes_all_rows() {
    let sandbox = long(60_000);
    make_fifo(&sandbox, "fifo");

    let finished = shell(
        &sandbox,
        "cat fifo > f & \"$TORNSNAP\" --json export player_stats_history -o fifo; wait",
    )
    .expect(0);

    assert_eq!(text(&sandbox, "f").lines().count(), 60_001);
    let file = &finished.json()["files"][0];
    assert_eq!(file["rows"], 60_000);
    assert_eq!(file["complete"], serde_json::Value::Null);
}

#[test]
fn a_signal_ends_an_export_that_waits_for_a_reader() {
    let sandbox = long(60_000);
    make_fifo(&sandbox, "fifo");
    // Opened for reading and writing, the pipe never blocks its opening, and nobody reads it.
    let _idle = OpenOptions::new()
        .read(true)
        .write(true)
        .open(sandbox.path("fifo"))
        .unwrap();
    let mut child = sandbox
        .command(&["export", "player_stats_history", "-o", "fifo"])
        .spawn()
        .unwrap();

    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    crate::support::signal(&child, "INT");

    let began = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed().as_secs() < 10, "the signal was not obeyed");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(!child.wait().unwrap().success());
}

#[test]
fn devices_are_written_and_never_replaced() {
    let sandbox = hard();
    fs::create_dir(sandbox.path("all")).unwrap();
    symlink("/dev/null", sandbox.path("all/players.csv")).unwrap();

    export(&sandbox, &["players", "-o", "/dev/null"]).expect(0);
    export(&sandbox, &["--all", "-o", "all"]).expect(0);

    let null = fs::symlink_metadata("/dev/null").unwrap();
    assert!(null.file_type().is_char_device());
    let link = fs::symlink_metadata(sandbox.path("all/players.csv")).unwrap();
    assert!(link.is_symlink());
    assert!(sandbox.path("all/factions.csv").exists());
}

#[test]
fn a_socket_is_an_error_in_words() {
    let sandbox = hard();
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("s")).unwrap();

    let finished = export(&sandbox, &["players", "-o", "s"]).expect(78);

    assert_eq!(
        finished.stderr(),
        "tornsnap: could not write s\n  because: it is a socket, which cannot be opened as a file\n  \
         try: pipe stdout into a program that connects to it, or name a file with --output\n"
    );
}

#[test]
fn all_datasets_go_to_a_folder_and_nowhere_else() {
    let sandbox = hard();
    sandbox.write("file", "old");
    make_fifo(&sandbox, "fifo");

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

#[test]
fn a_new_export_keeps_the_mode_of_the_file_that_it_replaces() {
    let sandbox = hard();
    for (umask, before, after) in [
        ("077", Some(0o644), 0o644),
        ("022", Some(0o600), 0o600),
        ("022", Some(0o640), 0o640),
        ("000", Some(0o664), 0o664),
        ("022", None, 0o644),
        ("077", None, 0o600),
    ] {
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

#[test]
fn places_that_take_no_file_are_told_before_anything_is_read() {
    let sandbox = hard();
    sandbox.write("file", "old");
    fs::create_dir(sandbox.path("folder")).unwrap();
    symlink("/no/such/disk/p.csv", sandbox.path("unmounted")).unwrap();
    symlink("loop", sandbox.path("loop")).unwrap();

    for (place, code, because, remedy) in [
        (
            "no/such/x.csv",
            78,
            "the folder no/such is not there",
            "make that folder, or name another file with --output",
        ),
        (
            "unmounted",
            78,
            "it is a link to /no/such/disk/p.csv, and the folder /no/such/disk is not there",
            "make that folder, or name another file with --output",
        ),
        (
            "file/x.csv",
            78,
            "file is not a folder",
            "name another file with --output",
        ),
        (
            "folder",
            78,
            "it is a folder",
            "name a file in it with --output, or use --all",
        ),
        (
            "folder/",
            78,
            "it is a folder",
            "name a file in it with --output, or use --all",
        ),
        (
            "loop",
            78,
            "it is a link that leads to itself",
            "remove the link, or name another file with --output",
        ),
    ] {
        let finished = export(&sandbox, &["players", "-o", place]).expect(code);

        assert_eq!(
            finished.stderr(),
            format!("tornsnap: could not write {place}\n  because: {because}\n  try: {remedy}\n")
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
                "tornsnap: could not write {place}\n  because: it is a SQLite database\n  \
                 try: name another file with --output\n"
            )
        );
    }
    assert_eq!(fs::read(sandbox.database()).unwrap(), before);
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let sandbox = database("");
    fs::create_dir(sandbox.path("shut")).unwrap();
    set_mode(&sandbox.path("shut"), 0o555);
    if File::create(sandbox.path("shut/probe")).is_ok() {
        let _ = fs::remove_file(sandbox.path("shut/probe"));
        return skipped("root may write everywhere");
    }

    let finished = export(&sandbox, &["players", "-o", "shut/x.csv"]).expect(78);

    assert_eq!(
        finished.stderr(),
        "tornsnap: could not write shut/x.csv\n  because: Permission denied (os error 13)\n  \
         try: check who may write to the folder shut, or name another file with --output\n"
    );
}

#[test]
fn nobody_reads_a_private_export_while_it_is_made() {
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
