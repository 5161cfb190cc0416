//! Puts the block of a schedule into the text of a crontab, and takes it out again. All other bytes stay as they are.

use std::ops::Range;

use crate::error::{Error, Exit, Result};
use crate::model::schedule::cron::is_own_line;

/// The end of the first line of a block that had to complete the line before it.
const COMPLETES_LINE: &str = " (the line before had no end)";

/// The start of the first comment in each block.
const MADE_BY: &str = "# Made by `tornsnap schedule install`.";

/// A block that was found.
struct Block {
    bytes: Range<usize>,
    /// Whether the block added the end of the line before it.
    completes_line: bool,
}

/// The block of the schedule with this id. `lines` are its lines between the markers.
pub(crate) fn block(id: &str, lines: &str) -> String {
    block_with_start(&begin(id), id, lines)
}

fn block_with_start(start: &str, id: &str, lines: &str) -> String {
    format!(
        "{start}\n{MADE_BY} Change [schedule] in the configuration and install it again.\n{lines}{}\n",
        end(id)
    )
}

fn begin(id: &str) -> String {
    format!("# BEGIN tornsnap {id}")
}

fn end(id: &str) -> String {
    format!("# END tornsnap {id}")
}

/// A block in a crontab, complete or not.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Installed {
    pub(crate) id: String,
    /// Its lines between the markers.
    pub(crate) lines: String,
}

/// The blocks of all configurations.
pub(crate) fn installed(crontab: &[u8]) -> Vec<Installed> {
    let mut blocks: Vec<Installed> = Vec::new();
    let mut is_open = false;
    for line in String::from_utf8_lossy(crontab).lines() {
        // cron runs the lines of a block that was indented.
        let line = line.trim_start();
        if let Some(rest) = line.strip_prefix("# BEGIN tornsnap ") {
            is_open = true;
            blocks.push(Installed {
                id: rest.split(' ').next().unwrap_or_default().to_owned(),
                lines: String::new(),
            });
        } else if line.starts_with("# END tornsnap ") {
            is_open = false;
        } else if let Some(block) = blocks.last_mut().filter(|_| is_open) {
            block.lines.push_str(line);
            block.lines.push('\n');
        }
    }
    blocks
}

/// Whether the crontab has the block of this id.
///
/// # Errors
///
/// As [`install`].
pub(crate) fn has_block(crontab: &[u8], id: &str) -> Result<bool> {
    Ok(find(crontab, id)?.is_some())
}

/// The lines above the block of this id. Without the block these are all lines, because it is added at the end.
pub(crate) fn above_block<'a>(crontab: &'a [u8], id: &str) -> &'a [u8] {
    match find(crontab, id) {
        Ok(Some(block)) => &crontab[..block.bytes.start],
        _ => crontab,
    }
}

/// The lines in the block of this id that this program has not written.
pub(crate) fn lines_of_user(crontab: &[u8], id: &str) -> Vec<u8> {
    match find(crontab, id) {
        Ok(Some(block)) => foreign_lines(&crontab[block.bytes]),
        _ => Vec::new(),
    }
}

/// The lines of a block that are not of this program, without empty ones. An unknown line may be one that the user needs.
fn foreign_lines(block: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = block.split_inclusive(|byte| *byte == b'\n').collect();
    let between = lines.get(1..lines.len().saturating_sub(1));
    let is_foreign = |line: &&&[u8]| {
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        !text.is_empty() && !text.starts_with(MADE_BY) && !is_own_line(text)
    };
    let foreign = between.unwrap_or_default().iter().filter(is_foreign);
    foreign.copied().collect::<Vec<_>>().concat()
}

/// Whether a crontab that was found has the wanted block of this id, or has none if none is wanted, and all other lines of the
/// wanted crontab in their order. It may have more lines, and other spaces at the ends of lines, because some crons add them.
pub(crate) fn holds(found: &[u8], wanted: &[u8], id: &str) -> bool {
    let lines_of_block = |text: &[u8]| {
        let mut blocks = installed(text).into_iter();
        let block = blocks.find(|block| block.id == id)?;
        let lines = lines_without_ends(block.lines.as_bytes());
        Some(lines.map(<[u8]>::to_vec).collect::<Vec<_>>())
    };
    let is_complete = has_block(found, id).is_ok();
    let mut rest = lines_without_ends(found);
    is_complete
        && lines_of_block(found) == lines_of_block(wanted)
        && lines_without_ends(wanted).all(|line| rest.any(|other| other == line))
}

