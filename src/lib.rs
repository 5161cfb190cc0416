//! Keeps the history of Torn City players, factions, wars and territories in one SQLite file.

pub mod sim;
