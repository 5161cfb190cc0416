//! Links between the pages, on a forge and in rustdoc.

use std::collections::BTreeSet;
use std::fs;

use super::markdown::{
    RUSTDOC_LINKS, anchors, definitions, docs, links, page, pages, readme, references,
};

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    let mut broken = Vec::new();
    for (path, text) in pages() {
        let folder = path.parent().unwrap();
        for target in links(&text) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = match file {
                "" => path.clone(),
                file => folder.join(file),
            };
            let leads = file.exists()
                && (anchor.is_empty()
                    || anchors(&fs::read_to_string(&file).unwrap()).contains(anchor));
            if !leads {
                broken.push(format!("{}: {target}", path.display()));
            }
            seen += 1;
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(seen > 70, "only {seen} links were found");
}

/// A forge follows the definition at the end of a page, and rustdoc the one in `links.md`.
#[test]
fn every_reference_leads_to_the_same_place_in_rustdoc() {
    let rustdoc = definitions(&page(RUSTDOC_LINKS));
    let mut used = BTreeSet::new();
    for (path, text) in pages() {
        let definitions = definitions(&text);
        for label in references(&text) {
            assert!(
                definitions.contains_key(&label),
                "{}: [{label}] has no target",
                path.display()
            );
        }
        for (label, target) in definitions {
            assert!(
                references(&text).contains(&label),
                "{}: [{label}] is not used",
                path.display()
            );
            if target.starts_with("../") {
                continue; // A file that rustdoc does not have.
            }
            let expected = target.replace(".md", "");
            assert_eq!(expected, label, "{}", path.display());
            let (module, anchor) = label.split_once('#').unwrap_or((&label, ""));
            let anchor = match anchor {
                "" => String::new(),
                anchor => format!("#{anchor}"),
            };
            assert_eq!(
                rustdoc.get(&label),
                Some(&format!("mod@{}{anchor}", module.replace('-', "_")))
            );
            used.insert(label);
        }
    }
    let unused: Vec<_> = rustdoc
        .keys()
        .filter(|label| *label != "scripts" && !used.contains(*label))
        .collect();
    assert!(unused.is_empty(), "{unused:?} in {RUSTDOC_LINKS}");
}

#[test]
fn every_page_is_in_the_readme_and_in_rustdoc() {
    let readme = readme();
    let modules = fs::read_to_string(docs().join("mod.rs")).unwrap();
    let mut seen = 0;
    for (path, text) in pages() {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.parent() != Some(&docs()) {
            continue;
        }
        assert!(readme.contains(&format!("](src/docs/{name}")), "{name}");
        assert!(modules.contains(&format!("= \"{name}\";")), "{name}");
        assert!(text.starts_with("# "), "{name}");
        seen += 1;
    }
    assert!(seen >= 15, "only {seen} pages were found");
}

/// rustdoc takes a block without a language for Rust, and would run it.
#[test]
fn every_block_names_its_language() {
    for (path, text) in pages() {
        let mut is_inside = false;
        for line in text.lines().filter(|line| line.starts_with("```")) {
            is_inside = !is_inside;
            let language = &line[3..];
            assert!(
                !is_inside || ["sh", "sql", "text", "toml", "bat"].contains(&language),
                "{}: {line}",
                path.display()
            );
        }
        assert!(!is_inside, "{}: a block does not end", path.display());
    }
}
