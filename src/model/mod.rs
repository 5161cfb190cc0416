//! Validated values with their units, and decisions that need no I/O.

pub(crate) mod column_type;
pub(crate) mod digits;
#[cfg(unix)]
pub(crate) mod disk;
pub(crate) mod elapsed;
pub(crate) mod id;
pub(crate) mod identity;
pub(crate) mod lake;
pub(crate) mod leftovers;
pub(crate) mod lost_rows;
pub(crate) mod nearest;
pub(crate) mod open_elsewhere;
pub(crate) mod rows;
pub(crate) mod size;
pub(crate) mod time;

pub(crate) mod faction;
pub(crate) mod formula;
pub(crate) mod future;
pub(crate) mod health;
pub(crate) mod hidden;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod invocation;
pub(crate) mod key;
pub(crate) mod key_refusal;
pub(crate) mod kind;
pub(crate) mod missing;
pub(crate) mod month_state;
pub(crate) mod pasted;
pub(crate) mod path;
pub(crate) mod player;
pub(crate) mod proxy;
pub(crate) mod regular_file;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod territory;
pub(crate) mod unprintable;
pub(crate) mod war;
pub(crate) mod watch;

pub(crate) mod archive;
pub(crate) mod retention;
pub(crate) mod summary;
pub(crate) mod unfinished_restore;
