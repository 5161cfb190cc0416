//! Keeps the history of Torn City players, factions, wars and territories in one SQLite file.
//!
//! The modules, in reading order. A module may import only from the modules in the second column:
//!
//! | module | may import | responsibility |
//! |---|---|---|
//! | [`error`] | – | the error type and the exit codes |
//! | [`model`] | `error` | validated values with their units, and decisions without I/O |
//! | [`config`] | `error`, `model` | the clock, the environment, the settings and the keys |
//! | [`api`] | `error`, `model` | requests to Torn (`ureq`) and decoding of the answers |
//! | [`store`] | `error`, `model` | the database (`rusqlite`), its backups and its locks |
//! | [`output`] | `error`, `model` | stdout, stderr, the log and the formats of exports |
//! | [`sim`] | – | a simulated Torn for the demo and the tests (`std::net`) |
//! | [`command`] | all of the above | the subcommands |
//! | [`cli`] | `error`, `model`, `config`, `output`, `command` | the command line (`clap`) |
//!
//! `tests/suite/layers.rs` checks the code against this table.
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

#[doc(hidden)]
pub mod testing;
