//! Drops the user's own views, indexes and triggers before a migration, and creates them again after it.
//!
//! A view is always created again, since a broken view does no harm and the user can correct it. An index or trigger
//! that does not work with the new schema is left out, since a broken trigger would make every write to its table fail.
//! A warning names each with the reason.

use rusqlite::{Connection, Transaction};

use super::{check_compiles, quoted};
use crate::error::Result;
use crate::store::{SqlContext, sql};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ObjectKind {
    View,
    Index,
    Trigger,
}

impl ObjectKind {
    /// The kind for a `type` in `sqlite_schema`.
    fn from_type(text: &str) -> Self {
        match text {
            "index" => Self::Index,
            "trigger" => Self::Trigger,
            _ => Self::View,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Index => "index",
            Self::Trigger => "trigger",
        }
    }
}

/// A dropped view, index or trigger.
#[derive(Debug)]
pub(super) struct UserObject {
    kind: ObjectKind,
    name: String,
    definition: String,
    /// Whether it is a view that did not work before the migration either.
    was_broken: bool,
}

/// Drops the user's objects and returns their definitions.
pub(super) fn drop_all(transaction: &Transaction<'_>) -> Result<Vec<UserObject>> {
    let mut objects: Vec<UserObject> = transaction
        .prepare(sql!("schema/list_user_objects"))
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    Ok(UserObject {
                        kind: ObjectKind::from_type(&row.get::<_, String>("type")?),
                        name: row.get("name")?,
                        definition: row.get("definition")?,
                        was_broken: false,
                    })
                })?
                .collect()
        })
        .context("list your own views, indexes and triggers")?;
    for object in objects
        .iter_mut()
        .filter(|object| object.kind == ObjectKind::View)
    {
        object.was_broken = compile_view(transaction, object).is_err();
    }
    // Triggers first: dropping a view also drops its triggers.
    for kind in [ObjectKind::Trigger, ObjectKind::Index, ObjectKind::View] {
        for object in objects.iter().filter(|object| object.kind == kind) {
            transaction
                .execute_batch(&format!("DROP {} {}", kind.as_str(), quoted(&object.name)))
                .context(format!("set aside your {} {}", kind.as_str(), object.name))?;
        }
    }
    Ok(objects)
}

/// Creates the user's objects again and returns warnings about those that do not work.
pub(super) fn restore(
    transaction: &Transaction<'_>,
    objects: Vec<UserObject>,
) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let (views, others): (Vec<UserObject>, Vec<UserObject>) = objects
        .into_iter()
        .partition(|object| object.kind == ObjectKind::View);
    // A view may select from a view that is created after it, so all views are created before any is compiled.
    let views = create_objects(transaction, views, &mut warnings)?;
    let broken: Vec<(UserObject, rusqlite::Error)> = views
        .into_iter()
        .filter_map(|view| {
            compile_view(transaction, &view)
                .err()
                .map(|error| (view, error))
        })
        .collect();
    // A broken view would make the check of every trigger fail.
    for (view, _) in &broken {
        transaction
            .execute_batch(&format!("DROP VIEW {}", quoted(&view.name)))
            .context(format!("set aside your view {}", view.name))?;
    }
    create_objects(transaction, others, &mut warnings)?;
    for (view, error) in broken {
        transaction
            .execute_batch(&view.definition)
            .context(format!("put back your view {}", view.name))?;
        if !view.was_broken {
            warnings.push(format!(
                "your view {} does not work with the new schema: {error}; it was put back as it is: correct it, or \
                 drop it",
                view.name
            ));
        }
    }
    Ok(warnings)
}

/// Creates the objects and returns those that work; adds a warning for each of the others.
fn create_objects(
    transaction: &Transaction<'_>,
    objects: Vec<UserObject>,
    warnings: &mut Vec<String>,
) -> Result<Vec<UserObject>> {
    let mut made = Vec::with_capacity(objects.len());
    for object in objects {
        transaction
            .execute_batch("SAVEPOINT put_back")
            .context("put back your own views, indexes and triggers")?;
        let outcome = transaction
            .execute_batch(&object.definition)
            .and_then(|()| match object.kind {
                ObjectKind::Trigger => check_compiles(transaction),
                ObjectKind::View | ObjectKind::Index => Ok(()),
            });
        if outcome.is_err() {
            transaction
                .execute_batch("ROLLBACK TO put_back")
                .context("put back your own views, indexes and triggers")?;
        }
        transaction
            .execute_batch("RELEASE put_back")
            .context("put back your own views, indexes and triggers")?;
        match outcome {
            Ok(()) => made.push(object),
            Err(error) => {
                let words: Vec<&str> = object.definition.split_whitespace().collect();
                warnings.push(format!(
                    "your {} {} does not work with the new schema and was left out: {error}; it was: {}",
                    object.kind.as_str(),
                    object.name,
                    words.join(" ")
                ));
            }
        }
    }
    Ok(made)
}

/// Compiles a query on a view.
fn compile_view(connection: &Connection, view: &UserObject) -> rusqlite::Result<()> {
    connection
        .prepare(&format!("SELECT * FROM {}", quoted(&view.name)))
        .map(drop)
}
