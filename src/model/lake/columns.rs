//! The columns of a dataset in a lake, which keeps columns that the table does not have any more.

use std::ops::Deref;

use crate::model::lake::manifest::ColumnEntry;
use crate::model::lake::{DATABASE_COLUMN, PERIOD_COLUMN};
use crate::model::rows::{ColumnType, TypedColumn};

/// The columns of the table, then those that only older rows of the lake have, and as the last one that of the id of the database.
#[derive(Clone, Debug)]
pub(crate) struct LakeColumns {
    all: Vec<TypedColumn>,
    in_table: usize,
    /// Whether the files lack a column of the table.
    pub(crate) has_new: bool,
}

/// Why a column cannot be written to the lake.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Conflict {
    /// The lake has values of another type under this name.
    Type {
        column: String,
        found: ColumnType,
        in_lake: ColumnType,
    },
    /// The lake has a column of its own under this name.
    Reserved(String),
}

impl Conflict {
    /// The column, and what is wrong with it. `place`: where it has the type that differs.
    pub(crate) fn describe(&self, place: &str) -> String {
        match self {
            Self::Type {
                column,
                found,
                in_lake,
            } => format!(
                "the column {column} has {} {place}, and {} in the files of the lake",
                found.values(),
                in_lake.values()
            ),
            Self::Reserved(column) => {
                format!("a lake has a column of its own with the name of the column {column}")
            }
        }
    }

    pub(crate) fn column(&self) -> &str {
        match self {
            Self::Type { column, .. } | Self::Reserved(column) => column,
        }
    }
}

impl LakeColumns {
    /// Joins the columns of a table with those of the files. `in_lake`: `None` if the lake has no file of the table.
    ///
    /// A column of the table that older rows lack may be NULL in the files, whatever the table says.
    pub(crate) fn join(
        table: Vec<TypedColumn>,
        in_lake: Option<&[ColumnEntry]>,
    ) -> Result<Self, Conflict> {
        let mut all = Vec::with_capacity(table.len() + 1);
        let mut has_new = false;
        for mut column in table {
            let is_reserved = |name| is_same_name(&column.name, name);
            if is_reserved(DATABASE_COLUMN) || is_reserved(PERIOD_COLUMN) {
                return Err(Conflict::Reserved(column.name));
            }
            let known = in_lake.map(|entries| find(entries, &column.name));
            match known {
                Some(Some(entry)) if entry.kind != column.kind => {
                    return Err(Conflict::Type {
                        column: column.name,
                        found: column.kind,
                        in_lake: entry.kind,
                    });
                }
                Some(Some(entry)) => {
                    column.name.clone_from(&entry.name);
                    column.is_required &= !entry.nullable;
                }
                Some(None) => {
                    column.is_required = false;
                    has_new = true;
                }
                None => {}
            }
            all.push(column);
        }
        let in_table = all.len();
        let older = in_lake.unwrap_or_default().iter().filter(|entry| {
            let is_there = |column: &TypedColumn| column.name == entry.name;
            entry.name != DATABASE_COLUMN && !all[..in_table].iter().any(is_there)
        });
        let older: Vec<TypedColumn> = older
            .map(|entry| TypedColumn {
                name: entry.name.clone(),
                kind: entry.kind,
                is_required: false,
                comment: entry.comment.clone(),
            })
            .collect();
        all.extend(older);
        all.push(database_column());
        Ok(Self {
            all,
            in_table,
            has_new,
        })
    }

    /// The number of columns of the table. They come first.
    pub(crate) fn in_table(&self) -> usize {
        self.in_table
    }
}

impl Deref for LakeColumns {
    type Target = [TypedColumn];

    fn deref(&self) -> &[TypedColumn] {
        &self.all
    }
}

