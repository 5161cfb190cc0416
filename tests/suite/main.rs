//! The one integration binary: real processes, real sockets, real files. Its files mirror `src/command/`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod archive;
mod backup;
mod clock;
mod config;
mod demo;
mod export;
mod fetch;
mod future;
mod health;
mod house;
mod init;
mod init_again;
mod keys;
mod kill;
mod month_model;
mod paths;
mod prune;
mod readme;
mod restore;
mod schedules;
mod sim;
mod stdout;
mod store;
mod summarize;
mod transport;
mod views;
mod wire;
