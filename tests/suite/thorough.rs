//! Checks that the thorough run of `.ci/run` has every test that the variables of thorough tests change.

use std::fs;
use std::path::Path;

use crate::circles::add_files;

/// A file with one of these has tests that do more when the variables are set.
const MARKS: [&str; 4] = [
    "heavy(",
    "for_any_history(",
    "\"TORNSNAP_HEAVY\"",
    "\"TORNSNAP_KILLS\"",
];

/// The files that define what is marked, and this one.
const DEFINITIONS: [&str; 3] = ["support/mod.rs", "month_model/any.rs", "thorough.rs"];

#[test]
fn the_thorough_run_has_every_test_that_is_thorough() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suite = root.join("tests/suite");
    let run = fs::read_to_string(root.join(".ci/run")).unwrap();
    let (_, list) = run.split_once("\nthorough=(").unwrap();
    let (list, _) = list.split_once(')').unwrap();
    let filters: Vec<&str> = list.split_whitespace().collect();

    let mut thorough = Vec::new();
    let mut files = Vec::new();
    add_files(&suite, &mut files);
    for file in files {
        let relative = file.strip_prefix(&suite).unwrap();
        let is_definition = DEFINITIONS.iter().any(|name| relative == Path::new(name));
        let text = fs::read_to_string(&file).unwrap();
        if !is_definition && MARKS.iter().any(|mark| text.contains(mark)) {
            thorough.push(module_of(relative));
        }
    }

    let missing: Vec<&String> = thorough
        .iter()
        .filter(|module| !filters.contains(&module.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "add {missing:?} to `thorough` in .ci/run"
    );
    let superfluous: Vec<&&str> = filters
        .iter()
        .filter(|filter| !thorough.iter().any(|module| module == **filter))
        .collect();
    assert!(
        superfluous.is_empty(),
        "remove {superfluous:?} from `thorough` in .ci/run: no variable changes these tests"
    );
}

/// The beginning of the names of a file's tests, such as `fetch::locks::`.
fn module_of(relative: &Path) -> String {
    let mut path = relative.with_extension("");
    if path.ends_with("mod") {
        path.pop();
    }
    let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    parts.join("::") + "::"
}
