//! Reads the header of a CSV file: the delimiter, the table, and the place of each column.

use std::cmp::Reverse;

use crate::error::Exit;
use crate::model::formula::without_guard;
use crate::model::import::kind::Kind;
use crate::model::import::rules::{TABLES, Table, table_named};
use crate::model::key::mask_key_like;
use crate::model::nearest::nearest;

/// Columns that `export` writes and that an import assigns itself.
const GENERATED: [&str; 4] = ["id", "created_at", "period_end", "period_type"];

pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

const DELIMITERS: [char; 4] = [',', ';', '|', '\t'];

/// The contents of a header.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) table: Table,
    pub(crate) delimiter: u8,
    /// The names in the header, without the empty ones at its end.
    pub(crate) names: Vec<String>,
    /// The number of cells in the header. A spreadsheet writes empty ones at the end.
    pub(crate) width: usize,
    /// The place of each column of the table in a line; `None`: the file does not have it.
    pub(crate) places: Vec<Option<usize>>,
    /// The place of the id of a row.
    pub(crate) id: Option<usize>,
    /// Whether the file was written for spreadsheets, with `'` before what looks like a formula.
    is_spreadsheet: bool,
}

/// A header that is not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) cause: String,
    pub(crate) help: String,
    pub(crate) exit: Exit,
}

impl Refusal {
    /// The refusal of a header that was found in this line. An unknown dataset is not about the file.
    #[must_use]
    pub(crate) fn in_line(mut self, line: u64) -> Self {
        if self.exit == Exit::Config {
            self.cause = format!("{}; line {line} was taken as the header", self.cause);
        }
        self
    }
}

impl Sheet {
    pub(crate) fn has(&self, column: &str) -> bool {
        self.names.iter().any(|name| name == column)
    }

    /// Whether the column at this place of a line holds texts of any form.
    pub(crate) fn is_text(&self, place: usize) -> bool {
        self.columns_before(place + 1).any(|(at, kind)| {
            at == place && matches!(kind, Kind::Text | Kind::FilledText | Kind::Name)
        })
    }

    /// Whether `""` at this place of a line is a text. In the other columns it is unknown, as an empty cell is: programs that
    /// quote every cell write it so.
    pub(crate) fn takes_empty_text(&self, place: usize) -> bool {
        self.columns_before(place + 1)
            .any(|(at, kind)| at == place && matches!(kind, Kind::Text | Kind::Name))
    }

    /// Whether one of the first `count` columns is one that every row needs.
    pub(crate) fn has_needed_before(&self, count: usize) -> bool {
        self.columns_before(count)
            .any(|(_, kind)| kind.is_needed_in_csv())
    }

    /// The places and kinds of those columns of the table that are among the first `count` of the file.
    fn columns_before(&self, count: usize) -> impl Iterator<Item = (usize, Kind)> {
        let columns = self.table.columns.iter().zip(&self.places);
        columns
            .filter_map(|(column, place)| Some(((*place)?, column.kind)))
            .filter(move |(place, _)| *place < count)
    }

    /// The text without the `'` that keeps a spreadsheet from running it.
    pub(crate) fn without_guard<'a>(&self, text: &'a str) -> &'a str {
        if self.is_spreadsheet {
            without_guard(text)
        } else {
            text
        }
    }
}

/// The byte order mark, or nothing, of a line that is no header, but is about the file: `sep=;`, which Excel reads, or the
/// `#TYPE` that PowerShell writes.
pub(crate) fn byte_order_mark_before_remark(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(BYTE_ORDER_MARK);
    let rest = text.trim_end_matches(['\n', '\r']).trim_matches('"');
    let begins = |start: &str| {
        let found = rest.get(..start.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(start))
    };
    let is_separator = begins("sep=") && rest[4..].chars().count() == 1;
    (is_separator || begins("#TYPE ")).then(|| &line[..line.len() - text.len()])
}

/// Whether a line before the header has no text: it is empty, or a row without values as spreadsheets write it.
pub(crate) fn is_blank(line: &str) -> bool {
    line.chars().all(|found| {
        found.is_whitespace() || found == BYTE_ORDER_MARK || DELIMITERS.contains(&found)
    })
}

