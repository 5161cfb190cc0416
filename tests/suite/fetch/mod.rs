//! `tornsnap fetch` against a simulated Torn.

mod budget;
mod canary;
mod codes;
mod factions;
mod faults;
mod players;
mod signals;
mod territories;
mod wars;
