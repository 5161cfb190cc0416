//! Changes the values of a TOML list, and leaves the comments between them.

use toml_edit::{Array, Value};

use crate::command::init::spaces::{after_comment, behind_lines, comment_lines, text};

/// A list with the text between its values:
///
/// ```toml
/// players = [ # the head
///     # a comment line, which is a part of the next lead
///     1, # the comment of the value 1
/// ]
/// ```
struct List {
    /// A comment beside the opening bracket.
    head: String,
    entries: Vec<Entry>,
    /// The text before the closing bracket, without the comment of the last value.
    tail: String,
    /// The blanks before a value on a line of its own.
    indent: String,
}

struct Entry {
    /// The line breaks, comment lines and blanks before the value.
    lead: String,
    value: Value,
    /// The text between the value and its comma.
    gap: String,
    /// The comment behind the value, on the same line.
    comment: String,
}

/// Sets the values of the list. Values that `is_same` finds in the list keep their positions. A value that goes takes the
/// comment beside it along. Comment lines stay.
pub(super) fn change(
    array: &mut Array,
    wanted: &[Value],
    is_same: impl Fn(&Value, &Value) -> bool,
) {
    let mut missing = wanted.to_vec();
    missing.retain(|new| !array.iter().any(|value| is_same(new, value)));
    edit(array, |list| {
        list.retain(|value| wanted.iter().any(|wanted| is_same(wanted, value)));
        for value in missing {
            list.push(value);
        }
    });
}

/// Removes values from the list as [`change`] does.
pub(super) fn retain(array: &mut Array, is_wanted: impl FnMut(&Value) -> bool) {
    edit(array, |list| list.retain(is_wanted));
}

/// Adds a value to the list as [`change`] does.
pub(super) fn push(array: &mut Array, value: Value) {
    edit(array, |list| list.push(value));
}

fn edit(array: &mut Array, change: impl FnOnce(&mut List)) {
    let mut list = List::read(array);
    let first_lead = list.entries.first().map(|entry| entry.lead.clone());
    change(&mut list);
    if let (Some(lead), Some(first)) = (first_lead, list.entries.first_mut())
        && !lead.contains('#')
        && !first.lead.contains('#')
    {
        first.lead = lead;
    }
    list.write(array);
}

impl List {
    fn read(array: &Array) -> Self {
        let mut list = Self {
            head: String::new(),
            entries: Vec::new(),
            tail: String::new(),
            indent: "    ".to_owned(),
        };
        for value in array {
            let (prefix, gap) = (value.decor().prefix(), value.decor().suffix());
            let lead = list.give_comment(text(prefix));
            if let Some((_, indent)) = lead.rsplit_once('\n') {
                indent.clone_into(&mut list.indent);
            }
            let mut value = value.clone();
            value.decor_mut().clear();
            list.entries.push(Entry {
                lead,
                value,
                gap: text(gap),
                comment: String::new(),
            });
        }
        let mut tail = text(Some(array.trailing()));
        // Without a comma behind the last value, the text after the value is the end of the list.
        if !array.trailing_comma()
            && let Some(last) = list.entries.last_mut()
        {
            tail.insert_str(0, &std::mem::take(&mut last.gap));
        }
        list.tail = list.give_comment(tail);
        list
    }

    /// Gives a comment at the beginning of the text to the value before it, or to the head. Returns the rest.
    fn give_comment(&mut self, text: String) -> String {
        let end = text.find('\n').unwrap_or(text.len());
        if !text[..end].contains('#') {
            return text;
        }
        let comment = match self.entries.last_mut() {
            Some(entry) => &mut entry.comment,
            None => &mut self.head,
        };
        text[..end].clone_into(comment);
        text[end..].to_owned()
    }

    fn retain(&mut self, mut is_wanted: impl FnMut(&Value) -> bool) {
        // The comment lines around values that are gone.
        let mut lines = String::new();
        for mut entry in std::mem::take(&mut self.entries) {
            if is_wanted(&entry.value) {
                entry.lead = behind_lines(std::mem::take(&mut lines), &entry.lead, &self.indent);
                self.entries.push(entry);
                continue;
            }
            lines.push_str(comment_lines(&entry.lead));
            // The text before the first line break is beside the value.
            let gap_lines = entry.gap.find('\n').map(|end| &entry.gap[end..]);
            lines.push_str(comment_lines(gap_lines.unwrap_or_default()));
        }
        self.tail = behind_lines(lines, &self.tail, "");
    }

