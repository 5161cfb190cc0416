//! The four histories: each has a history table and a table of monthly summaries.

/// One of the histories.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum History {
    /// Levels, stats and networth of players.
    Players,
    /// Respect, members and chains of factions.
    Factions,
    /// Scores and ends of wars.
    Wars,
    /// Owners and rackets of territories.
    Territories,
}

impl History {
    /// All histories, in the order of reports.
    pub(crate) const ALL: [Self; 4] =
        [Self::Players, Self::Factions, Self::Wars, Self::Territories];

    /// The name of its history table.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Players => "player_stats_history",
            Self::Factions => "faction_history",
            Self::Wars => "war_status_history",
            Self::Territories => "territory_ownership_history",
        }
    }

    /// The name of its table of monthly summaries.
    pub(crate) fn summary_table(self) -> &'static str {
        match self {
            Self::Players => "player_stats_summary",
            Self::Factions => "faction_summary",
            Self::Wars => "war_summary",
            Self::Territories => "territory_ownership_summary",
        }
    }

    /// The history with this history table.
    pub(crate) fn of_table(table: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|history| history.table() == table)
    }
}
