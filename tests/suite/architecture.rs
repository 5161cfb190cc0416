//! Checks that the documents for contributors name only what exists, and that the tables of modules are complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::layers::{LAYERS, LIBRARIES};

/// The documents, from the root of the repository.
const DOCUMENTS: [&str; 2] = ["src/ARCHITECTURE.md", ".github/CONTRIBUTING.md"];

/// Code spans that begin with one of these are paths from the root.
const ROOTS: [&str; 6] = ["src/", "sql/", "tests/", "scripts/", ".github/", ".ci/"];

/// A code span of a document.
struct Span {
    text: String,
    line: usize,
    /// The folder that the heading above it names, such as `src/store/`.
    section: Option<String>,
}

#[test]
fn every_path_in_the_documents_exists() {
    let mut missing = Vec::new();
    let mut seen = 0;

    for document in DOCUMENTS {
        for span in spans(document) {
            let Some(path) = path_of(&span) else {
                continue;
            };
            seen += 1;
            if !root().join(&path).exists() {
                missing.push(format!("{document}:{}: {path}", span.line));
            }
        }
    }

    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
    assert!(seen > 100, "only {seen} paths were found");
}

#[test]
fn the_tables_of_modules_are_complete() {
    let spans = spans("src/ARCHITECTURE.md");
    let mut missing = Vec::new();

    for layer in ["src/".to_owned()].into_iter().chain(layers()) {
        for name in modules(&layer) {
            let has_row = spans
                .iter()
                .any(|span| span.section.as_ref() == Some(&layer) && span.text == name);
            if !has_row {
                missing.push(format!("{layer}{name}"));
            }
        }
    }

    assert!(
        missing.is_empty(),
        "src/ARCHITECTURE.md has no row for:\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_table_of_layers_is_the_one_that_the_code_is_held_to() {
    let text = fs::read_to_string(root().join("src/ARCHITECTURE.md")).unwrap();

    for &(layer, may_use) in LAYERS {
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| `{layer}` | ")))
            .unwrap_or_else(|| panic!("there is no row for {layer}"));
        let cells: Vec<&str> = row.split('|').collect();
        let used: BTreeSet<&str> = code_spans(cells[2]).collect();
        assert_eq!(used, may_use.iter().copied().collect(), "{layer} may use");
        for (library, owners) in LIBRARIES {
            let is_named = code_spans(cells[3]).any(|span| span == *library);
            assert_eq!(is_named, owners.contains(&layer), "{library} of {layer}");
        }
    }
}

#[test]
fn every_folder_of_sql_is_in_the_tables() {
    let spans = spans("src/ARCHITECTURE.md");
    let known: BTreeSet<&str> = spans.iter().map(|span| span.text.as_str()).collect();

    for entry in entries("sql") {
        let path = format!("sql/{}", name_of(&entry));
        assert!(known.contains(path.as_str()), "{path} has no row");
    }
}

/// The folders of `src/` with code in them, such as `src/store/`.
fn layers() -> Vec<String> {
    entries("src")
        .into_iter()
        .filter(|entry| entry.is_dir())
        .map(|entry| format!("src/{}/", name_of(&entry)))
        .filter(|layer| !modules(layer).is_empty())
        .collect()
}

/// The modules of a layer as the tables name them: `wal.rs`, `backup/`. Those of `src/` are its files only.
fn modules(layer: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in entries(layer) {
        let name = name_of(&entry);
        if entry.is_dir() && layer != "src/" {
            found.push(format!("{name}/"));
        } else if is_rust(&entry) && name != "mod.rs" {
            found.push(name);
        }
    }
    found
}

fn entries(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "rs")
}

/// The path that a span names, from the root; `None` when it names none.
fn path_of(span: &Span) -> Option<String> {
    let text = span.text.as_str();
    if text.contains([' ', '*', '<', '{', '…']) {
        return None;
    }
    if ROOTS.iter().any(|root| text.starts_with(root)) {
        return Some(text.to_owned());
    }
    let is_module = is_rust(Path::new(text)) || text.ends_with('/');
    match &span.section {
        Some(section) if is_module && !text.trim_end_matches('/').contains('/') => {
            Some(format!("{section}{text}"))
        }
        _ => None,
    }
}

/// The code spans of a document, without its code blocks.
fn spans(document: &str) -> Vec<Span> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let mut found = Vec::new();
    let mut section = None;
    let mut is_in_block = false;
    for (line, content) in (1..).zip(text.lines()) {
        if content.trim_start().starts_with("```") {
            is_in_block = !is_in_block;
        }
        if is_in_block {
            continue;
        }
        let spans: Vec<&str> = code_spans(content).collect();
        if content.starts_with('#') {
            section = spans
                .first()
                .filter(|span| span.starts_with("src/"))
                .map(|span| (*span).to_owned());
        }
        found.extend(spans.into_iter().map(|text| Span {
            text: text.to_owned(),
            line,
            section: section.clone(),
        }));
    }
    found
}

/// The texts between the first and the second backtick, the third and the fourth, and so on.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
