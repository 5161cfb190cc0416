//! `[log]`: the log file, and which statements are logged.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::table::Table;
use crate::error::Result;
use crate::model::size::MEGABYTE;

/// The settings of the log.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    /// The file that the log is written to in addition to stderr.
    pub(crate) file: Option<PathBuf>,
    /// The size in bytes from which the file is renamed and a new one is begun. `None` means that it grows without limit.
    pub(crate) max_size: Option<u64>,
    /// The number of old log files that are kept.
    pub(crate) keep: u32,
    /// Statements that take longer are logged. `None` means that none is.
    pub(crate) slow_query: Option<Duration>,
}

pub(super) fn read_log(mut table: Table<'_>) -> Result<Log> {
    let file = table.path("file")?;
    let max_size_mb = table.number_or("max_size_mb", 0, 10_000, 10)?;
    let keep = table.number_or("keep", 1, 99, 2)?;
    let slow_query_ms = table.number_or("slow_query_ms", 0, 3_600_000, 500)?;
    table.refuse_unknown_fields()?;
    Ok(Log {
        file,
        max_size: (max_size_mb > 0).then_some(u64::from(max_size_mb) * MEGABYTE),
        keep,
        slow_query: (slow_query_ms > 0).then_some(Duration::from_millis(slow_query_ms.into())),
    })
}
