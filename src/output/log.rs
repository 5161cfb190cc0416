//! The log: stderr, and a file where one is configured.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Mutex;

use chrono::Utc;
use log::{LevelFilter, Log, Metadata, Record};

use crate::output::progress;
use crate::output::terminal::Verbosity;

/// Whether colours are used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// Libraries that would print headers or addresses at their finest levels, where a key might be, or say in their own
/// words what our errors say.
const HUSHED: [&str; 4] = ["ureq", "ureq_proto", "rustls", "rustls_platform_verifier"];

/// Starts the log, with an open file where one is configured. Times are UTC.
pub(crate) fn start(verbosity: Verbosity, color: Color, file: Option<File>) {
    let level = match verbosity {
        Verbosity::Quiet => LevelFilter::Error,
        Verbosity::Normal => LevelFilter::Warn,
        Verbosity::Verbose => LevelFilter::Info,
        Verbosity::Debug => LevelFilter::Debug,
    };
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(level)
        .format(|line, record| {
            let style = line.default_level_style(record.level());
            writeln!(
                line,
                "{style}{:5}{style:#} {}",
                record.level().as_str().to_lowercase(),
                record.args()
            )
        })
        .write_style(match color {
            Color::Auto => env_logger::WriteStyle::Auto,
            Color::Always => env_logger::WriteStyle::Always,
            Color::Never => env_logger::WriteStyle::Never,
        });
    let tee = Tee {
        stderr: builder.build(),
        file: file.map(Mutex::new),
    };
    // Debug for the file at most: the file is kept, and trace is where libraries say too much.
    let most = if tee.file.is_some() {
        level.max(LevelFilter::Info)
    } else {
        level
    };
    if log::set_boxed_logger(Box::new(tee)).is_ok() {
        log::set_max_level(most);
    }
}

/// Target of lines that are printed on stderr by other means.
pub(crate) const FILE_ONLY: &str = "tornsnap::file";

struct Tee {
    stderr: env_logger::Logger,
    file: Option<Mutex<File>>,
}

impl Log for Tee {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !HUSHED.iter().any(|library| {
            metadata
                .target()
                .strip_prefix(library)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the log has the real time, whatever TORNSNAP_NOW says"
    )]
    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        if record.target() != FILE_ONLY && self.stderr.matches(record) {
            progress::suspended(|| self.stderr.log(record));
        }
        if let Some(Ok(mut file)) = self.file.as_ref().map(Mutex::lock) {
            let line = format!(
                "{} [{}] {:5} {}\n",
                Utc::now().format("%Y-%m-%dT%H:%M:%SZ"),
                std::process::id(),
                record.level().as_str().to_lowercase(),
                record.args()
            );
            // A full disk must not stop a run that only wanted to say so.
            let _ = file.write_all(line.as_bytes());
        }
    }

    #[expect(clippy::disallowed_methods, reason = "flushes what env_logger wrote")]
    fn flush(&self) {
        let _ = io::stderr().flush();
    }
}
