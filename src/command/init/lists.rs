//! Changes the values of a TOML list, and leaves the comments between them.

use toml_edit::{Array, RawString, Value};

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
    let mut list = List::read(array);
    let first_lead = list.entries.first().map(|entry| entry.lead.clone());
    let mut missing = wanted.to_vec();
    missing.retain(|new| !list.entries.iter().any(|entry| is_same(new, &entry.value)));
    list.retain(|value| wanted.iter().any(|wanted| is_same(wanted, value)));
    for value in missing {
        list.push(value);
    }
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

    fn retain(&mut self, is_wanted: impl Fn(&Value) -> bool) {
        // The comment lines before values that are gone.
        let mut lines = String::new();
        for mut entry in std::mem::take(&mut self.entries) {
            if is_wanted(&entry.value) {
                entry.lead.insert_str(0, &std::mem::take(&mut lines));
                self.entries.push(entry);
            } else if let Some((before, _)) = entry.lead.rsplit_once('\n')
                && before.contains('#')
            {
                lines.push_str(before);
            }
        }
        self.tail.insert_str(0, &lines);
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

/// The text for the place behind `before`. A comment extends to the end of its line.
fn after_comment(before: &str, text: String) -> String {
    if before.is_empty() || text.starts_with('\n') {
        text
    } else {
        format!("\n{text}")
    }
}

fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
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
    ];

    #[test]
    fn a_comment_stays_with_the_value_before_it() {
        for case in CASES {
            let mut document: DocumentMut = format!("ids = {}", case.before).parse().unwrap();
            let array = document["ids"].as_array_mut().unwrap();
            let wanted: Vec<Value> = case.wanted.iter().copied().map(Value::from).collect();

            change(array, &wanted, |a, b| a.as_integer() == b.as_integer());

            let after = document.to_string();
            assert_eq!(after, format!("ids = {}\n", case.after), "{}", case.before);
            let again: DocumentMut = after.parse().unwrap();
            let found: Vec<i64> = again["ids"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_integer)
                .collect();
            assert_eq!(found, case.wanted, "{}", case.before);
        }
    }
}
