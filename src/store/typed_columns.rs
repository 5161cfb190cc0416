//! The types of columns, for formats in which a column has one type. SQLite has types for values, not for columns.

use rusqlite::{named_params, params_from_iter};

use crate::error::{Error, Exit, Result};
use crate::model::column_type::{Declared, Seen, decide};
use crate::model::rows::{Column, ColumnType, LATEST_TIME, MAX_EXACT, TypedColumn};
use crate::store::export::{RowQuery, quoted};
use crate::store::{SqlContext, Store, sql};

impl Store {
    /// The columns of a STRICT table, whose declared types hold for all values.
    pub(super) fn declared_columns(&self, table: &str) -> Result<Vec<TypedColumn>> {
        let definition = self.definition(table)?;
        let columns = self.declarations(table)?.into_iter();
        Ok(columns
            .map(|(name, declared, is_required)| TypedColumn {
                kind: type_of(&name, declared),
                is_required,
                comment: comment_of(&definition, &name),
                name,
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
        let seen = self.seen(query).context(action())?;
        let columns = query.columns.iter().zip(seen);
        columns
            .map(|(column, seen)| {
                let (_, declared, is_required) = declarations
                    .iter()
                    .find(|(name, ..)| *name == column.name)
                    .cloned()
                    .unwrap_or((String::new(), Declared::Unknown, false));
                let kind = decide(column.is_time, declared, seen).ok_or_else(|| {
                    Error::new(action())
                        .with_source(format!("{} has bytes and other values", column.name))
                        .with_help("leave it out with --columns, or write another format")
                        .with_exit(Exit::Usage)
                })?;
                Ok(TypedColumn {
                    name: column.name.clone(),
                    kind,
                    is_required: is_required && !seen.nulls,
                    comment: comment_of(&definition, &column.name),
                })
            })
            .collect()
    }

    fn definition(&self, dataset: &str) -> Result<String> {
        self.connection()
            .query_row(
                sql!("export/get_definition"),
                named_params! { ":dataset": dataset },
                |row| row.get("definition"),
            )
            .context(format!("read the definition of {dataset}"))
    }

    /// The name of each column, its declared type, and whether it is never NULL.
    fn declarations(&self, dataset: &str) -> Result<Vec<(String, Declared, bool)>> {
        self.connection()
            .prepare(sql!("export/list_typed_columns"))
            .and_then(|mut statement| {
                statement
                    .query_map(named_params! { ":dataset": dataset }, |row| {
                        let declared: String = row.get("declared_type")?;
                        Ok((
                            row.get("column_name")?,
                            Declared::parse(&declared),
                            row.get("is_required")?,
                        ))
                    })?
                    .collect()
            })
            .context(format!("read the columns of {dataset}"))
    }

    /// The types of the values in each column of a query.
    fn seen(&self, query: &RowQuery) -> rusqlite::Result<Vec<Seen>> {
        let mut terms = Vec::new();
        for column in &query.columns {
            let name = quoted(&column.name);
            for class in ["null", "integer", "real", "text", "blob"] {
                terms.push(format!("max(typeof({name}) = '{class}')"));
            }
            for limit in [MAX_EXACT, LATEST_TIME.unsigned_abs()] {
                terms.push(format!(
                    "max(typeof({name}) = 'integer' AND ({name} > {limit} OR {name} < -{limit}))"
                ));
            }
        }
        let rows = query.select_values(&terms.join(", "));
        self.connection()
            .query_row(&rows.0, params_from_iter(rows.1), |row| {
                (0..query.columns.len())
                    .map(|column| {
                        let flag = |term: usize| -> rusqlite::Result<bool> {
                            // NULL: there are no rows.
                            Ok(row
                                .get::<_, Option<bool>>(column * 7 + term)?
                                .unwrap_or(false))
                        };
                        Ok(Seen {
                            nulls: flag(0)?,
                            integers: flag(1)?,
                            reals: flag(2)?,
                            texts: flag(3)?,
                            blobs: flag(4)?,
                            large_integers: flag(5)?,
                            no_times: flag(6)?,
                        })
                    })
                    .collect()
            })
    }
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
