//! The tables that an import takes, their columns, and how each column is read.
//!
//! A column is found by its own name or by one of its other names. Databases of tornsnap and CSV files have our names.

use crate::model::import::kind::Kind;

/// A column of one of our tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// Other names, the preferred one first.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) kind: Kind,
}

impl Column {
    /// Whether the column tells something about the entity, and not only which row it is and where it comes from.
    pub(crate) fn is_value(&self) -> bool {
        let is_of_row = matches!(
            self.kind,
            Kind::Id
                | Kind::Tile
                | Kind::Moment
                | Kind::Month
                | Kind::PastMonth
                | Kind::RequiredWord(_)
                | Kind::Created
                | Kind::Updated
                | Kind::Source
        );
        !is_of_row && self.name != "record_count"
    }
}

/// One of our tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column],
}

impl Table {
    /// The index of a column.
    ///
    /// # Panics
    ///
    /// Panics when the table has no such column. In a constant that is a compile error.
    pub(crate) const fn index(&self, name: &str) -> usize {
        self.position(name).expect("the table has this column")
    }

    /// The indices of several columns.
    ///
    /// # Panics
    ///
    /// As [`Table::index`].
    pub(crate) const fn indices<const N: usize>(&self, names: [&str; N]) -> [usize; N] {
        let mut indices = [0; N];
        let mut at = 0;
        while at < N {
            indices[at] = self.index(names[at]);
            at += 1;
        }
        indices
    }

    pub(crate) const fn position(&self, name: &str) -> Option<usize> {
        let mut index = 0;
        while index < self.columns.len() {
            if is_same(self.columns[index].name, name) {
                return Some(index);
            }
            index += 1;
        }
        None
    }
}

/// `==` for constants.
const fn is_same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut index = 0;
    while index < left.len() && index < right.len() && left[index] == right[index] {
        index += 1;
    }
    index == left.len() && index == right.len()
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        aliases: &[],
        kind,
    }
}

