//! A second implementation of the monthly summaries: plain loops over plain rows, which share no code with the program.
//!
//! The tests of `summarize` and `prune` compare the program with it on generated histories.

mod any;
mod database;
mod expected;
mod history;
mod retained;
mod rows;
mod steady;

pub use any::{any_history, for_any_history};
pub use database::{
    HISTORY, HistoryIds, create, dump, history_ids, history_rows, prune, summaries, summarize,
    template, with_history, with_steady_history, with_steady_history_at,
};
pub use history::{EVERY_MONTH, History};
pub use rows::{FactionRow, PlayerRow, TileRow, in_order};
pub use steady::steady_history;

use crate::support::DAY;

/// 2027-12-01, 2028-01-01, 2028-02-01, 2028-03-01 and 2028-04-01: the months include the end of a year and a leap day.
pub const EDGES: [i64; 5] = [
    1_827_619_200,
    1_830_297_600,
    1_832_976_000,
    1_835_481_600,
    1_838_160_000,
];

/// 2028-03-10.
pub const IN_MARCH: i64 = EDGES[3] + 9 * DAY;

/// 2028-04-10.
pub const IN_APRIL: i64 = EDGES[4] + 9 * DAY;
