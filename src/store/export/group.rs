//! The groups of datasets in `export --list`.

use crate::model::history::History;

/// The groups of datasets, in the order in which they are listed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Group {
    /// Views: answers for people.
    Views,
    /// The present state, and what was recorded.
    History,
    /// The monthly summaries.
    Summaries,
    /// Tables that tornsnap keeps for its own work.
    Inner,
    /// Tables that the user has made.
    Other,
}

/// Tables of [`Group::History`] beside the four histories themselves.
const RECORDS: [&str; 7] = [
    "faction_membership",
    "faction_observations",
    "factions",
    "player_observations",
    "players",
    "territories",
    "territory_observations",
];

/// The tables of [`Group::Inner`].
const INNER: [&str; 27] = [
    "api_keys",
    "api_pauses",
    "api_requests",
    "archive_receipts",
    "archive_step",
    "backup_folders",
    "database_identity",
    "faction_tile_polls",
    "faction_value_times",
    "faction_war_polls",
    "fetch_runs",
    "imported_summaries",
    "imported_wars",
    "key_checks",
    "membership_sightings",
    "missing_entities",
    "month_states",
    "player_polls",
    "player_value_times",
    "program_objects",
    "prune_runs",
    "refreshes",
    "rejected_payloads",
    "repeated_rows",
    "schema_version",
    "searched_copies",
    "war_follow_ups",
];

impl Group {
    pub(super) fn of(name: &str, is_view: bool) -> Self {
        if is_view {
            Self::Views
        } else if History::from_summary_table_name(name).is_some() {
            Self::Summaries
        } else if History::from_table_name(name).is_some() || RECORDS.contains(&name) {
            Self::History
        } else if INNER.contains(&name) {
            Self::Inner
        } else {
            Self::Other
        }
    }

    /// The name in a report.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Views => "views",
            Self::History => "history",
            Self::Summaries => "summaries",
            Self::Inner => "inner",
            Self::Other => "other",
        }
    }

    /// The heading of the list.
    pub(crate) fn heading(self) -> &'static str {
        match self {
            Self::Views => "Views, for people",
            Self::History => "Present state and history",
            Self::Summaries => "Monthly summaries",
            Self::Inner => "Inner tables, which tornsnap keeps for its own work",
            Self::Other => "Other tables in this database",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn every_table_of_the_schema_has_a_group() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();

        for dataset in store.datasets().unwrap() {
            assert_ne!(dataset.group(), Group::Other, "{}", dataset.name);
        }
    }
}
