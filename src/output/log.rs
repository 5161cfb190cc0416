//! The log: stderr, and a file if one is configured.

use std::io::{self, Write};
use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};

use crate::error::without_os_code;
use crate::model::hidden::without_hidden;
use crate::model::invocation::with_options;
use crate::output::log_file::LogFile;
use crate::output::printable::printable_record;
use crate::output::terminal::{FILE_ONLY, Verbosity};
use crate::output::width::message_width;
use crate::output::wrap::wrap_message;
use crate::output::{progress, stamp};

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// Libraries whose messages are dropped: at debug and trace level they may print headers or addresses with a key in them,
/// and their warnings repeat our errors.
const SILENCED_LIBRARIES: [&str; 4] = ["ureq", "ureq_proto", "rustls", "rustls_platform_verifier"];

/// Starts the log. `file` is the log file, if one is configured; its timestamps are UTC.
pub(crate) fn start(verbosity: Verbosity, color: Color, file: Option<LogFile>) {
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
            let level = record.level().as_str().to_lowercase();
            let text = format!("{level:5} {}", message_of(record));
            let text = match message_width() {
                Some(width) => wrap_message(&text, usize::from(width)),
                None => text,
            };
            let message = text.strip_prefix(&*level).unwrap_or_default();
            let time = stamp::prefix();
            writeln!(line, "{time}{style}{level}{style:#}{message}")
        })
        .write_style(match color {
            Color::Auto => env_logger::WriteStyle::Auto,
            Color::Always => env_logger::WriteStyle::Always,
            Color::Never => env_logger::WriteStyle::Never,
        });
    let logger = Logger {
        stderr: builder.build(),
        file: file.map(Mutex::new),
    };
    // The file gets the level of stderr, but at least info.
    let max_level = if logger.file.is_some() {
        level.max(LevelFilter::Info)
    } else {
        level
    };
    if log::set_boxed_logger(Box::new(logger)).is_ok() {
        log::set_max_level(max_level);
    }
}

/// The message without hidden words, numbers of the system and line breaks, and with the options of this run in its commands.
fn message_of(record: &Record<'_>) -> String {
    let text = without_os_code(&record.args().to_string());
    printable_record(&without_hidden(&with_options(&text)))
}

struct Logger {
    stderr: env_logger::Logger,
    file: Option<Mutex<LogFile>>,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !SILENCED_LIBRARIES.iter().any(|library| {
            metadata
                .target()
                .strip_prefix(library)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        if record.target() != FILE_ONLY && self.stderr.matches(record) {
            progress::suspended(|| self.stderr.log(record));
        }
        if let Some(Ok(mut file)) = self.file.as_ref().map(Mutex::lock) {
            // A name or an error may contain a line break, and a record is one line.
            let message = message_of(record);
            let line = format!(
                "{} [{}] {:5} {message}\n",
                stamp::now(),
                std::process::id(),
                record.level().as_str().to_lowercase(),
            );
            // A full disk must not stop the run.
            let _ = file.append(&line);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "flushes what env_logger wrote")]
    fn flush(&self) {
        let _ = io::stderr().flush();
    }
}
