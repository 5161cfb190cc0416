//! Reads the README and the pages: blocks, command lines, links, headings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::files_with_extension;

/// The targets that links have in rustdoc. It is no page.
pub(super) const RUSTDOC_LINKS: &str = "links.md";

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

pub(super) fn docs() -> PathBuf {
    root().join("src/docs")
}

pub(super) fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

pub(super) fn page(name: &str) -> String {
    fs::read_to_string(docs().join(name)).unwrap()
}

/// The README, that of the scripts, and all pages.
pub(super) fn pages() -> Vec<(PathBuf, String)> {
    let mut paths = files_with_extension(&docs(), "md");
    paths.retain(|path| path.file_name().unwrap() != RUSTDOC_LINKS);
    paths.push(root().join("README.md"));
    paths.push(root().join("scripts/README.md"));
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

/// The lines of all blocks of one language.
pub(super) fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// The text without its blocks.
fn prose(text: &str) -> String {
    let mut is_inside = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_inside = !is_inside;
        } else if !is_inside {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

/// The text without its blocks and its code spans, so that brackets in code are no links.
fn without_code(text: &str) -> String {
    prose(text).split('`').step_by(2).collect()
}

/// The words of a command line up to a pipe, without quotes and without "…".
fn words_of(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (None, '|' | '>') => break,
            (None, ' ') => words.push(String::new()),
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (_, letter) => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty() && word != "…");
    words
}

/// The arguments of each command line of `tornsnap`: in blocks, behind a prompt, and in code spans.
pub(super) fn commands_in(text: &str) -> Vec<Vec<String>> {
    let in_blocks = blocks(text, "sh");
    let in_blocks = in_blocks.iter().flat_map(|block| block.lines());
    let behind_prompts = blocks(text, "text");
    let behind_prompts = behind_prompts
        .iter()
        .flat_map(|block| block.lines())
        .filter_map(|line| line.strip_prefix("$ "));
    let prose = prose(text).replace('\n', " ");
    let in_spans = prose.split('`').skip(1).step_by(2);
    in_blocks
        .chain(behind_prompts)
        .chain(in_spans)
        .flat_map(|line| {
            let line = line.split(" #").next().unwrap();
            line.split(" && ").map(words_of)
        })
        .filter_map(|words| {
            let mut words = words
                .into_iter()
                .skip_while(|word| word.contains('=') && !word.starts_with('-'));
            (words.next()? == "tornsnap").then(|| words.collect::<Vec<_>>())
        })
        .filter(|words| !words.is_empty() && words[0] != "COMMAND")
        .collect()
}

/// The targets at the end of a page, by their labels.
pub(super) fn definitions(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.strip_prefix('[')?.split_once("]: "))
        .map(|(label, target)| (label.to_owned(), target.to_owned()))
        .collect()
}

/// The labels of all links whose targets are at the end of a page.
pub(super) fn references(text: &str) -> BTreeSet<String> {
    without_code(text)
        .split("][")
        .skip(1)
        .map(|rest| rest.split(']').next().unwrap().to_owned())
        .collect()
}

/// The targets of all links, in the text and at the end of a page.
pub(super) fn links(text: &str) -> Vec<String> {
    let mut targets: Vec<String> = definitions(text).into_values().collect();
    let text = without_code(text);
    targets.extend(
        text.split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap().to_owned()),
    );
    targets
}

/// The anchors that a forge makes of the headings.
pub(super) fn anchors(text: &str) -> BTreeSet<String> {
    prose(text)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect()
        })
        .collect()
}
