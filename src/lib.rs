//! Keeps the history of Torn City players, factions, wars and territories in one SQLite file.
//!
//! `tests/suite/layers.rs` checks the imports against the table of layers below.
//!
#![doc = include_str!("ARCHITECTURE.md")]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    expect(clippy::unwrap_used, reason = "a test may panic"),
    expect(clippy::disallowed_methods, reason = "a test makes its own databases")
)]

pub(crate) mod error;
pub(crate) mod model;

pub(crate) mod config;

pub(crate) mod api;
pub(crate) mod store;

pub(crate) mod output;

pub(crate) mod sim;

pub(crate) mod command;

pub mod cli;

pub mod docs;

#[doc(hidden)]
pub mod testing;
