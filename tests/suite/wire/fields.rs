//! Each field of each body that `fetch` reads, changed in every way, one at a time.

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
                let Some(spoilt) = spoil(&body, &field.pointer, change) else {
                    continue;
                };
                cases += 1;
                let row = &rows[index];
                let after = facts(name, &spoilt);
                if let Err(why) = holds(change, row, &field, &before, &after) {
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
    /// The names of the facts of its part begin with this.
    part: String,
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

/// The row of a path: with all positions, with the first, without the first, without any.
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

/// The part of an answer that a field belongs to, as `facts` names it.
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
fn spoil(body: &Value, pointer: &str, change: Change) -> Option<Value> {
    let mut spoilt = body.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = spoilt.pointer_mut(parent).unwrap();
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
    (spoilt != *body).then_some(spoilt)
}

/// Checks that a changed body was decoded as its row requires.
fn holds(
    change: Change,
    row: &Row,
    field: &Field,
    before: &Facts,
    after: &Facts,
) -> Result<(), String> {
    let wanted = outcome(row.class, change);
    if let Some(place) = after
        .rejected
        .iter()
        .find(|place| !is_at(place, field, row.class, change))
    {
        return Err(format!("{place} is rejected"));
    }
    let is_rejected = matches!(wanted, Outcome::Rejected | Outcome::RejectedInside);
    if is_rejected == after.rejected.is_empty() {
        return Err(format!(
            "{wanted:?} was expected, rejected: {:?}",
            after.rejected
        ));
    }
    let names: Vec<String> = row
        .facts
        .iter()
        .map(|fact| format!("{}.{fact}", field.part))
        .collect();
    let is_of_part = |name: &str| {
        name.strip_prefix(&field.part)
            .is_some_and(|rest| rest.starts_with(['.', '/']))
    };
    for (name, value) in &before.known {
        let now = after.known.get(name);
        let is_named = names.contains(name);
        let is_right = match wanted {
            Outcome::Rejected | Outcome::Gone | Outcome::Renamed if is_of_part(name) => {
                now.is_none()
            }
            Outcome::Unknown | Outcome::RejectedInside if is_named => {
                now.is_some_and(|now| ["None", "Unknown"].contains(&now.as_str()))
            }
            Outcome::Changed if is_named => now.is_some(),
            _ => now == Some(value),
        };
        if !is_right {
            return Err(format!(
                "{wanted:?} was expected, {name} is {value} and then {now:?}"
            ));
        }
    }
    if wanted == Outcome::Changed
        && names
            .iter()
            .all(|name| before.known.get(name) == after.known.get(name))
    {
        return Err(format!("none of {names:?} has changed"));
    }
    let new = after
        .known
        .keys()
        .find(|name| !before.known.contains_key(*name));
    match new {
        Some(new) if wanted != Outcome::Renamed => Err(format!("{new} is new")),
        _ => Ok(()),
    }
}

/// Whether a rejection names the place of the field. Two names of one field are one.
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
    // Serde names the object in which a field is missing.
    if change == Change::Drop
        && field
            .path
            .rsplit_once('.')
            .is_some_and(|(parent, _)| parent == place)
    {
        return true;
    }
    // A contradiction between the sides is reported at its own place.
    let item = field.path.split(".factions").next().unwrap_or_default();
    matches!(class, Class::Sides | Class::Aggressor | Class::Defender) && place.starts_with(item)
}
