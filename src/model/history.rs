//! The four histories. Each has a history table and a table of monthly summaries.

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum History {
    Players,
    Factions,
    Wars,
    Territories,
}

impl History {
    /// All histories, in the order in which reports list them.
    pub(crate) const ALL: [Self; 4] =
        [Self::Players, Self::Factions, Self::Wars, Self::Territories];

    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Players => "player_stats_history",
            Self::Factions => "faction_history",
            Self::Wars => "war_status_history",
            Self::Territories => "territory_ownership_history",
        }
    }

    pub(crate) fn summary_table(self) -> &'static str {
        match self {
            Self::Players => "player_stats_summary",
            Self::Factions => "faction_summary",
            Self::Wars => "war_summary",
            Self::Territories => "territory_ownership_summary",
        }
    }

    pub(crate) fn from_table_name(table: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|history| history.table() == table)
    }

    pub(crate) fn from_summary_table_name(table: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|history| history.summary_table() == table)
    }
}