/// Reads the header of a file. `dataset` names the table; `None`: the columns tell.
///
/// # Errors
///
/// [`Exit::Usage`] for an unknown dataset, [`Exit::Config`] for a header that fits no table, or more than one.
pub(crate) fn read(line: &str, dataset: Option<&str>) -> Result<Sheet, Refusal> {
    let without_mark = line.trim_start_matches(BYTE_ORDER_MARK);
    let is_spreadsheet = without_mark.len() < line.len();
    let text = without_mark.trim_end_matches(['\n', '\r']);
    let delimiter = DELIMITERS
        .into_iter()
        .max_by_key(|delimiter| text.matches(*delimiter).count())
        .unwrap_or(',');
    let mut names: Vec<String> = text
        .split(delimiter)
        // All our names are in small letters. Database tools and spreadsheets write capitals.
        .map(|name| name.trim_matches('"').to_ascii_lowercase())
        .collect();
    let width = names.len();
    let last = names.iter().rposition(|name| !name.is_empty());
    names.truncate(last.map_or(width, |place| place + 1));
    let table = match dataset {
        Some(dataset) => named_table(dataset, &names)?,
        None => only_table(&names)?,
    };
    refuse_repeated(&names)?;
    refuse_no_values(&table, &names)?;
    let places = table
        .columns
        .iter()
        .map(|column| names.iter().position(|name| name == column.name))
        .collect();
    Ok(Sheet {
        table,
        delimiter: u8::try_from(delimiter).unwrap_or(b','),
        places,
        id: names.iter().position(|name| name == "id"),
        names,
        width,
        is_spreadsheet,
    })
}

fn named_table(dataset: &str, names: &[String]) -> Result<Table, Refusal> {
    let Some(table) = table_named(dataset) else {
        let known: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        return Err(Refusal {
            cause: format!("{dataset:?} is no table that can be imported"),
            help: match nearest(dataset, known.iter().copied()) {
                Some(nearest) => {
                    format!("did you mean {nearest}? Others are: {}", known.join(", "))
                }
                None => format!("name one of: {}", known.join(", ")),
            },
            exit: Exit::Usage,
        });
    };
    if let Some(place) = unknown_place(table, names) {
        return Err(refusal(
            match names[place].as_str() {
                "" => unnamed(place),
                unknown => format!("{dataset} has no column {:?}", mask_key_like(unknown)),
            },
            "name another table with --dataset, or remove that column",
        ));
    }
    if let Some(missing) = missing(table, names) {
        return Err(refusal(
            format!(
                "the column {missing} is missing, without which no row of {dataset} can be taken"
            ),
            "export it again with all columns",
        ));
    }
    Ok(*table)
}

/// Refuses a column that is there twice: nothing says which of the two values is right.
fn refuse_repeated(names: &[String]) -> Result<(), Refusal> {
    let repeated = names.iter().enumerate().find_map(|(second, name)| {
        let first = names[..second].iter().position(|other| other == name)?;
        Some((name, first + 1, second + 1))
    });
    match repeated {
        Some((name, first, second)) => Err(refusal(
            format!("the columns {first} and {second} have the same name, {name:?}"),
            "remove one of them from the file, or give it its right name",
        )),
        None => Ok(()),
    }
}

/// Refuses a history or a summary whose columns say which rows there are, and nothing else.
fn refuse_no_values(table: &Table, names: &[String]) -> Result<(), Refusal> {
    let kinds = [Kind::Moment, Kind::PastMonth];
    let has_time = table
        .columns
        .iter()
        .any(|column| kinds.contains(&column.kind));
    let mut values = table
        .columns
        .iter()
        .filter(|column| column.is_value())
        .peekable();
    let Some(example) = values.peek().map(|column| column.name).filter(|_| has_time) else {
        return Ok(());
    };
    if values.any(|column| names.iter().any(|name| name == column.name)) {
        return Ok(());
    }
    Err(refusal(
        format!(
            "its header has no column of {} with a value, such as {example}",
            table.name
        ),
        "export it again with all columns",
    ))
}

