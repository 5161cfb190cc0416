//! Derives what a source does not have, from the rows that it has.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::store::value::bind_used;
use crate::store::{SqlContext, sql};

/// Whether `last_updated` of a player or faction counts as an observation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum States {
    AreObservations,
    /// The source may have a table of observations. Rows of a roster change `last_updated` without one.
    AreNoObservations,
}

/// Fills the temporary tables of observations, memberships and states of tiles.
pub(super) fn missing_tables(target: &Connection, states: States) -> Result<()> {
    let states_are_observations = states == States::AreObservations;
    for statement in [
        sql!("import/derive_territories"),
        sql!("import/derive_memberships"),
        sql!("import/observe_players"),
        sql!("import/observe_factions"),
        sql!("import/observe_territories"),
    ] {
        target
            .prepare(statement)
            .and_then(|mut statement| {
                bind_used(
                    &mut statement,
                    named_params! { ":states_are_observations": states_are_observations },
                )?;
                statement.raw_execute()
            })
            .context("derive the observations")?;
    }
    Ok(())
}