    fn push(&mut self, value: Value) {
        let indent = &self.indent;
        let lead = match self.tail.rfind('\n') {
            // Without a value before it, the comment lines of the tail are above it.
            Some(end) if self.entries.is_empty() => {
                let rest = self.tail.split_off(end);
                let lines = std::mem::replace(&mut self.tail, rest);
                format!("{lines}\n{indent}")
            }
            Some(_) => format!("\n{indent}"),
            None if self.entries.is_empty() => String::new(),
            None => " ".to_owned(),
        };
        self.entries.push(Entry {
            lead,
            value,
            gap: String::new(),
            comment: String::new(),
        });
    }

    fn write(self, array: &mut Array) {
        let has_comma = array.trailing_comma() && !self.entries.is_empty();
        array.clear();
        let mut before = self.head;
        for mut entry in self.entries {
            before.push_str(&after_comment(&before, entry.lead));
            entry.value.decor_mut().set_prefix(before);
            entry.value.decor_mut().set_suffix(entry.gap);
            array.push_formatted(entry.value);
            before = entry.comment;
        }
        before.push_str(&after_comment(&before, self.tail));
        array.set_trailing(before);
        array.set_trailing_comma(has_comma);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml_edit::DocumentMut;

    use super::*;

    struct Case {
        before: &'static str,
        wanted: &'static [i64],
        after: &'static str,
    }

    const CASES: &[Case] = &[
        Case {
            before: "[\n  1, # Duke\n  2, # Mueller\n]",
            wanted: &[1, 3],
            after: "[\n  1, # Duke\n  3,\n]",
        },
        Case {
            before: "[\n  1, # Duke\n  2, # Mueller\n]",
            wanted: &[2],
            after: "[\n  2, # Mueller\n]",
        },
        Case {
            before: "[\n  1, # Duke\n  2 # Mueller\n]",
            wanted: &[1, 2, 3],
            after: "[\n  1, # Duke\n  2, # Mueller\n  3\n]",
        },
        Case {
            before: "[ # ours\n  # friends\n  1,\n  2, # two\n  # enemies\n  3,\n  # the end\n]",
            wanted: &[2],
            after: "[ # ours\n  # friends\n  2, # two\n  # enemies\n  # the end\n]",
        },
        Case {
            before: "[ # ours\n  # friends\n  1, # one\n  # enemies\n  3,\n]",
            wanted: &[7],
            after: "[ # ours\n  # friends\n  # enemies\n  7,\n]",
        },
        Case {
            before: "[1, 2, # both\n 3, 4]",
            wanted: &[1, 2, 4],
            after: "[1, 2, # both\n 4]",
        },
        Case {
            before: "[1, 2, # both\n 3]",
            wanted: &[3],
            after: "[3]",
        },
        Case {
            before: "[ 1, 2 ]",
            wanted: &[2, 5],
            after: "[ 2, 5 ]",
        },
        Case {
            before: "[1 , 2,]",
            wanted: &[2],
            after: "[2,]",
        },
        Case {
            before: "[1, # one\n]",
            wanted: &[],
            after: "[\n]",
        },
        Case {
            before: "[]",
            wanted: &[1, 2],
            after: "[1, 2]",
        },
        Case {
            before: "[ # nobody yet\n]",
            wanted: &[1],
            after: "[ # nobody yet\n    1\n]",
        },
        Case {
            before: "[\n  # officers\n  1, 2, 3,\n]",
            wanted: &[2, 3],
            after: "[\n  # officers\n  2, 3,\n]",
        },
        Case {
            before: "[1,\n  # friend\n  2]",
            wanted: &[1],
            after: "[1\n  # friend\n]",
        },
        Case {
            before: "[1,\n  # friend\n  2]",
            wanted: &[7],
            after: "[\n  # friend\n  7\n]",
        },
        Case {
            before: "[1 # one\n  # friends\n  , 2, 3]",
            wanted: &[3],
            after: "[\n  # friends\n    3]",
        },
    ];

    #[test]
    fn a_comment_stays_with_the_value_before_it() {
        for case in CASES {
            let after = changed(case.before, case.wanted);

            assert_eq!(after, format!("ids = {}\n", case.after), "{}", case.before);
            assert_eq!(ids(&after), case.wanted, "{}", case.before);
        }
    }

    fn changed(list: &str, wanted: &[i64]) -> String {
        let mut document: DocumentMut = format!("ids = {list}").parse().unwrap();
        let array = document["ids"].as_array_mut().unwrap();
        let wanted: Vec<Value> = wanted.iter().copied().map(Value::from).collect();
        change(array, &wanted, |a, b| a.as_integer() == b.as_integer());
        document.to_string()
    }

    fn ids(text: &str) -> Vec<i64> {
        let document: DocumentMut = text
            .parse()
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let array = document["ids"].as_array().unwrap();
        array.iter().filter_map(Value::as_integer).collect()
    }

    /// An id of a list, and the comments around it.
    #[derive(Clone, Debug)]
    struct Listed {
        is_wanted: bool,
        /// The number of comment lines before the id.
        lines_before: usize,
        /// Whether a line begins before the id, also without a comment.
        is_on_own_line: bool,
        /// The number of comments between the id and its comma. The first one is beside the id.
        before_comma: usize,
        /// Whether a comment is behind the comma.
        is_behind_comma: bool,
    }

    fn listed() -> impl Strategy<Value = Listed> {
        let parts = (
            any::<bool>(),
            0..3_usize,
            any::<bool>(),
            0..3_usize,
            any::<bool>(),
        );
        parts.prop_map(
            |(is_wanted, lines_before, is_on_own_line, before_comma, is_behind_comma)| Listed {
                is_wanted,
                lines_before,
                is_on_own_line,
                before_comma,
                is_behind_comma,
            },
        )
    }

    /// A list as text, and the comments that an edit must keep.
    #[derive(Default)]
    struct Written {
        text: String,
        comments: usize,
        kept: Vec<String>,
        is_in_comment: bool,
    }

    impl Written {
        fn list(has_head: bool, list: &[Listed], end_lines: usize, has_end_comma: bool) -> Self {
            let mut written = Self::default();
            written.text.push('[');
            if has_head {
                written.comment(true);
            }
            for (index, id) in list.iter().enumerate() {
                written.comment_lines(id.lines_before);
                written.go_on(id.is_on_own_line);
                written.text.push_str(&index.to_string());
                if index + 1 < list.len() || has_end_comma {
                    if let Some(lines) = id.before_comma.checked_sub(1) {
                        written.comment(id.is_wanted);
                        written.comment_lines(lines);
                        written.go_on(false);
                    }
                    written.text.push(',');
                }
                if id.is_behind_comma {
                    written.comment(id.is_wanted);
                }
            }
            written.comment_lines(end_lines);
            written.go_on(false);
            written.text.push(']');
            written
        }

        fn comment(&mut self, is_kept: bool) {
            let comment = format!("# {}.", self.comments);
            self.comments += 1;
            self.text.push(' ');
            self.text.push_str(&comment);
            self.is_in_comment = true;
            if is_kept {
                self.kept.push(comment);
            }
        }

        fn comment_lines(&mut self, count: usize) {
            for _ in 0..count {
                self.text.push_str("\n ");
                self.comment(true);
            }
        }

        /// Ends a comment, so that a value or a comma can follow.
        fn go_on(&mut self, begins_line: bool) {
            let is_in_comment = std::mem::take(&mut self.is_in_comment);
            let blanks = if is_in_comment || begins_line {
                "\n  "
            } else {
                " "
            };
            self.text.push_str(blanks);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_edit_gives_the_wanted_ids_and_keeps_the_comments_that_are_not_beside_removed_ids(
            list in prop::collection::vec(listed(), 0..6),
            (has_head, end_lines, has_end_comma) in (any::<bool>(), 0..2_usize, any::<bool>()),
            new_ids in 0..3_i64,
        ) {
            let before = Written::list(has_head, &list, end_lines, has_end_comma && !list.is_empty());
            let mut wanted: Vec<i64> = (0..)
                .zip(&list)
                .filter(|(_, id)| id.is_wanted)
                .map(|(id, _)| id)
                .collect();
            wanted.extend(100..100 + new_ids);

            let after = changed(&before.text, &wanted);

            prop_assert_eq!(ids(&after), wanted, "{}\n{}", before.text, after);
            for comment in before.kept {
                let count = after.matches(&comment).count();
                prop_assert_eq!(count, 1, "{}: {}\n{}", comment, before.text, after);
            }
        }
    }
}