/// Adds the columns of a file to those that the lake has.
pub(crate) fn add_columns(
    in_lake: &mut Vec<ColumnEntry>,
    file: &[TypedColumn],
) -> Result<(), Conflict> {
    let is_first = in_lake.is_empty();
    for entry in in_lake.iter_mut() {
        let is_there = |column: &TypedColumn| is_same_name(&column.name, &entry.name);
        entry.nullable |= !file.iter().any(is_there);
    }
    for column in file {
        let found = in_lake
            .iter_mut()
            .find(|entry| is_same_name(&entry.name, &column.name));
        match found {
            Some(entry) if entry.kind != column.kind => {
                return Err(Conflict::Type {
                    column: column.name.clone(),
                    found: column.kind,
                    in_lake: entry.kind,
                });
            }
            Some(entry) => entry.nullable |= !column.is_required,
            None => {
                let mut entry = ColumnEntry::from(column);
                entry.nullable |= !is_first;
                let is_last = |entry: &ColumnEntry| entry.name == DATABASE_COLUMN;
                let place = in_lake.iter().position(is_last).unwrap_or(in_lake.len());
                in_lake.insert(place, entry);
            }
        }
    }
    Ok(())
}

fn database_column() -> TypedColumn {
    TypedColumn {
        name: DATABASE_COLUMN.to_owned(),
        kind: ColumnType::Text,
        is_required: true,
        comment: Some("database that the row is from".to_owned()),
    }
}

fn find<'a>(entries: &'a [ColumnEntry], name: &str) -> Option<&'a ColumnEntry> {
    entries.iter().find(|entry| is_same_name(&entry.name, name))
}

/// Names are equal as in SQLite, DuckDB and Spark, which do not tell capital letters from others.
fn is_same_name(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: ColumnType, is_required: bool) -> TypedColumn {
        TypedColumn {
            name: name.to_owned(),
            kind,
            is_required,
            comment: None,
        }
    }

    fn names(columns: &LakeColumns) -> Vec<&str> {
        columns.iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn a_column_that_only_the_lake_has_stays_before_that_of_the_database() {
        let id = column("id", ColumnType::Integer, true);
        let mood = column("mood", ColumnType::Text, true);
        let first = LakeColumns::join(vec![id.clone(), mood], None).unwrap();
        let entries: Vec<ColumnEntry> = first.iter().map(ColumnEntry::from).collect();

        let later = LakeColumns::join(vec![id], Some(&entries)).unwrap();

        assert_eq!(names(&first), ["id", "mood", DATABASE_COLUMN]);
        assert_eq!(names(&later), names(&first));
        assert_eq!((later.in_table(), later.has_new), (1, false));
        assert!(later[0].is_required && !later[1].is_required && later[2].is_required);
    }

    #[test]
    fn a_column_that_older_rows_lack_may_be_null() {
        let id = column("id", ColumnType::Integer, true);
        let first = LakeColumns::join(vec![id.clone()], None).unwrap();
        let entries: Vec<ColumnEntry> = first.iter().map(ColumnEntry::from).collect();
        let mood = column("mood", ColumnType::Text, true);

        let later = LakeColumns::join(vec![id, mood], Some(&entries)).unwrap();

        assert!(later.has_new && !later[1].is_required);
    }

    #[test]
    fn a_column_of_another_type_or_with_the_name_of_the_lakes_own_is_refused() {
        let mood = |kind| vec![column("Mood", kind, false)];
        let first = LakeColumns::join(mood(ColumnType::Text), None).unwrap();
        let entries: Vec<ColumnEntry> = first.iter().map(ColumnEntry::from).collect();

        let other = LakeColumns::join(mood(ColumnType::Integer), Some(&entries)).unwrap_err();
        let own = |name| vec![column(name, ColumnType::Text, false)];

        assert_eq!(
            other.describe("in the table"),
            "the column Mood has integers in the table, and texts in the files of the lake"
        );
        for name in ["Database_ID", "period"] {
            let refused = LakeColumns::join(own(name), None);
            assert!(matches!(refused, Err(Conflict::Reserved(_))), "{name}");
        }
    }
}
