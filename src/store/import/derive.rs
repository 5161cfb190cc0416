//! Derives what a source does not have, from the rows that it has.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::store::import::kind::KINDS;
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
    let derive = || -> rusqlite::Result<()> {
        target.execute(sql!("import/derive_territories"), [])?;
        target.execute(sql!("import/derive_memberships"), [])?;
        for kind in &KINDS {
            target.execute(
                &kind.render(sql!("import/derive_observations")),
                named_params! { ":states_are_observations": states_are_observations },
            )?;
        }
        Ok(())
    };
    derive().context("derive the observations")
}
