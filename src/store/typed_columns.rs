//! The types of columns, for formats in which a column has one type. SQLite has types for values, not for columns.

use rusqlite::{Connection, named_params, params_from_iter};

use crate::error::{Error, Exit, Result};
use crate::model::column_type::{Declared, Seen, decide};
use crate::model::rows::{Column, ColumnType, LATEST_TIME, MAX_EXACT, TypedColumn};
use crate::store::export::{RowQuery, quoted};
use crate::store::{SqlContext, Store, sql};

/// A column as its table declares it.
#[derive(Clone, Debug)]
struct Declaration {
    name: String,
    declared: Declared,
    /// Whether it is never NULL.
    is_required: bool,
    /// Whether the table allows only values of the declared type.
    is_strict: bool,
}

impl Declaration {
    /// The declaration of a column of a view, which has no type.
    fn unknown() -> Self {
        Self {
            name: String::new(),
            declared: Declared::Unknown,
            is_required: false,
            is_strict: false,
        }
    }
}

/// The question about the values of a column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Question {
    /// Nothing: the table allows only one type.
    Nothing,
    /// Whether all integers can be times.
    Times,
    Types,
}

impl Question {
    fn about(column: &Column, declaration: &Declaration) -> Self {
        match declaration.declared {
            _ if !declaration.is_strict => Self::Types,
            Declared::Unknown => Self::Types,
            Declared::Integer if column.is_time => Self::Times,
            Declared::Integer | Declared::Real | Declared::Text | Declared::Blob => Self::Nothing,
        }
    }

    /// The terms of a query that answer it.
    fn terms(self, column: &Column) -> Vec<String> {
        let name = quoted(&column.name);
        let exceeds = |limit: u64| {
            format!("max(typeof({name}) = 'integer' AND ({name} > {limit} OR {name} < -{limit}))")
        };
        let no_times = exceeds(LATEST_TIME.unsigned_abs());
        match self {
            Self::Nothing => Vec::new(),
            Self::Times => vec![no_times],
            Self::Types => ["null", "integer", "real", "text", "blob"]
                .iter()
                .map(|class| format!("max(typeof({name}) = '{class}')"))
                .chain([exceeds(MAX_EXACT), no_times])
                .collect(),
        }
    }
}

impl Store {
    /// The columns of a STRICT table, whose declared types hold for all values.
    pub(super) fn declared_columns(&self, table: &str) -> Result<Vec<TypedColumn>> {
        let definition = self.definition(table)?;
        let columns = self.declarations(table)?.into_iter();
        Ok(columns
            .map(|column| TypedColumn {
                kind: type_of(&column.name, column.declared),
                is_required: column.is_required,
                comment: comment_of(&definition, &column.name),
                name: column.name,
            })
            .collect())
    }

    /// The columns of a query over a table or view, with types that fit all values of the rows. Reads all rows once.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] when a column has bytes beside other values, which no type fits.
    pub(crate) fn typed_columns(
        &self,
        dataset: &str,
        query: &RowQuery,
    ) -> Result<Vec<TypedColumn>> {
        let action = || format!("find the types of the columns of {dataset}");
        let definition = self.definition(dataset)?;
        let declarations = self.declarations(dataset)?;
        let declarations: Vec<Declaration> = query
            .columns
            .iter()
            .map(|column| {
                let declaration = declarations.iter().find(|one| one.name == column.name);
                declaration.cloned().unwrap_or_else(Declaration::unknown)
            })
            .collect();
        let seen = self.seen(query, &declarations).context(action())?;
        let columns = query.columns.iter().zip(declarations).zip(seen);
        columns
            .map(|((column, declaration), seen)| {
                let kind = match seen {
                    Some(seen) => decide(column.is_time, declaration.declared, seen),
                    None => Some(type_of(&column.name, declaration.declared)),
                };
                let kind = kind.ok_or_else(|| {
                    Error::new(action())
                        .with_source(format!("{} has bytes and other values", column.name))
                        .with_help("leave it out with --columns, or write another format")
                        .with_exit(Exit::Usage)
                })?;
                Ok(TypedColumn {
                    name: column.name.clone(),
                    kind,
                    is_required: declaration.is_required && !seen.is_some_and(|seen| seen.nulls),
                    comment: comment_of(&definition, &column.name),
                })
            })
            .collect()
    }

