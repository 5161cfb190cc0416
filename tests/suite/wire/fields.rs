//! Changes one field of one body at a time, in every way, and compares the decoded facts.

use serde_json::Value;

use super::bodies;
use super::change::{CHANGES, Change, Class, Outcome, outcome};
use super::facts::{Facts, facts};
use super::table::{Row, rows};

#[test]
fn each_field_of_an_answer_behaves_as_its_row_says() {
    let rows = rows();
    let mut used = vec![false; rows.len()];
    let (mut complaints, mut cases) = (Vec::new(), 0);

    for (name, body) in bodies::all() {
        let before = facts(name, &body);
        assert_eq!(before.rejected, Vec::<String>::new(), "{name}: {body}");
        for field in fields(name, &body, &rows) {
            let Some(index) = field.row else {
                complaints.push(format!("{name}: {} has no row", field.path));
                continue;
            };
            used[index] = true;
            for change in CHANGES.iter().copied() {
                let Some(changed) = with_change(&body, &field.pointer, change) else {
                    continue;
                };
                cases += 1;
                let row = &rows[index];
                let after = facts(name, &changed);
                let comparison = Comparison::new(change, row, &field, &before, &after);
                if let Err(why) = comparison.check() {
                    let path = &field.path;
                    complaints.push(format!(
                        "{name}: {path} {change:?} ({:?}): {why}",
                        row.class
                    ));
                }
            }
        }
    }

    for (row, _) in rows.iter().zip(used).filter(|(_, used)| !used) {
        complaints.push(format!("{}: nothing has the path {}", row.body, row.path));
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert!(cases > 5_000, "only {cases} cases");
}

/// A field of a body.
struct Field {
    /// The path, for example `members[0].level`.
    path: String,
    pointer: String,
    /// The prefix of the names of the facts in the same part of the body.
    part: String,
    /// The index of the row in the table.
    row: Option<usize>,
}

/// Every field, except those inside ignored fields.
fn fields(name: &str, body: &Value, rows: &[Row]) -> Vec<Field> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), String::new(), body)];
    while let Some((path, pointer, value)) = open.pop() {
        if !path.is_empty() {
            let row = row_for(name, &path, rows);
            let is_ignored = row.is_some_and(|row| rows[row].class == Class::Ignored);
            found.push(Field {
                part: part_of(&path, body),
                path: path.clone(),
                pointer: pointer.clone(),
                row,
            });
            if is_ignored {
                continue;
            }
        }
        match value {
            Value::Object(fields) => open.extend(fields.iter().map(|(field, value)| {
                let inner = if path.is_empty() {
                    field.clone()
                } else {
                    format!("{path}.{field}")
                };
                (inner, format!("{pointer}/{field}"), value)
            })),
            Value::Array(items) => open.extend(items.iter().enumerate().map(|(index, item)| {
                (
                    format!("{path}[{index}]"),
                    format!("{pointer}/{index}"),
                    item,
                )
            })),
            _ => {}
        }
    }
    found
}

/// The index of the row for a path. The most specific row is used: its path may have all indices, the first index, all
/// but the first, or none.
fn row_for(body: &str, path: &str, rows: &[Row]) -> Option<usize> {
    let general = |count: usize| {
        let mut general = String::new();
        for (number, part) in path.split('[').enumerate() {
            match part.split_once(']') {
                Some((_, after)) if number <= count => general.extend(["[]", after]),
                Some(_) => general.extend(["[", part]),
                None => general.push_str(part),
            }
        }
        general
    };
    let first = path.find(']').map_or(0, |end| end + 1);
    let all = general(usize::MAX);
    let inside = all.find("[]").map_or("", |start| &all[start + 2..]);
    let but_first = format!("{}{inside}", &path[..first]);
    [general(0), but_first, general(1), all.clone()]
        .iter()
        .find_map(|path| {
            rows.iter()
                .position(|row| row.body == body && row.path == *path)
        })
}

/// The part of a body to which a field belongs, with the name that `facts` gives it.
fn part_of(path: &str, body: &Value) -> String {
    let (before, inside) = path.split_once('[').unwrap_or((path, ""));
    let top = before.split('.').next().unwrap();
    let item = match top {
        "personalstats" | "info" => return top.to_owned(),
        "rankedwarreport" | "territorywarreport" => &body[top],
        "wars" if path.starts_with("wars.ranked") => &body["wars"]["ranked"],
        _ if inside.is_empty() => {
            return before
                .split_once('.')
                .filter(|(top, _)| *top != "wars")
                .map_or(before, |(top, _)| top)
                .to_owned();
        }
        _ => {
            let index: usize = inside.split(']').next().unwrap().parse().unwrap();
            &body
                .pointer(&format!("/{}", before.replace('.', "/")))
                .unwrap()[index]
        }
    };
    let list = if path.starts_with("wars.ranked") {
        "wars.ranked"
    } else if inside.is_empty() || top.ends_with("report") {
        top
    } else {
        before
    };
    let id = ["id", "war_id", "territory"]
        .iter()
        .find_map(|field| item.get(field))
        .unwrap();
    format!(
        "{list}/{}",
        id.as_str().map_or_else(|| id.to_string(), str::to_owned)
    )
}

