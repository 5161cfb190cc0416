//! Puts the block of a schedule into the text of a crontab, and takes it out again. All other bytes stay as they are.

use std::ops::Range;

use crate::error::{Error, Exit, Result};

/// The end of the first line of a block that had to complete the line before it.
const COMPLETES_LINE: &str = " (the line before had no end)";

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
        "{start}\n# Made by `tornsnap schedule install`. Change [schedule] in the configuration and install it again.\n\
         {lines}{}\n",
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

/// Adds the block of this id, or replaces it where it is.
///
/// # Errors
///
/// [`Exit::Config`] when the block is incomplete. The message names the line.
pub(crate) fn install(crontab: &[u8], id: &str, lines: &str) -> Result<Vec<u8>> {
    let found = find(crontab, id)?;
    let has_no_end = !crontab.is_empty() && !crontab.ends_with(b"\n");
    let completes_line = match &found {
        Some(block) => block.completes_line,
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

/// Removes the block of this id; `None` if there is none.
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
    let (before, after) = (&crontab[..bytes.start], &crontab[bytes.end..]);
    let mut rest = before.to_vec();
    // Lines that were added below need the end of the line.
    if completes_line && after.is_empty() && rest.ends_with(b"\n") {
        rest.pop();
    }
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
        let text = line.trim_ascii_end();
        let completes_line = text == completing.as_bytes();
        if completes_line || text == begin.as_bytes() {
            if let Some((first, ..)) = open {
                return Err(broken(first, &begin, "has no END line"));
            }
            if found.is_some() {
                return Err(broken(number, &begin, "is there a second time"));
            }
            open = Some((number, start, completes_line));
        } else if text == end.as_bytes() {
            let Some((_, start, completes_line)) = open.take() else {
                return Err(broken(number, &end, "has no BEGIN line"));
            };
            found = Some(Block {
                bytes: start..offset,
                completes_line,
            });
        }
    }
    match open {
        Some((number, ..)) => Err(broken(number, &begin, "has no END line")),
        None => Ok(found),
    }
}

fn broken(line: usize, marker: &str, why: &str) -> Error {
    Error::new("change the crontab")
        .with_source(format!("line {line}: \"{marker}\" {why}"))
        .with_help(
            "run `crontab -e`, and delete the lines of that block with its BEGIN and END lines; then run it again",
        )
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

    const LINES: &str = "3 * * * * x\n";

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
        let first = install(b"a\n", "a1", "1 * * * * x\n").unwrap();
        let with_more = [&first[..], b"b\n"].concat();

        let second = install(&with_more, "a1", LINES).unwrap();

        let text = String::from_utf8(second).unwrap();
        assert!(text.starts_with("a\n# BEGIN tornsnap a1\n"), "{text}");
        assert!(
            text.ends_with("3 * * * * x\n# END tornsnap a1\nb\n"),
            "{text}"
        );
        assert!(!text.contains("1 * * * * x\n#"), "{text}");
    }

    #[test]
    fn the_blocks_of_all_configurations_are_listed() {
        let one = install(b"0 1 * * * true", "a1", "1 * * * * x\n").unwrap();
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
        assert_eq!(remove(crlf, "a1").unwrap().unwrap(), b"b\r\n");
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
