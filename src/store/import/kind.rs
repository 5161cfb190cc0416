//! The kinds of entities that have a current state and observations, and SQL templates that are rendered for each of them.

use crate::model::history::History;
use crate::store::history::{replace_words, schema_of};
use crate::store::sql;

/// The names of one kind of entity, and the statements of which each kind has its own.
pub(super) struct Kind {
    /// The table with the current state of each entity.
    pub(super) states: &'static str,
    pub(super) observations: &'static str,
    history: History,
    /// Merges the imported states with the stored ones.
    pub(super) upsert: &'static str,
    /// Inserts the rows that foreign keys of imported rows refer to. An unnamed entity gets a placeholder.
    pub(super) ensure: &'static str,
}

/// In the order in which rows refer to each other.
pub(super) const KINDS: [Kind; 3] = [
    Kind {
        states: "factions",
        observations: "faction_observations",
        history: History::Factions,
        upsert: sql!("import/upsert_factions"),
        ensure: sql!("import/ensure_factions"),
    },
    PLAYERS,
    Kind {
        states: "territories",
        observations: "territory_observations",
        history: History::Territories,
        upsert: sql!("import/upsert_territories"),
        ensure: sql!("import/ensure_territories"),
    },
];

const PLAYERS: Kind = Kind {
    states: "players",
    observations: "player_observations",
    history: History::Players,
    upsert: sql!("import/upsert_players"),
    ensure: sql!("import/ensure_players"),
};

impl Kind {
    /// Rewrites a statement about players for this kind, by replacing the names of the tables, of their temporary
    /// tables, and of the columns with the id and the time.
    pub(super) fn render(&self, template: &str) -> String {
        let imported = |tables: [&str; 3]| tables.map(|table| format!("imported_{table}"));
        let (from, to) = (PLAYERS.tables(), self.tables());
        let (from_imported, to_imported) = (imported(from), imported(to));
        let (from_schema, to_schema) = (schema_of(PLAYERS.history), schema_of(self.history));
        let mut names = vec![
            (from_schema.entity, to_schema.entity),
            (from_schema.timestamp, to_schema.timestamp),
        ];
        names.extend(from.into_iter().zip(to));
        let imported = from_imported.iter().zip(&to_imported);
        names.extend(imported.map(|(from, to)| (from.as_str(), to.as_str())));
        replace_words(template, &names)
    }

    fn tables(&self) -> [&'static str; 3] {
        [self.states, self.observations, self.history.table()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::import::staging;

    #[test]
    fn the_statements_of_each_kind_prepare_and_use_no_other_kind() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        staging::create(store.connection()).unwrap();

        for kind in KINDS {
            for template in [
                sql!("import/count_new_states"),
                sql!("import/count_new_observations"),
                sql!("import/join_observations"),
                sql!("import/derive_observations"),
            ] {
                let statement = kind.render(template);

                store.connection().prepare(&statement).unwrap();
                let code = statement.lines().filter(|line| !line.starts_with("--"));
                let uses_players = code.into_iter().any(|line| line.contains("player"));
                assert_eq!(uses_players, kind.states == "players", "{statement}");
            }
        }
    }
}
