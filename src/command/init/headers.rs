//! Adds and removes tables with a header of their own, such as `[[key]]`, and leaves the comment lines between the tables.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

use crate::command::init::spaces::text;

/// Adds a table to an array of tables. If no other table comes after it, it is the end of the file, behind all comments.
pub(super) fn push(document: &mut DocumentMut, name: &str, mut table: Table) {
    let last = positions(document).into_iter().max();
    let last_of_array = tables_of(document, name)
        .and_then(|tables| tables.iter().filter_map(Table::position).max());
    let mut prefix = String::new();
    if last_of_array.is_none() || last_of_array == last {
        table.set_position(Some(last.map_or(0, |last| last + 1)));
        let end = text(Some(document.trailing()));
        if end.contains('#') {
            document.set_trailing("");
            prefix = with_line_end(end);
        }
    }
    table.decor_mut().set_prefix(prefix + "\n");
    let item = document
        .entry(name)
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Item::ArrayOfTables(tables) = item {
        tables.push(table);
    }
}

/// Removes a table from an array of tables. The comment lines above it stay, and belong to nothing.
pub(super) fn remove(document: &mut DocumentMut, name: &str, index: usize) {
    let Some(tables) = tables_of(document, name) else {
        return;
    };
    let Some(table) = tables.get(index) else {
        return;
    };
    let (position, lines) = (table.position(), text(table.decor().prefix()));
    tables.remove(index);
    if !lines.contains('#') {
        return;
    }
    let behind = |rest: String| {
        let is_apart = rest.is_empty() || rest.starts_with('\n');
        format!("{lines}{}{rest}", if is_apart { "" } else { "\n" })
    };
    let next = positions(document)
        .into_iter()
        .filter(|other| Some(*other) > position)
        .min();
    if next.is_none() {
        let rest = behind(text(Some(document.trailing())));
        document.set_trailing(rest);
        return;
    }
    for_each_table(document.as_table_mut(), &mut |table| {
        if table.position() == next && has_header(table) {
            let rest = behind(text(table.decor().prefix()));
            table.decor_mut().set_prefix(rest);
        }
    });
}

fn tables_of<'a>(document: &'a mut DocumentMut, name: &str) -> Option<&'a mut ArrayOfTables> {
    document.get_mut(name)?.as_array_of_tables_mut()
}

/// The positions in the file of all tables with a header.
fn positions(document: &mut DocumentMut) -> Vec<isize> {
    let mut positions = Vec::new();
    for_each_table(document.as_table_mut(), &mut |table| {
        positions.extend(table.position().filter(|_| has_header(table)));
    });
    positions
}

fn has_header(table: &Table) -> bool {
    !table.is_dotted() && !table.is_implicit()
}

fn for_each_table(table: &mut Table, act: &mut impl FnMut(&mut Table)) {
    for (_, item) in table.iter_mut() {
        let tables: Vec<&mut Table> = match item {
            Item::Table(table) => vec![table],
            Item::ArrayOfTables(tables) => tables.iter_mut().collect(),
            _ => Vec::new(),
        };
        for table in tables {
            act(table);
            for_each_table(table, act);
        }
    }
}

fn with_line_end(text: String) -> String {
    if text.ends_with('\n') {
        text
    } else {
        text + "\n"
    }
}
