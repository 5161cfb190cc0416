//! The one integration binary: real processes, real sockets, real files. Its files mirror `src/command/`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod backup;
mod config;
mod export;
mod fetch;
mod health;
mod house;
mod init;
mod restore;
mod schedules;
mod sim;
mod store;
mod views;
