//! Keeps the history of Torn City players, factions, wars and territories in one SQLite file.
//!
//! The rooms of the house, in reading order. A room may use what the table says, and nothing else:
//!
//! | room | may use | the only place that |
//! |---|---|---|
//! | [`error`] | – | says what went wrong and what to try |
//! | [`model`] | `error` | says what a fact means and in which unit |
//! | [`config`] | `error`, `model` | reads the clock, the environment, the settings and the keys |
//! | [`api`] | `model`, `error` | asks Torn (`ureq`) |
//! | [`store`] | `model`, `error` | speaks SQL (`rusqlite`) |
//! | [`output`] | `model`, `error` | prints |
//! | [`sim`] | – | plays Torn, for the demo and the tests (`std::net`) |
//! | [`command`] | all of the above | decides the order of things |
//! | [`cli`] | `command`, `config`, `output`, `model`, `error` | knows how the flags are spelled (`clap`) |
//!
//! `tests/suite/house.rs` holds the code against this table.
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
