//! Reads the header of a CSV file: the delimiter, the table, and the place of each column.

use crate::error::Exit;
use crate::model::formula::without_guard;
use crate::model::import::rules::{TABLES, Table, table_named};
use crate::model::key::mask_key_like;
use crate::model::nearest::nearest;

/// Columns that `export` writes and that an import assigns itself.
const GENERATED: [&str; 4] = ["id", "created_at", "period_end", "period_type"];

const DELIMITERS: [char; 4] = [',', ';', '|', '\t'];

/// The contents of a header.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) table: Table,
    pub(crate) delimiter: u8,
    /// The names in the header.
    pub(crate) names: Vec<String>,
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

impl Sheet {
    pub(crate) fn has(&self, column: &str) -> bool {
        self.names.iter().any(|name| name == column)
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

/// Reads the first line of a file. `dataset` names the table; `None`: the columns tell.
///
/// # Errors
///
/// [`Exit::Usage`] for an unknown dataset, [`Exit::Config`] for a header that fits no table, or more than one.
pub(crate) fn read(line: &str, dataset: Option<&str>) -> Result<Sheet, Refusal> {
    let without_mark = line.trim_start_matches('\u{feff}');
    let is_spreadsheet = without_mark.len() < line.len();
    let text = without_mark.trim_end_matches(['\n', '\r']);
    let delimiter = DELIMITERS
        .into_iter()
        .max_by_key(|delimiter| text.matches(*delimiter).count())
        .unwrap_or(',');
    let names: Vec<String> = text
        .split(delimiter)
        .map(|name| name.trim_matches('"').to_owned())
        .collect();
    let table = match dataset {
        Some(dataset) => named_table(dataset, &names)?,
        None => only_table(&names)?,
    };
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
    if let Some(unknown) = names.iter().find(|name| !knows(table, name)) {
        return Err(refusal(
            format!("{dataset} has no column {:?}", mask_key_like(unknown)),
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

fn only_table(names: &[String]) -> Result<Table, Refusal> {
    let fitting: Vec<&Table> = TABLES
        .iter()
        .filter(|table| names.iter().all(|name| knows(table, name)))
        .filter(|table| missing(table, names).is_none())
        .collect();
    match fitting[..] {
        [table] => Ok(*table),
        [] => Err(refusal(
            "it is neither an SQLite database nor a CSV file with the header of a table that can be imported".to_owned(),
            "name a file that `tornsnap export` wrote of a table; views are not imported",
        )),
        _ => Err(refusal(
            format!(
                "its columns fit several tables: {}",
                fitting.iter().map(|table| table.name).collect::<Vec<_>>().join(", ")
            ),
            "name the table with --dataset",
        )),
    }
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
