//! The one integration binary: real processes, real sockets, real files. Its files mirror `src/command/`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod config;
mod export;
mod fetch;
mod house;
mod init;
mod sim;
mod store;
mod views;