/// The body with one field changed; `None` if the change has no effect.
fn with_change(body: &Value, pointer: &str, change: Change) -> Option<Value> {
    let mut changed = body.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = changed.pointer_mut(parent).unwrap();
    match (change.value(), parent) {
        (Some(value), parent) => *parent.pointer_mut(&format!("/{name}")).unwrap() = value,
        (None, Value::Object(fields)) if change == Change::Drop => drop(fields.remove(name)),
        (None, Value::Array(items)) => {
            let index: usize = name.parse().unwrap();
            let item = items.remove(index);
            if change == Change::Twice {
                items.insert(index, item.clone());
                items.insert(index, item);
            }
        }
        _ => {}
    }
    (changed != *body).then_some(changed)
}

/// The facts of a body before and after one field was changed, and the outcome that its row requires.
struct Comparison<'a> {
    field: &'a Field,
    class: Class,
    change: Change,
    expected: Outcome,
    /// The names of the facts that come from the field.
    names: Vec<String>,
    before: &'a Facts,
    after: &'a Facts,
}

impl<'a> Comparison<'a> {
    fn new(
        change: Change,
        row: &Row,
        field: &'a Field,
        before: &'a Facts,
        after: &'a Facts,
    ) -> Self {
        let names = row.facts.iter();
        Self {
            field,
            class: row.class,
            change,
            expected: outcome(row.class, change),
            names: names.map(|fact| format!("{}.{fact}", field.part)).collect(),
            before,
            after,
        }
    }

    fn check(&self) -> Result<(), String> {
        self.check_rejections()?;
        for (name, value) in &self.before.known {
            self.check_fact(name, value)?;
        }
        self.check_that_a_fact_has_changed()?;
        self.check_new_facts()
    }

    fn check_rejections(&self) -> Result<(), String> {
        let expected = self.expected;
        let rejected = &self.after.rejected;
        let elsewhere = rejected
            .iter()
            .find(|path| !is_at(path, self.field, self.class, self.change));
        if let Some(path) = elsewhere {
            return Err(format!("{path} is rejected"));
        }
        let must_reject = matches!(expected, Outcome::Rejected | Outcome::RejectedInside);
        if must_reject == rejected.is_empty() {
            return Err(format!("{expected:?} was expected, rejected: {rejected:?}"));
        }
        Ok(())
    }

    /// Checks the new value of one fact.
    fn check_fact(&self, name: &String, value: &String) -> Result<(), String> {
        let expected = self.expected;
        let new = self.after.known.get(name);
        let comes_from_field = self.names.contains(name);
        let is_right = match expected {
            Outcome::Rejected | Outcome::Gone | Outcome::Renamed if self.is_of_part(name) => {
                new.is_none()
            }
            Outcome::Unknown | Outcome::RejectedInside if comes_from_field => {
                new.is_some_and(|new| ["None", "Unknown"].contains(&new.as_str()))
            }
            Outcome::Changed if comes_from_field => new.is_some(),
            _ => new == Some(value),
        };
        if is_right {
            return Ok(());
        }
        Err(format!(
            "{expected:?} was expected, {name} is {value} and then {new:?}"
        ))
    }

    fn check_that_a_fact_has_changed(&self) -> Result<(), String> {
        let is_same = |name: &String| self.before.known.get(name) == self.after.known.get(name);
        if self.expected == Outcome::Changed && self.names.iter().all(is_same) {
            return Err(format!("none of {:?} has changed", self.names));
        }
        Ok(())
    }

    /// Checks that only an item with another id brings new facts.
    fn check_new_facts(&self) -> Result<(), String> {
        let known = &self.before.known;
        let new = self
            .after
            .known
            .keys()
            .find(|name| !known.contains_key(*name));
        match new {
            Some(new) if self.expected != Outcome::Renamed => Err(format!("{new} is new")),
            _ => Ok(()),
        }
    }

    fn is_of_part(&self, name: &str) -> bool {
        name.strip_prefix(&self.field.part)
            .is_some_and(|rest| rest.starts_with(['.', '/']))
    }
}

/// Whether the path of a rejection is that of the field. Some fields have two names, which count as one.
fn is_at(place: &str, field: &Field, class: Class, change: Change) -> bool {
    let one_name = |path: &str| {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        let name = match name {
            "war_id" => "id",
            "started_at" => "start",
            "ended_at" => "end",
            "aggressor" | "defender" => "factions",
            name => name,
        };
        format!("{parent}.{name}")
    };
    if place.starts_with(&field.path) || one_name(place) == one_name(&field.path) {
        return true;
    }
    // For a missing field, serde gives the path of the object.
    if change == Change::Drop
        && field
            .path
            .rsplit_once('.')
            .is_some_and(|(parent, _)| parent == place)
    {
        return true;
    }
    // If the sides contradict each other, the error has another path in the same war.
    let item = field.path.split(".factions").next().unwrap_or_default();
    matches!(class, Class::Sides | Class::Aggressor | Class::Defender) && place.starts_with(item)
}
