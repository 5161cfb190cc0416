//! Checks the imports between layers against the table in `src/ARCHITECTURE.md`, and where each library may be used.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer, and the layers that it may import from.
pub const LAYERS: &[(&str, &[&str])] = &[
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

/// Each library that only some layers may use, and these layers.
pub const LIBRARIES: &[(&str, &[&str])] = &[
    ("any_ascii", &["command"]),
    ("clap", &["cli", "command"]),
    ("clap_complete", &["command"]),
    ("clap_mangen", &["command"]),
    ("comfy_table", &["output"]),
    ("console", &["output"]),
    ("dialoguer", &["output"]),
    ("signal_hook", &["command"]),
    ("encoding_rs", &["config"]),
    ("env_logger", &["output"]),
    ("filedescriptor", &["output"]),
    ("flate2", &["sim"]),
    ("indicatif", &["output"]),
    ("itoa", &["output"]),
    ("parquet", &["output"]),
    ("rusqlite", &["store"]),
    ("rust_xlsxwriter", &["output"]),
    ("rustix", &["command", "model", "output", "store"]),
    ("rustls", &["api"]),
    ("same_file", &["output", "store"]),
    ("sha2", &["store"]),
    ("strsim", &["model"]),
    ("toml", &["config"]),
    ("toml_edit", &["command"]),
    ("unicode_width", &["output"]),
    ("ureq", &["api"]),
    ("zstd", &["store"]),
];

#[test]
fn modules_import_only_from_the_modules_they_may() {
    let mut violations = Vec::new();
    let mut lines = 0;

    for &(module, may_import) in LAYERS {
        for file in files_of(module) {
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in (1..).zip(text.lines()) {
                lines += 1;
                let code = line.split("//").next().unwrap_or_default();
                let at = format!("{}:{number}", file.display());
                for used in code.split("crate::").skip(1).map(first_word) {
                    if used != module && !may_import.contains(&used) {
                        violations.push(format!("{at}: {module} may not import from {used:?}"));
                    }
                }
                for &(library, users) in LIBRARIES {
                    if code.contains(&format!("{library}::")) && !users.contains(&module) {
                        violations.push(format!("{at}: only {users:?} may use {library}"));
                    }
                }
            }
        }
    }

    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
    assert!(lines > 1000, "the source files were not found");
}

#[test]
fn every_module_is_in_the_table() {
    for entry in fs::read_dir(source()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let known = ["lib", "main", "build", "docs", "testing", "ARCHITECTURE"].contains(&name)
            || LAYERS.iter().any(|&(layer, _)| layer == name);
        assert!(
            known,
            "{}: add a row to LAYERS and to src/ARCHITECTURE.md",
            path.display()
        );
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files_of(module: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let single = source().join(format!("{module}.rs"));
    if single.exists() {
        files.push(single);
    }
    let mut folders = vec![source().join(module)];
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