/// The lines that are not empty, without spaces and line breaks at their ends.
fn lines_without_ends(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .map(<[u8]>::trim_ascii_end)
        .filter(|line| !line.is_empty())
}

/// Adds the block of this id, or replaces it where it is. Lines of the user in the old block are put above the new one, so
/// that a variable among them is still set for the lines below it.
///
/// # Errors
///
/// [`Exit::Config`] when the block is incomplete. The message names the line.
pub(crate) fn install(crontab: &[u8], id: &str, lines: &str) -> Result<Vec<u8>> {
    let found = find(crontab, id)?;
    let has_no_end = !crontab.is_empty() && !crontab.ends_with(b"\n");
    let foreign = lines_of_user(crontab, id);
    let completes_line = match &found {
        // The line before is one of the user's own then, which has an end.
        Some(block) => block.completes_line && foreign.is_empty(),
        None => has_no_end,
    };
    let start = if completes_line {
        begin(id) + COMPLETES_LINE
    } else {
        begin(id)
    };
    let text = block_with_start(&start, id, lines);
    let mut changed = Vec::new();
    if let Some(Block { bytes, .. }) = found {
        changed.extend_from_slice(&crontab[..bytes.start]);
        changed.extend_from_slice(&foreign);
        changed.extend_from_slice(text.as_bytes());
        changed.extend_from_slice(&crontab[bytes.end..]);
    } else {
        changed.extend_from_slice(crontab);
        if has_no_end {
            changed.push(b'\n');
        }
        changed.extend_from_slice(text.as_bytes());
    }
    Ok(changed)
}

/// Removes the block of this id; `None` if there is none. Lines of the user in the block stay.
///
/// # Errors
///
/// As [`install`].
pub(crate) fn remove(crontab: &[u8], id: &str) -> Result<Option<Vec<u8>>> {
    let Some(Block {
        bytes,
        completes_line,
    }) = find(crontab, id)?
    else {
        return Ok(None);
    };
    let foreign = foreign_lines(&crontab[bytes.clone()]);
    let (before, after) = (&crontab[..bytes.start], &crontab[bytes.end..]);
    let mut rest = before.to_vec();
    // Lines that were added below need the end of the line.
    if completes_line && foreign.is_empty() && after.is_empty() && rest.ends_with(b"\n") {
        rest.pop();
    }
    rest.extend_from_slice(&foreign);
    rest.extend_from_slice(after);
    Ok(Some(rest))
}

fn find(crontab: &[u8], id: &str) -> Result<Option<Block>> {
    let (begin, end) = (begin(id), end(id));
    let completing = format!("{begin}{COMPLETES_LINE}");
    let mut open: Option<(usize, usize, bool)> = None;
    let mut found: Option<Block> = None;
    let mut offset = 0;
    for (number, line) in (1..).zip(crontab.split_inclusive(|byte| *byte == b'\n')) {
        let start = offset;
        offset += line.len();
        let text = line.trim_ascii();
        let completes_line = text == completing.as_bytes();
        if completes_line || text == begin.as_bytes() {
            if let Some((first, ..)) = open {
                return Err(broken(first, &begin, &Fault::NoEnd));
            }
            if found.is_some() {
                return Err(broken(number, &begin, &Fault::SecondBegin));
            }
            open = Some((number, start, completes_line));
        } else if text == end.as_bytes() {
            let Some((_, start, completes_line)) = open.take() else {
                return Err(broken(number, &end, &Fault::NoBegin));
            };
            found = Some(Block {
                bytes: start..offset,
                completes_line,
            });
        }
    }
    match open {
        Some((number, ..)) => Err(broken(number, &begin, &Fault::NoEnd)),
        None => Ok(found),
    }
}

/// A fault of the markers of a block.
enum Fault {
    NoBegin,
    NoEnd,
    SecondBegin,
}

fn broken(line: usize, marker: &str, fault: &Fault) -> Error {
    let (why, lines) = match fault {
        Fault::NoBegin => (
            "has no BEGIN line",
            "that line and the lines of tornsnap above it",
        ),
        Fault::NoEnd => (
            "has no END line",
            "that line and the lines of tornsnap below it",
        ),
        Fault::SecondBegin => (
            "is there a second time",
            "the lines of that block with its BEGIN and END lines",
        ),
    };
    Error::new("change the crontab")
        .with_source(format!("line {line}: \"{marker}\" {why}"))
        .with_help(format!(
            "run `crontab -e`, and delete {lines}; then run it again"
        ))
        .with_exit(Exit::Config)
}

