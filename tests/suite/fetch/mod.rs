//! `tornsnap fetch` against a simulated Torn.

mod access;
mod bad_parts;
mod budget;
mod canary;
mod changes;
pub mod codes;
mod endings;
mod factions;
mod faults;
mod histories;
mod keys;
mod locks;
mod many_factions;
mod missing;
mod names;
mod observations;
mod outage;
mod pages;
mod parts;
mod plan;
mod players;
mod rejections;
mod reports;
mod selection_errors;
mod shapes;
#[cfg(unix)]
mod signals;
mod ten_days;
mod territories;
mod tile_faults;
mod time;
mod told;
mod two_names;
mod unlearned;
mod unsaved;
mod wars;
