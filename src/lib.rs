//! Keeps the history of Torn City players, factions, wars and territories in one SQLite file.
//!
//! `tests/suite/house.rs` holds the code against the table of layers below.
//!
#![doc = include_str!("ARCHITECTURE.md")]
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may panic"))]

pub mod error;
pub mod model;

pub mod config;

pub mod api;
pub mod store;

pub mod output;

pub mod sim;

pub mod command;

pub mod cli;
