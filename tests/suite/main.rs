//! The one integration binary: real processes, real sockets, real files. Its files mirror `src/command/`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "a test acts from outside")]
#![expect(unreachable_pub, reason = "a test binary exports nothing")]

mod layers;
mod support;

mod architecture;
mod awkward_names;
mod backup;
mod circles;
mod cli;
mod clock;
mod config;
mod damaged_files;
mod demo;
mod export;
mod fetch;
mod folder_sync;
mod forbidden;
mod foreign_text;
#[cfg(target_os = "linux")]
mod full_disk;
mod hangup;
mod health;
mod hot_journal;
mod import;
mod init;
mod interrupt;
mod keys;
mod kill;
mod log_file;
mod misplaced_keys;
mod month_model;
mod names_of_files;
mod no_files;
mod own_files;
mod owners;
mod paths;
mod printed_commands;
mod progress;
mod prune;
mod readers;
mod readme;
#[cfg(target_os = "linux")]
mod release;
mod reports;
mod restore;
mod schedules;
mod sim;
mod stdout;
mod store;
mod stress;
mod summarize;
mod system_errors;
mod temporary_folder;
mod thorough;
mod transport;
mod views;
mod wait;
mod windows;
mod wire;
