//! Exit codes, checks, tables, views, queries and functions on the pages against those of the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::markdown::{blocks, page, pages, root};
use crate::support::{Sandbox, files_with_extension, rows};

#[test]
fn every_exit_code_is_on_its_page() {
    let page = page("exit-codes.md");
    let source = fs::read_to_string(root().join("src/error.rs")).unwrap();
    let codes: Vec<u8> = source
        .lines()
        .filter_map(|line| {
            line.strip_suffix(',')?
                .rsplit_once(" = ")?
                .1
                .parse::<u8>()
                .ok()
        })
        .collect();

    assert!(codes.len() >= 12, "{codes:?}");
    let first_cells = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let documented: BTreeSet<u8> = first_cells
        .flat_map(|cell| cell.split(", "))
        .filter_map(|code| code.parse().ok())
        .collect();
    assert_eq!(documented, codes.into_iter().collect());
}

#[test]
fn every_check_of_health_is_on_its_page() {
    let page = page("health.md");
    let schema = root().join("tests/fixtures/schemas/health.schema.json");
    let schema = fs::read_to_string(schema).unwrap();
    let pattern = schema
        .split("\"pattern\": \"^(")
        .nth(1)
        .and_then(|rest| rest.split(")$\"").next())
        .unwrap();
    let ids = pattern
        .replace("(age|failures|partial|targets)_(", "")
        .replace("players|factions|wars|territories)", "")
        .replace("rows_[a-z_]+", "rows_TABLE");
    let ids = ids.split('|').filter(|id| !id.is_empty());
    let of_kinds = ["age_KIND", "failures_KIND", "partial_KIND", "targets_KIND"];

    let mut seen = 0;
    for id in ids.chain(of_kinds) {
        assert!(
            page.contains(&format!("`{id}`")),
            "{id} is not in health.md"
        );
        seen += 1;
    }
    assert!(seen > 25, "only {seen} checks were found");
}

#[test]
fn every_table_and_view_is_on_the_page_of_the_views() {
    let sandbox = Sandbox::new();
    let connection = demo(&sandbox);
    let page = page("views.md");
    let of_program = rows(
        &connection,
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'",
    );

    assert!(of_program.len() > 45, "{of_program:?}");
    for name in &of_program {
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not in views.md"
        );
    }
    let views = page.split("## Example queries").next().unwrap();
    let documented = views
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for name in documented {
        assert!(
            of_program.iter().any(|known| known == name),
            "there is no view {name}"
        );
    }
}

#[test]
fn every_query_runs() {
    let sandbox = Sandbox::new();
    let connection = demo(&sandbox);
    fs::copy(
        sandbox.path("tornsnap-demo/tornsnap.db"),
        sandbox.path("tornsnap-archive.db"),
    )
    .unwrap();
    let archive = sandbox.path("tornsnap-archive.db");
    let mut seen = 0;

    for (path, text) in pages() {
        for query in blocks(&text, "sql") {
            let query = query
                .replace("tornsnap-archive.db", archive.to_str().unwrap())
                .replace("$__from", "0")
                .replace("$__to", "4102444800000");
            connection
                .execute_batch(&query)
                .unwrap_or_else(|error| panic!("{}: {error}\n{query}", path.display()));
            seen += 1;
        }
    }

    assert!(seen >= 9, "only {seen} queries were found");
}

#[test]
fn every_file_that_an_example_reads_is_there() {
    let mut seen = 0;
    for (path, text) in pages() {
        for name in text.lines().filter_map(|line| line.strip_prefix(".read ")) {
            assert!(root().join(name).exists(), "{}: {name}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn every_function_that_the_guide_for_contributors_names_exists() {
    let guide = fs::read_to_string(root().join(".github/CONTRIBUTING.md")).unwrap();
    let code = rust_code(&root().join("src")) + &rust_code(&root().join("tests/suite"));
    let is_test = |span: &str| {
        span.matches('_').count() > 3
            && span
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '_')
    };
    let mut seen = 0;
    for span in guide
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| !span.contains(' '))
    {
        let function = match span.split_once("::") {
            Some((_, method)) if span.starts_with(|first: char| first.is_ascii_uppercase()) => {
                method
            }
            _ if is_test(span) => span,
            _ => continue,
        };
        let is_defined = ["(", "<"]
            .iter()
            .any(|next| code.contains(&format!("fn {function}{next}")));
        assert!(is_defined, "{span}");
        seen += 1;
    }
    assert!(seen > 3, "only {seen} functions were found");
}

/// The text of all Rust files in a folder and in those below it.
fn rust_code(folder: &Path) -> String {
    let mut code: String = files_with_extension(folder, "rs")
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code.push_str(&rust_code(&path));
        }
    }
    code
}

/// The database of a short demo.
fn demo(sandbox: &Sandbox) -> Connection {
    sandbox.run(&["demo", "--days", "2"]).expect(0);
    Connection::open(sandbox.path("tornsnap-demo/tornsnap.db")).unwrap()
}
