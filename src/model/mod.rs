//! What we believe: checked values with their units, and pure policy. No I/O.

#[cfg(unix)]
pub(crate) mod disk;
pub mod id;
pub mod identity;
pub mod nearest;
pub mod rows;
pub mod size;
pub mod time;

pub mod faction;
pub mod future;
pub mod health;
pub mod history;
pub mod key;
pub mod kind;
pub mod missing;
pub mod month_state;
pub mod path;
pub mod player;
pub mod proxy;
pub mod run;
pub mod territory;
pub mod war;

pub mod archive;
pub mod retention;
pub mod summary;