/// The last shell that the crontab sets for its lines, if it cannot run the lines of a schedule.
pub(crate) fn foreign_shell(crontab: &[u8]) -> Option<String> {
    const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "busybox"];
    let text = String::from_utf8_lossy(crontab);
    let shell = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("SHELL"))
        .filter_map(|rest| rest.trim_start().strip_prefix('='))
        .next_back()?
        .trim()
        .trim_matches(['"', '\''])
        .to_owned();
    let name = shell.rsplit('/').next().unwrap_or_default();
    (!name.is_empty() && !SHELLS.contains(&name)).then_some(shell)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINES: &str = "3 * * * * '/t' -q --config '/c' fetch wars\n";

    const OLD_LINES: &str = "1 * * * * '/t' -q --config '/c' fetch wars\n";

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn removing_the_block_gives_the_bytes_back(crontab in any::<Vec<u8>>(), text in "[ -~\r\n]{0,80}") {
            for original in [crontab, text.into_bytes()] {
                let installed = install(&original, "a1", LINES).unwrap();
                prop_assert_eq!(&install(&installed, "a1", LINES).unwrap(), &installed);
                prop_assert!(has_block(&installed, "a1").unwrap());
                prop_assert_eq!(remove(&installed, "a1").unwrap(), Some(original));
            }
        }

        #[test]
        fn two_blocks_are_removed_in_any_order(crontab in "([ -~]{0,9}\n){0,5}[ -~]{0,9}", swap in any::<bool>()) {
            let (one, two) = if swap { ("b2", "a1") } else { ("a1", "b2") };
            let original = crontab.into_bytes();
            let both = install(&install(&original, "a1", LINES).unwrap(), "b2", LINES).unwrap();
            let rest = remove(&both, one).unwrap().unwrap();
            prop_assert!(has_block(&rest, two).unwrap());
            let rest = remove(&rest, two).unwrap().unwrap();
            // The end of the last line stays if the other block was below it.
            prop_assert!(rest == original || rest == [&original[..], b"\n"].concat());
        }
    }

    #[test]
    fn a_block_is_replaced_where_it_is() {
        let first = install(b"a\n", "a1", OLD_LINES).unwrap();
        let with_more = [&first[..], b"b\n"].concat();

        let second = install(&with_more, "a1", LINES).unwrap();

        let text = String::from_utf8(second).unwrap();
        assert!(text.starts_with("a\n# BEGIN tornsnap a1\n"), "{text}");
        assert!(
            text.ends_with(&format!("{LINES}# END tornsnap a1\nb\n")),
            "{text}"
        );
        assert!(!text.contains(OLD_LINES), "{text}");
    }

    #[test]
    fn the_blocks_of_all_configurations_are_listed() {
        let one = install(b"0 1 * * * true", "a1", OLD_LINES).unwrap();
        let both = install(&one, "b2", LINES).unwrap();

        let blocks = installed(&both);

        let ids: Vec<&str> = blocks.iter().map(|block| &*block.id).collect();
        assert_eq!(ids, ["a1", "b2"]);
        assert!(
            blocks[1].lines.ends_with(LINES) && !blocks[1].lines.contains("true"),
            "{blocks:?}"
        );
    }

    #[test]
    fn a_block_with_windows_line_ends_is_found() {
        let crlf = b"# BEGIN tornsnap a1\r\nx\r\n# END tornsnap a1\r\nb\r\n";
        assert_eq!(remove(crlf, "a1").unwrap().unwrap(), b"x\r\nb\r\n");
    }

    #[test]
    fn an_indented_block_is_found_and_replaced_by_one_that_is_not() {
        let block = String::from_utf8(install(b"", "a1", OLD_LINES).unwrap()).unwrap();
        let indented = format!("  \t{}\n", block.trim_end().replace('\n', "\n  \t"));

        let replaced = install(indented.as_bytes(), "a1", LINES).unwrap();

        assert_eq!(replaced, install(b"", "a1", LINES).unwrap());
        assert_eq!(installed(indented.as_bytes())[0].id, "a1");
        assert_eq!(remove(indented.as_bytes(), "a1").unwrap().unwrap(), b"");
    }

    #[test]
    fn lines_of_the_user_in_a_block_stay_outside_of_it() {
        let own = "# mine\nMAILTO=me\n0 5 * * * '/t' -q --config '/c' export\n";
        // The last line of the crontab had no end.
        let block = String::from_utf8(install(b"0 1 * * * true", "a1", LINES).unwrap()).unwrap();
        let edited = block.replace("# END", &format!("\n{own}# END"));

        let replaced = install(edited.as_bytes(), "a1", LINES).unwrap();
        let removed = remove(edited.as_bytes(), "a1").unwrap().unwrap();

        let expected = install(format!("0 1 * * * true\n{own}").as_bytes(), "a1", LINES);
        assert_eq!(replaced, expected.unwrap());
        assert_eq!(removed, format!("0 1 * * * true\n{own}").as_bytes());
        assert_eq!(lines_of_user(edited.as_bytes(), "a1"), own.as_bytes());
        assert!(lines_of_user(&replaced, "a1").is_empty());
    }

    #[test]
    fn a_crontab_that_lost_a_line_or_a_part_of_the_block_does_not_hold_what_was_written() {
        let wanted = install(b"MAILTO=x\n0 5 * * * mine\n", "a1", LINES).unwrap();
        let text = String::from_utf8(wanted.clone()).unwrap();
        let is_held = |found: &str| holds(found.as_bytes(), &wanted, "a1");

        assert!(is_held(&text));
        assert!(is_held(&format!(
            "# header of cron\n{text}0 6 * * * other\n"
        )));
        assert!(is_held(&text.replace('\n', " \r\n")));
        assert!(!is_held(&text.replace("0 5 * * * mine\n", "")));
        assert!(!is_held(&text.replace(LINES, OLD_LINES)));
        assert!(!is_held(
            &text.replace(LINES, &format!("{LINES}{OLD_LINES}"))
        ));
        assert!(!is_held("MAILTO=x\n0 5 * * * mine\n"));
        assert!(!is_held(&text[..text.len() - 20]));
        assert!(!holds(&wanted, b"MAILTO=x\n0 5 * * * mine\n", "a1"));
    }

    #[test]
    fn an_incomplete_block_is_refused_with_its_line() {
        struct Case {
            crontab: &'static str,
            expected: &'static str,
        }
        for case in [
            Case {
                crontab: "a\n# BEGIN tornsnap a1\nb\n",
                expected: "line 2: \"# BEGIN tornsnap a1\" has no END line",
            },
            Case {
                crontab: "# END tornsnap a1\n",
                expected: "line 1: \"# END tornsnap a1\" has no BEGIN line",
            },
            Case {
                crontab: "# BEGIN tornsnap a1\n# BEGIN tornsnap a1\n# END tornsnap a1\n",
                expected: "line 1: \"# BEGIN tornsnap a1\" has no END line",
            },
            Case {
                crontab: "# BEGIN tornsnap a1\n# END tornsnap a1\n# BEGIN tornsnap a1\n# END tornsnap a1\n",
                expected: "line 3: \"# BEGIN tornsnap a1\" is there a second time",
            },
        ] {
            let crontab = case.crontab.as_bytes();
            for error in [
                install(crontab, "a1", LINES).unwrap_err(),
                remove(crontab, "a1").unwrap_err(),
            ] {
                assert_eq!(error.causes(), [case.expected]);
                assert_eq!(error.exit(), Exit::Config);
            }
            // Another configuration is not affected.
            assert!(remove(crontab, "b2").unwrap().is_none());
        }
    }

    #[test]
    fn only_shells_that_cannot_run_the_lines_are_foreign() {
        let shell = |text: &str| foreign_shell(text.as_bytes());
        assert_eq!(shell("SHELL=/bin/sh\n"), None);
        assert_eq!(shell("SHELL = \"/usr/bin/zsh\"\n"), None);
        assert_eq!(
            shell("SHELL=/usr/bin/fish\n").as_deref(),
            Some("/usr/bin/fish")
        );
        assert_eq!(shell("SHELL=/usr/bin/fish\nSHELL=/bin/bash\n"), None);
        assert_eq!(shell("# SHELL=/usr/bin/fish\n"), None);
        assert_eq!(shell("SHELLS=/usr/bin/fish\n"), None);
    }
}
