//! The user's own views, indexes and triggers: taken away before a migration and put back after it.
//!
//! A view is put back in any case, since a broken one harms nothing and its owner can mend it. An index or a trigger
//! that the new schema cannot have is left out, since a broken trigger would make each write to its table fail. A
//! warning names each with the reason.

use rusqlite::{Connection, Transaction};

use super::{must_compile, quoted};
use crate::error::Result;
use crate::store::{SqlContext, sql};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    View,
    Index,
    Trigger,
}

impl Kind {
    fn of(word: &str) -> Self {
        match word {
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

/// A view, index or trigger that is not there at the moment.
#[derive(Debug)]
pub(super) struct Object {
    kind: Kind,
    name: String,
    definition: String,
    /// Whether it was a view that could not be read before the migration either.
    was_broken: bool,
}

/// Drops what the user made and says how to make it again.
pub(super) fn take_away(transaction: &Transaction<'_>) -> Result<Vec<Object>> {
    let mut objects: Vec<Object> = transaction
        .prepare(sql!("schema/user_objects"))
        .and_then(|mut objects| {
            objects
                .query_map([], |row| {
                    Ok(Object {
                        kind: Kind::of(&row.get::<_, String>("type")?),
                        name: row.get("name")?,
                        definition: row.get("definition")?,
                        was_broken: false,
                    })
                })?
                .collect()
        })
        .context("list your own views")?;
    for object in objects
        .iter_mut()
        .filter(|object| object.kind == Kind::View)
    {
        object.was_broken = read(transaction, object).is_err();
    }
    // A trigger of a view goes with it, so triggers are first.
    for kind in [Kind::Trigger, Kind::Index, Kind::View] {
        for object in objects.iter().filter(|object| object.kind == kind) {
            transaction
                .execute_batch(&format!("DROP {} {}", kind.as_str(), quoted(&object.name)))
                .context(format!("set aside your {} {}", kind.as_str(), object.name))?;
        }
    }
    Ok(objects)
}

/// Makes again what the user made, as far as the new schema can have it.
pub(super) fn put_back(transaction: &Transaction<'_>, objects: Vec<Object>) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let (views, others): (Vec<Object>, Vec<Object>) = objects
        .into_iter()
        .partition(|object| object.kind == Kind::View);
    // A view may select from one that was made later, so they are looked at when all of them are there.
    let views = made(transaction, views, &mut warnings)?;
    let broken: Vec<(Object, rusqlite::Error)> = views
        .into_iter()
        .filter_map(|view| read(transaction, &view).err().map(|error| (view, error)))
        .collect();
    // While a broken view is there, no trigger can be checked.
    for (view, _) in &broken {
        transaction
            .execute_batch(&format!("DROP VIEW {}", quoted(&view.name)))
            .context(format!("set aside your view {}", view.name))?;
    }
    made(transaction, others, &mut warnings)?;
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

/// Makes the objects and gives those that could be made; a warning names each of the others.
fn made(
    transaction: &Transaction<'_>,
    objects: Vec<Object>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Object>> {
    let mut made = Vec::with_capacity(objects.len());
    for object in objects {
        transaction
            .execute_batch("SAVEPOINT put_back")
            .context("put back your own views")?;
        let outcome = transaction
            .execute_batch(&object.definition)
            .and_then(|()| match object.kind {
                Kind::Trigger => must_compile(transaction),
                Kind::View | Kind::Index => Ok(()),
            });
        if outcome.is_err() {
            transaction
                .execute_batch("ROLLBACK TO put_back")
                .context("put back your own views")?;
        }
        transaction
            .execute_batch("RELEASE put_back")
            .context("put back your own views")?;
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

/// Compiles a query of a view.
fn read(connection: &Connection, view: &Object) -> rusqlite::Result<()> {
    connection
        .prepare(&format!("SELECT * FROM {}", quoted(&view.name)))
        .map(drop)
}
