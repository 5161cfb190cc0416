//! `init` with an existing configuration behind links, on read-only files, and beside other programs.

#[cfg(unix)]
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use tornsnap::testing::sim::{Fault, FaultKind};

use super::again::HANDMADE;
use crate::init::Fresh;
use crate::support::Finished;
#[cfg(unix)]
use crate::support::{mode, set_mode};

#[cfg(unix)]
#[test]
fn the_file_behind_a_link_is_changed_and_the_link_stays() {
    let fresh = Fresh::new();
    let real = fresh.sandbox.write("dotfiles/tornsnap.toml", HANDMADE);
    let link = fresh.sandbox.path("tornsnap.toml");
    std::os::unix::fs::symlink(&real, &link).unwrap();

    fresh.init(&["--wars", "all"]).expect(0);

    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let text = fs::read_to_string(&real).unwrap();
    assert!(text.contains("wars = \"all\""), "{text}");
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_utf8_is_not_written_as_another_one() {
    use std::os::unix::ffi::OsStrExt;

    let fresh = Fresh::new();
    let name = std::ffi::OsStr::from_bytes(b"M\xfcller.db");
    let mut command =
        fresh
            .sandbox
            .command(&["init", "--non-interactive", "--key-file", "alice.key"]);
    command
        .arg("--database")
        .arg(name)
        .env("TORNSNAP_API_URL", fresh.simulator.url());

    let stderr = Finished(command.output().unwrap()).expect(78).stderr();

    assert!(stderr.contains("the path is not UTF-8"), "{stderr}");
    assert!(!fresh.sandbox.path("tornsnap.toml").exists());
}

#[test]
fn a_configuration_that_changes_meanwhile_stays_and_a_later_try_helps() {
    let fresh = Fresh::handmade();
    let slow = FaultKind::Slow(Duration::from_millis(1500));
    fresh.simulator.fault(Fault::once(slow));
    let mut command = fresh.command(&["--player", "7"]);
    let first = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while fresh.simulator.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    let changed = HANDMADE.replace("keep = 3", "keep = 4");
    fresh.sandbox.write("tornsnap.toml", &changed);

    let stderr = Finished(first.wait_with_output().unwrap())
        .expect(75)
        .stderr();

    assert!(
        stderr.contains("another program has changed it"),
        "{stderr}"
    );
    assert_eq!(fresh.config(), changed);
    fresh.init(&["--player", "7"]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_read_only_configuration_stays_as_it_is() {
    let fresh = Fresh::handmade();
    set_mode(&fresh.sandbox.path("tornsnap.toml"), 0o400);

    // Nothing is to be written.
    fresh.init(&["--faction", "9,20"]).expect(0);
    let stderr = fresh.init(&["--player", "7"]).expect(78).stderr();

    assert!(
        stderr.contains("because: the file is read-only"),
        "{stderr}"
    );
    assert!(stderr.contains("chmod u+w tornsnap.toml"), "{stderr}");
    assert_eq!(fresh.config(), HANDMADE);
    assert_eq!(mode(&fresh.sandbox.path("tornsnap.toml")), 0o400);
}

#[cfg(unix)]
#[test]
fn a_link_without_a_target_is_kept_and_its_target_is_made() {
    let fresh = Fresh::new();
    let link = fresh.sandbox.path("tornsnap.toml");
    fs::create_dir(fresh.sandbox.path("real")).unwrap();
    std::os::unix::fs::symlink("real/t.toml", &link).unwrap();

    fresh
        .init(&["--key-file", "alice.key", "--faction", "9"])
        .expect(0);

    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(
        fs::read_to_string(fresh.sandbox.path("real/t.toml"))
            .unwrap()
            .contains("factions = [9]")
    );

    fs::remove_dir_all(fresh.sandbox.path("real")).unwrap();
    let stderr = fresh
        .init(&["--key-file", "alice.key", "--faction", "9"])
        .expect(78)
        .stderr();
    assert!(
        stderr.contains("it is a link to ./real/t.toml, whose folder is not there"),
        "{stderr}"
    );
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}
