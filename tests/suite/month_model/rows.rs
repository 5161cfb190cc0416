//! The rows of the history tables. Each table has its own type.

/// The columns that every history table has.
pub trait Row {
    fn id(&self) -> i64;
    fn set_id(&mut self, id: i64);
    /// The timestamp of the row.
    fn at(&self) -> i64;
}

macro_rules! impl_row {
    ($($row:ty),*) => {$(
        impl Row for $row {
            fn id(&self) -> i64 {
                self.id
            }

            fn set_id(&mut self, id: i64) {
                self.id = id;
            }

            fn at(&self) -> i64 {
                self.at
            }
        }
    )*};
}

impl_row!(PlayerRow, FactionRow, WarRow, TileRow);

/// A column whose value may be unknown: its name, and how to read it.
pub type Column<R> = (&'static str, fn(&R) -> Option<i64>);

/// A row of `player_stats_history`.
#[derive(Clone, Debug, Default)]
pub struct PlayerRow {
    pub id: i64,
    pub player: i64,
    pub at: i64,
    pub strength: Option<i64>,
    pub defense: Option<i64>,
    pub speed: Option<i64>,
    pub dexterity: Option<i64>,
    pub total_stats: Option<i64>,
    pub level: Option<i64>,
    pub life_maximum: Option<i64>,
    pub networth: Option<i64>,
}

impl PlayerRow {
    pub const COLUMNS: [Column<Self>; 8] = [
        ("strength", |row| row.strength),
        ("defense", |row| row.defense),
        ("speed", |row| row.speed),
        ("dexterity", |row| row.dexterity),
        ("total_stats", |row| row.total_stats),
        ("level", |row| row.level),
        ("life_maximum", |row| row.life_maximum),
        ("networth", |row| row.networth),
    ];

    /// A row with the same value in every column.
    pub fn all(id: i64, player: i64, at: i64, value: i64) -> Self {
        Self {
            id,
            player,
            at,
            level: Some(value),
            life_maximum: Some(value),
            networth: Some(value),
            ..Self::default()
        }
        .with_battle_stats(Some(value), Some(value))
    }

    /// The row with one value for the four battle stats, and this total.
    pub fn with_battle_stats(self, each: Option<i64>, total: Option<i64>) -> Self {
        Self {
            strength: each,
            defense: each,
            speed: each,
            dexterity: each,
            total_stats: total,
            ..self
        }
    }
}

/// A row of `faction_history`.
#[derive(Clone, Debug)]
pub struct FactionRow {
    pub id: i64,
    pub faction: i64,
    pub at: i64,
    pub respect: Option<i64>,
    pub member_count: Option<i64>,
    pub best_chain: Option<i64>,
}

impl FactionRow {
    pub const COLUMNS: [Column<Self>; 3] = [
        ("respect", |row| row.respect),
        ("member_count", |row| row.member_count),
        ("best_chain", |row| row.best_chain),
    ];
}

/// A row of `war_status_history`.
#[derive(Clone, Debug)]
pub struct WarRow {
    pub id: i64,
    pub ranked: bool,
    pub war: i64,
    pub at: i64,
    pub attacking_score: Option<i64>,
    pub defending_score: Option<i64>,
    pub status: Option<&'static str>,
    pub winner: Option<i64>,
    pub started_at: Option<i64>,
    pub ends_at: Option<i64>,
}

impl WarRow {
    pub fn war_type(&self) -> &'static str {
        if self.ranked { "ranked" } else { "territory" }
    }

    /// All territory wars of the model are about this tile.
    pub fn tile(&self) -> Option<&'static str> {
        (!self.ranked).then_some("AAB")
    }

    /// The key of a war: its id is unique only together with its type.
    pub fn key(&self) -> (bool, i64) {
        (self.ranked, self.war)
    }
}

/// A row of `territory_ownership_history`.
#[derive(Clone, Debug)]
pub struct TileRow {
    pub id: i64,
    pub tile: &'static str,
    pub at: i64,
    pub owner: Option<i64>,
}

/// Numbers the rows from 1 in the order of their timestamps.
pub fn renumber<R: Row>(rows: &mut [R]) {
    rows.sort_by_key(|row| (row.at(), row.id()));
    for (id, row) in (1..).zip(rows) {
        row.set_id(id);
    }
}

/// Adds `offset` to the id of each row.
pub fn shift_ids<R: Row>(rows: &mut [R], offset: i64) {
    for row in rows {
        row.set_id(row.id() + offset);
    }
}

/// The rows of one entity, in the order of their timestamps and ids.
pub fn in_order<R: Row>(rows: &[R], is_of_entity: impl Fn(&R) -> bool) -> Vec<&R> {
    let mut found: Vec<&R> = rows.iter().filter(|row| is_of_entity(row)).collect();
    found.sort_by_key(|row| (row.at(), row.id()));
    found
}
