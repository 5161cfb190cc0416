//! Programs that tests make and then start.
//!
//! A file that is open for writing cannot be started ("Text file busy"). If a test wrote the file itself, a process that another
//! test starts at that moment would have the file open too, until it calls `exec`. So the file is written by another process.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Copies the program that is tested.
pub fn copy_program(to: &Path) {
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_tornsnap"))
        .arg(to)
        .status();
    assert!(copied.unwrap().success(), "{}", to.display());
}

/// Writes a shell script that everybody can start.
pub fn write_script(path: &Path, text: &str) {
    let mut writer = Command::new("sh")
        .args(["-c", r#"cat >"$0" && chmod 755 "$0""#])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = writer.stdin.take().unwrap();
    write!(stdin, "#!/bin/sh\n{text}").unwrap();
    drop(stdin);
    assert!(writer.wait().unwrap().success(), "{}", path.display());
}
