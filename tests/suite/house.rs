//! Keeps the house of `src/ARCHITECTURE.md`: which room may use which, and where each library lives.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the other rooms it may use.
pub const ROOMS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("model", &["error"]),
    ("config", &["error", "model"]),
    ("api", &["error", "model"]),
    ("store", &["error", "model"]),
    ("output", &["error", "model"]),
    ("sim", &[]),
    (
        "command",
        &["error", "model", "config", "api", "store", "output", "sim"],
    ),
    ("cli", &["error", "model", "config", "output", "command"]),
];

/// Each library that has rooms of its own, and those rooms.
pub const LIBRARIES: &[(&str, &[&str])] = &[
    ("clap", &["cli", "command"]),
    ("comfy_table", &["output"]),
    ("console", &["output"]),
    ("signal_hook", &["command"]),
    ("dialoguer", &["output"]),
    ("encoding_rs", &["config"]),
    ("env_logger", &["output"]),
    ("filedescriptor", &["output"]),
    ("indicatif", &["output"]),
    ("itoa", &["output"]),
    ("rusqlite", &["store"]),
    ("rustix", &["output"]),
    ("rustls", &["api"]),
    ("sha2", &["store"]),
    ("strsim", &["model"]),
    ("toml", &["config"]),
    ("toml_edit", &["command"]),
    ("ureq", &["api"]),
    ("zstd", &["store"]),
];

#[test]
fn rooms_use_only_what_they_may() {
    let mut trespasses = Vec::new();
    let mut lines = 0;

    for &(room, may_use) in ROOMS {
        for file in files_of(room) {
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in (1..).zip(text.lines()) {
                lines += 1;
                let code = line.split("//").next().unwrap_or_default();
                let at = format!("{}:{number}", file.display());
                for used in code.split("crate::").skip(1).map(first_word) {
                    if used != room && !may_use.contains(&used) {
                        trespasses.push(format!("{at}: {room} may not use {used:?}"));
                    }
                }
                for &(library, owners) in LIBRARIES {
                    if code.contains(&format!("{library}::")) && !owners.contains(&room) {
                        trespasses.push(format!("{at}: {library} belongs to {owners:?}"));
                    }
                }
            }
        }
    }

    assert!(trespasses.is_empty(), "\n{}", trespasses.join("\n"));
    assert!(lines > 1000, "the rooms were not found");
}

#[test]
fn every_file_has_a_room() {
    for entry in fs::read_dir(source()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let known = ["lib", "main", "build", "docs", "testing", "ARCHITECTURE"].contains(&name)
            || ROOMS.iter().any(|&(room, _)| room == name);
        assert!(
            known,
            "{}: give it a row in ROOMS and in src/ARCHITECTURE.md",
            path.display()
        );
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files_of(room: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let single = source().join(format!("{room}.rs"));
    if single.exists() {
        files.push(single);
    }
    let mut folders = vec![source().join(room)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => files.push(path),
            }
        }
    }
    files
}

fn first_word(text: &str) -> &str {
    text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .next()
        .unwrap_or_default()
}
