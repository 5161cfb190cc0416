//! The one integration binary: real processes, real sockets, real files. Its files mirror `src/command/`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod archive;
mod export;
mod house;
mod kill;
mod month_model;
mod prune;
mod sim;
mod summarize;
mod views;