const fn also(name: &'static str, aliases: &'static [&'static str], kind: Kind) -> Column {
    Column {
        name,
        aliases,
        kind,
    }
}

const WAR_TYPES: &[&str] = &["territory", "ranked"];
const WAR_STATUSES: &[&str] = &["scheduled", "ongoing", "completed", "cancelled"];
const TILE_WARS: &[&str] = &["none", "under_attack", "defending"];
const KEY_NAMES: &[&str] = &["api_key_used", "api_key", "source"];

pub(crate) const PLAYERS: Table = Table {
    name: "players",
    columns: &[
        also("player_id", &["id"], Kind::Id),
        column("name", Kind::Name),
        column("level", Kind::Positive),
        column("rank", Kind::Text),
        column("faction_id", Kind::OptionalId),
        column("status_state", Kind::Text),
        column("status_description", Kind::Text),
        column("life_current", Kind::Count),
        column("life_maximum", Kind::Positive),
        column("is_active", Kind::Flag),
        also("created_at", &["last_updated", "updated_at"], Kind::Created),
        also("last_updated", &["updated_at"], Kind::Updated),
    ],
};

pub(crate) const FACTIONS: Table = Table {
    name: "factions",
    columns: &[
        also("faction_id", &["id"], Kind::Id),
        column("name", Kind::Name),
        column("tag", Kind::Text),
        column("leader_id", Kind::OptionalId),
        column("co_leader_id", Kind::OptionalId),
        column("respect", Kind::Count),
        column("age", Kind::Count),
        column("best_chain", Kind::Count),
        column("member_count", Kind::NonZero),
        column("is_active", Kind::Flag),
        also("created_at", &["last_updated", "updated_at"], Kind::Created),
        also("last_updated", &["updated_at"], Kind::Updated),
    ],
};

pub(crate) const TERRITORIES: Table = Table {
    name: "territories",
    columns: &[
        column("territory_id", Kind::Tile),
        column("sector", Kind::Amount),
        column("size", Kind::Amount),
        column("density", Kind::Amount),
        column("slots", Kind::Amount),
        column("respect", Kind::Amount),
        column("coordinate_x", Kind::Coordinate(0)),
        column("coordinate_y", Kind::Coordinate(1)),
        column("faction_id", Kind::OptionalId),
        column("racket_type", Kind::FilledText),
        column("racket_level", Kind::Count),
        column("war_status", Kind::Word(TILE_WARS)),
        column("created_at", Kind::Created),
        column("last_updated", Kind::Updated),
    ],
};

pub(crate) const PLAYER_HISTORY: Table = Table {
    name: "player_stats_history",
    columns: &[
        column("player_id", Kind::Id),
        also("timestamp", &["recorded_at", "created_at"], Kind::Moment),
        column("strength", Kind::NonZero),
        also("defense", &["defence"], Kind::NonZero),
        column("speed", Kind::NonZero),
        column("dexterity", Kind::NonZero),
        also("total_stats", &["total"], Kind::NonZero),
        column("level", Kind::Positive),
        also("life_maximum", &["life"], Kind::Positive),
        column("networth", Kind::NonZeroAmount),
        also("data_source", KEY_NAMES, Kind::Source),
    ],
};

pub(crate) const FACTION_HISTORY: Table = Table {
    name: "faction_history",
    columns: &[
        column("faction_id", Kind::Id),
        also("timestamp", &["recorded_at", "created_at"], Kind::Moment),
        column("respect", Kind::Count),
        column("member_count", Kind::NonZero),
        column("best_chain", Kind::Count),
        also("data_source", KEY_NAMES, Kind::Source),
    ],
};

pub(crate) const WAR_HISTORY: Table = Table {
    name: "war_status_history",
    columns: &[
        column("war_id", Kind::Id),
        column("war_type", Kind::RequiredWord(WAR_TYPES)),
        column("territory_id", Kind::OptionalTile),
        column("attacking_faction_id", Kind::OptionalId),
        column("defending_faction_id", Kind::OptionalId),
        column("attacking_score", Kind::Count),
        column("defending_score", Kind::Count),
        column("required_score", Kind::NonZero),
        column("status", Kind::Word(WAR_STATUSES)),
        column("end_reason", Kind::FilledText),
        column("winner_faction_id", Kind::OptionalId),
        column("started_at", Kind::Event),
        column("ends_at", Kind::Event),
        also("recorded_at", &["timestamp", "created_at"], Kind::Moment),
        also("data_source", KEY_NAMES, Kind::Source),
    ],
};

pub(crate) const TILE_HISTORY: Table = Table {
    name: "territory_ownership_history",
    columns: &[
        column("territory_id", Kind::Tile),
        column("faction_id", Kind::Owner),
        column("sector", Kind::NonZeroAmount),
        also("coordinate_x", &["coordinates"], Kind::Coordinate(0)),
        also("coordinate_y", &["coordinates"], Kind::Coordinate(1)),
        column("racket_level", Kind::Count),
        column("racket_type", Kind::FilledText),
        column("war_status", Kind::Word(TILE_WARS)),
        also("recorded_at", &["timestamp", "created_at"], Kind::Moment),
        also("data_source", KEY_NAMES, Kind::Source),
    ],
};

macro_rules! observations {
    ($table:literal, $id:literal, $kind:expr) => {
        Table {
            name: $table,
            columns: &[
                column($id, $kind),
                column("period_start", Kind::Month),
                column("first_at", Kind::Moment),
                column("last_at", Kind::Moment),
                column("polls", Kind::Id),
            ],
        }
    };
}

pub(crate) const PLAYER_OBSERVATIONS: Table =
    observations!("player_observations", "player_id", Kind::Id);
pub(crate) const FACTION_OBSERVATIONS: Table =
    observations!("faction_observations", "faction_id", Kind::Id);
pub(crate) const TILE_OBSERVATIONS: Table =
    observations!("territory_observations", "territory_id", Kind::Tile);

pub(crate) const MEMBERSHIP: Table = Table {
    name: "faction_membership",
    columns: &[
        column("player_id", Kind::Id),
        column("faction_id", Kind::Id),
        column("first_seen_at", Kind::Moment),
        column("joined_at", Kind::Event),
        column("left_at", Kind::Event),
    ],
};

pub(crate) const PLAYER_SUMMARY: Table = Table {
    name: "player_stats_summary",
    columns: &[
        column("player_id", Kind::Id),
        column("period_start", Kind::PastMonth),
        column("strength_start", Kind::NonZero),
        column("strength_end", Kind::NonZero),
        column("strength_change", Kind::Amount),
        column("defense_start", Kind::NonZero),
        column("defense_end", Kind::NonZero),
        column("defense_change", Kind::Amount),
        column("speed_start", Kind::NonZero),
        column("speed_end", Kind::NonZero),
        column("speed_change", Kind::Amount),
        column("dexterity_start", Kind::NonZero),
        column("dexterity_end", Kind::NonZero),
        column("dexterity_change", Kind::Amount),
        column("total_stats_start", Kind::NonZero),
        column("total_stats_end", Kind::NonZero),
        column("total_stats_change", Kind::Amount),
        column("level_start", Kind::Positive),
        column("level_end", Kind::Positive),
        column("level_change", Kind::Amount),
        column("life_maximum_start", Kind::Positive),
        column("life_maximum_end", Kind::Positive),
        column("networth_start", Kind::NonZeroAmount),
        column("networth_end", Kind::NonZeroAmount),
        column("networth_change", Kind::Amount),
        column("record_count", Kind::Count),
        column("created_at", Kind::Created),
    ],
};

pub(crate) const FACTION_SUMMARY: Table = Table {
    name: "faction_summary",
    columns: &[
        column("faction_id", Kind::Id),
        column("period_start", Kind::PastMonth),
        column("respect_start", Kind::Count),
        column("respect_end", Kind::Count),
        column("respect_change", Kind::Amount),
        column("member_count_start", Kind::NonZero),
        column("member_count_end", Kind::NonZero),
        column("member_count_change", Kind::Amount),
        column("best_chain_start", Kind::Count),
        column("best_chain_end", Kind::Count),
        column("best_chain_change", Kind::Amount),
        column("record_count", Kind::Count),
        column("created_at", Kind::Created),
    ],
};

pub(crate) const WAR_SUMMARY: Table = Table {
    name: "war_summary",
    columns: &[
        column("war_id", Kind::Id),
        column("war_type", Kind::RequiredWord(WAR_TYPES)),
        column("territory_id", Kind::OptionalTile),
        column("period_start", Kind::PastMonth),
        column("attacking_faction_id", Kind::OptionalId),
        column("defending_faction_id", Kind::OptionalId),
        column("final_attacking_score", Kind::Count),
        column("final_defending_score", Kind::Count),
        column("winner_faction_id", Kind::OptionalId),
        column("duration_seconds", Kind::Count),
        column("record_count", Kind::Count),
        column("created_at", Kind::Created),
    ],
};

pub(crate) const TILE_SUMMARY: Table = Table {
    name: "territory_ownership_summary",
    columns: &[
        column("territory_id", Kind::Tile),
        column("period_start", Kind::PastMonth),
        column("faction_id_start", Kind::Owner),
        column("faction_id_end", Kind::Owner),
        column("ownership_changes", Kind::Count),
        column("days_owned", Kind::Count),
        column("record_count", Kind::Count),
        column("created_at", Kind::Created),
    ],
};

/// The tables that an import takes, in the order of the report.
pub(crate) const TABLES: [Table; 15] = [
    FACTIONS,
    PLAYERS,
    TERRITORIES,
    PLAYER_HISTORY,
    FACTION_HISTORY,
    WAR_HISTORY,
    TILE_HISTORY,
    PLAYER_OBSERVATIONS,
    FACTION_OBSERVATIONS,
    TILE_OBSERVATIONS,
    MEMBERSHIP,
    PLAYER_SUMMARY,
    FACTION_SUMMARY,
    WAR_SUMMARY,
    TILE_SUMMARY,
];

/// The table with this name.
pub(crate) fn table_named(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// The columns by which a table of the Python program is recognized.
pub(crate) const PLAN_TABLES: [(&str, &[&str]); 6] = [
    ("players", &["player_id", "name"]),
    ("factions", &["faction_id", "name"]),
    ("player_stats_history", &["player_id"]),
    ("faction_history", &["faction_id"]),
    ("war_status_history", &["war_id", "war_type"]),
    ("territory_ownership_history", &["territory_id"]),
];
