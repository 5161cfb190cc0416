//! Merges the current states and the observations.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::store::import::kind::KINDS;
use crate::store::import::{FactionsOfPlayers, SourceFacts, Tallies, staging};
use crate::store::value::bind_used;
use crate::store::{SqlContext, sql};

pub(super) fn merge(
    connection: &Connection,
    facts: &SourceFacts,
    now: i64,
    tallies: &mut Tallies,
) -> Result<()> {
    let mut merger = Merger {
        connection,
        facts,
        now,
        tallies,
    };
    for kind in &KINDS {
        let count_new = kind.render(sql!("import/count_new_states"));
        merger.merge(kind.states, &count_new, kind.upsert)?;
        // Before the next kind: a player of a faction without a row of its own needs the placeholder of the faction.
        merger.ensure(kind.ensure)?;
    }
    for kind in &KINDS {
        let count_new = kind.render(sql!("import/count_new_observations"));
        let join = kind.render(sql!("import/join_observations"));
        merger.merge(kind.observations, &count_new, &join)?;
    }
    Ok(())
}

struct Merger<'a> {
    connection: &'a Connection,
    facts: &'a SourceFacts,
    now: i64,
    tallies: &'a mut Tallies,
}

impl Merger<'_> {
    /// Merges one temporary table. `count_new` counts the imported rows that tell something new.
    fn merge(&mut self, table: &'static str, count_new: &str, merge: &str) -> Result<()> {
        let merge = || -> rusqlite::Result<i64> {
            let new = self.connection.query_row(count_new, [], |row| row.get(0))?;
            let is_known = self.facts.factions_of_players != FactionsOfPlayers::Unknown;
            let mut statement = self.connection.prepare(merge)?;
            bind_used(
                &mut statement,
                &[(":now", &self.now), (":faction_known", &is_known)],
            )?;
            statement.raw_execute()?;
            Ok(new)
        };
        let new = merge().context(format!("import {table}"))?;
        staging::tally(self.connection, table, new, self.tallies)
    }

    fn ensure(&self, statement: &str) -> Result<()> {
        self.connection
            .execute(statement, named_params! { ":now": self.now })
            .map(drop)
            .context("add what imported rows refer to")
    }
}