fn only_table(names: &[String]) -> Result<Table, Refusal> {
    let fitting: Vec<&Table> = TABLES
        .iter()
        .filter(|table| names.iter().all(|name| knows(table, name)))
        .filter(|table| missing(table, names).is_none())
        .collect();
    match fitting[..] {
        [table] => Ok(*table),
        [] => Err(no_table(names)),
        _ => Err(refusal(
            format!(
                "its columns fit several tables: {}",
                fitting
                    .iter()
                    .map(|table| table.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            "name the table with --dataset",
        )),
    }
}

/// Names the table that has the most of these columns, and the column that does not fit.
fn no_table(names: &[String]) -> Refusal {
    // A blank before a name should not lead to another table.
    let is_known = |table: &Table, name: &str| table.position(name.trim()).is_some();
    let known = |table: &Table| names.iter().filter(|name| is_known(table, name)).count();
    let fewest_columns = |table: &&Table| (known(table), Reverse(table.columns.len()));
    let closest = TABLES.iter().max_by_key(fewest_columns);
    let Some(table) = closest.filter(|table| known(table) > 0) else {
        return refusal(
            "it is neither an SQLite database nor a CSV file with the header of a table that can be imported".to_owned(),
            "name a file that `export` wrote of a table; views are not imported",
        );
    };
    if let Some(column) = names.iter().find(|name| name.ends_with("_utc")) {
        return of_view(table, column);
    }
    let start = format!("its header fits no table; the nearest is {}, ", table.name);
    let cause = match (unknown_place(table, names), missing(table, names)) {
        (Some(place), _) if names[place].is_empty() => {
            format!("{start}and {}", unnamed(place))
        }
        (Some(place), _) => {
            let unknown = &names[place];
            let columns = table.columns.iter().map(|column| column.name);
            let meant = nearest(unknown, columns)
                .map_or_else(String::new, |column| format!("; did you mean {column}?"));
            format!(
                "{start}which has no column {:?}{meant}",
                mask_key_like(unknown)
            )
        }
        (None, missing) => format!(
            "{start}and the column {} is missing, without which no row can be taken",
            missing.unwrap_or("of the id")
        ),
    };
    refusal(
        cause,
        "correct the header, or remove columns that no table has; views are not imported",
    )
}

/// Only views have columns of times as text, whose names end in `_utc`.
fn of_view(table: &Table, column: &str) -> Refusal {
    let name = table.name;
    refusal(
        format!(
            "it looks like an export of a view, which cannot be imported: no table has the column {:?}",
            mask_key_like(column)
        ),
        &format!("import an export of the table: `export {name} --output {name}.csv`"),
    )
}

/// The place of the first column that the table does not have.
fn unknown_place(table: &Table, names: &[String]) -> Option<usize> {
    names.iter().position(|name| !knows(table, name))
}

fn unnamed(place: usize) -> String {
    format!("column {} of the file has no name", place + 1)
}

fn refusal(cause: String, help: &str) -> Refusal {
    Refusal {
        cause,
        help: help.to_owned(),
        exit: Exit::Config,
    }
}

fn knows(table: &Table, name: &str) -> bool {
    table.position(name).is_some() || (GENERATED.contains(&name))
}

/// The columns without which a row would say something that nobody observed: NULL means "no owner",
/// "no racket" or "still a member".
const MEANING_OF_NULL: &[(&str, &[&str])] = &[
    (
        "territories",
        &["faction_id", "racket_type", "racket_level", "war_status"],
    ),
    (
        "territory_ownership_history",
        &["faction_id", "racket_type", "racket_level", "war_status"],
    ),
    ("faction_membership", &["left_at"]),
];

fn null_has_a_meaning(table: &Table, column: &str) -> bool {
    MEANING_OF_NULL
        .iter()
        .any(|(name, columns)| *name == table.name && columns.contains(&column))
}

/// The first column that every row needs and the header does not have.
fn missing(table: &Table, names: &[String]) -> Option<&'static str> {
    table
        .columns
        .iter()
        .filter(|column| column.kind.is_needed_in_csv() || null_has_a_meaning(table, column.name))
        .map(|column| column.name)
        .find(|name| !names.iter().any(|known| known == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_tell_the_table_and_the_delimiter() {
        let sheet = read(
            "\u{feff}id;faction_id;timestamp;respect;data_source\r\n",
            None,
        )
        .unwrap();

        assert_eq!(sheet.table.name, "faction_history");
        assert_eq!(sheet.delimiter, b';');
        assert_eq!(
            sheet.places,
            [Some(1), Some(2), Some(3), None, None, Some(4)]
        );
        assert_eq!(sheet.without_guard("'=1+1"), "=1+1");
        assert_eq!(sheet.without_guard("'twas"), "'twas");
    }

    #[test]
    fn a_header_of_no_table_is_refused() {
        assert!(read("name,level,total_stats,networth", None).is_err());
        assert!(read("Dear diary", None).is_err());
        let refused = read("faction_id,name", Some("faction")).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert!(
            read("faction_id,nmae", Some("factions"))
                .unwrap_err()
                .cause
                .contains("nmae")
        );
    }
}