    fn definition(&self, dataset: &str) -> Result<String> {
        definition(self.connection(), dataset)
    }

    fn declarations(&self, table: &str) -> Result<Vec<Declaration>> {
        list_columns(self.connection(), table, |row| {
            let declared: String = row.get("declared_type")?;
            Ok(Declaration {
                name: row.get("column_name")?,
                declared: Declared::parse(&declared),
                is_required: row.get("is_required")?,
                is_strict: row.get("is_strict")?,
            })
        })
    }

    /// The types of the values in each column of a query. `None`: the declared type tells all.
    fn seen(
        &self,
        query: &RowQuery,
        declarations: &[Declaration],
    ) -> rusqlite::Result<Vec<Option<Seen>>> {
        let columns = query.columns.iter().zip(declarations);
        let questions: Vec<Question> = columns
            .map(|(column, declaration)| Question::about(column, declaration))
            .collect();
        let columns = query.columns.iter().zip(&questions);
        let terms: Vec<String> = columns
            .flat_map(|(column, question)| question.terms(column))
            .collect();
        if terms.is_empty() {
            return Ok(vec![None; questions.len()]);
        }
        let rows = query.select_values(&terms.join(", "));
        self.connection()
            .query_row(&rows.0, params_from_iter(rows.1), |row| {
                let mut term = 0;
                let mut flag = || -> rusqlite::Result<bool> {
                    term += 1;
                    // NULL: there are no rows.
                    Ok(row.get::<_, Option<bool>>(term - 1)?.unwrap_or(false))
                };
                let seen = questions.iter().map(|question| {
                    Ok(match question {
                        Question::Nothing => None,
                        Question::Times => Some(Seen {
                            integers: true,
                            no_times: flag()?,
                            ..Seen::default()
                        }),
                        Question::Types => Some(Seen {
                            nulls: flag()?,
                            integers: flag()?,
                            reals: flag()?,
                            texts: flag()?,
                            blobs: flag()?,
                            large_integers: flag()?,
                            no_times: flag()?,
                        }),
                    })
                });
                seen.collect()
            })
    }
}

/// The names of the columns of a table.
pub(super) fn column_names(connection: &Connection, table: &str) -> Result<Vec<String>> {
    list_columns(connection, table, |row| row.get("column_name"))
}

fn list_columns<T>(
    connection: &Connection,
    table: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    connection
        .prepare_cached(sql!("export/list_typed_columns"))
        .and_then(|mut statement| {
            statement
                .query_map(named_params! { ":dataset": table }, read)?
                .collect()
        })
        .context(format!("read the columns of {table}"))
}

/// The statement that made a table or view, with the columns that were added since.
pub(super) fn definition(connection: &Connection, dataset: &str) -> Result<String> {
    connection
        .query_row(
            sql!("export/get_definition"),
            named_params! { ":dataset": dataset },
            |row| row.get("definition"),
        )
        .context(format!("read the definition of {dataset}"))
}

fn type_of(name: &str, declared: Declared) -> ColumnType {
    match declared {
        Declared::Real => ColumnType::Real,
        Declared::Text => ColumnType::Text,
        Declared::Blob => ColumnType::Blob,
        Declared::Integer | Declared::Unknown if Column::new(name).is_time => ColumnType::Time,
        Declared::Integer | Declared::Unknown => ColumnType::Integer,
    }
}

/// The comment on the line of a column in the definition of its table.
fn comment_of(definition: &str, column: &str) -> Option<String> {
    definition.lines().skip(1).find_map(|line| {
        let rest = line.trim_start().strip_prefix(column)?;
        let (_, comment) = rest.strip_prefix(' ')?.split_once("-- ")?;
        Some(comment.trim().to_owned())
    })
}
