//! The file beside the database that records the findings of the last notification.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::error::{Exit, Result};
use crate::model::health::{Finding, LastNotification, State};
use crate::model::path::with_suffix;
use crate::model::regular_file::why_no_file;
use crate::store::backup;
use crate::store::files::private::write_atomically;
use crate::store::lock::{Lock, LockHolder, WaitPolicy};

/// The version of the file format.
const FORMAT_VERSION: u32 = 2;

/// The name of the lock that is held while a notification is sent.
const LOCK: &str = "health";

/// The longest wait for the lock. A webhook and a ping time out after ten seconds each.
const LOCK_TIMEOUT: Duration = Duration::from_secs(25);

/// Waits until another process has sent its notification. The field is the time when the wait began.
struct WaitForSender(Instant);

impl WaitPolicy for WaitForSender {
    fn command(&self, _lock: &str) -> String {
        "health --notify".to_owned()
    }

    fn wait_for(&self, _holder: &LockHolder) -> Result<bool> {
        thread::sleep(Duration::from_millis(50));
        Ok(self.0.elapsed() < LOCK_TIMEOUT)
    }
}

/// The file, locked by this process.
#[derive(Debug)]
pub(crate) struct NotificationFile {
    database: PathBuf,
    _lock: Option<Lock>,
}

#[derive(Deserialize, Serialize)]
struct FileContents {
    version: u32,
    told_at: i64,
    findings: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
struct Entry {
    id: String,
    state: String,
    subjects: Vec<String>,
}

impl NotificationFile {
    /// Locks the file, so that two processes do not send the same notification.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] when another process holds the lock for too long.
    pub(crate) fn lock(database: &Path) -> Result<Self> {
        let lock = match Lock::wait(database, LOCK, &WaitForSender(Instant::now())) {
            Ok(lock) => Some(lock),
            Err(error) if error.exit() == Exit::TryLater => return Err(error),
            // In a folder without write access there is no lock, but the notification is still sent.
            Err(error) => {
                log::info!("{}", error.one_line());
                None
            }
        };
        Ok(Self {
            // A link and its target are the same database and share the file.
            database: fs::canonicalize(database).unwrap_or_else(|_| database.to_owned()),
            _lock: lock,
        })
    }

    /// Reads the last notification. It is empty if the file cannot be read or has another format version.
    pub(crate) fn load(&self) -> LastNotification {
        let read = || {
            let path = self.path();
            if why_no_file(&path).is_some() {
                return None;
            }
            let text = fs::read(path).ok()?;
            let file: FileContents = serde_json::from_slice(&text).ok()?;
            let findings = file
                .findings
                .into_iter()
                .filter_map(|entry| {
                    Some(Finding {
                        id: entry.id,
                        state: State::from_name(&entry.state)?,
                        subjects: entry.subjects.into_iter().collect(),
                    })
                })
                .collect();
            (file.version == FORMAT_VERSION).then_some(LastNotification {
                findings,
                sent_at: file.told_at,
            })
        };
        read().unwrap_or_default()
    }

    /// Replaces the last notification.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub(crate) fn save(&self, last: &LastNotification) -> Result<()> {
        let file = FileContents {
            version: FORMAT_VERSION,
            told_at: last.sent_at,
            findings: last
                .findings
                .iter()
                .map(|finding| Entry {
                    id: finding.id.clone(),
                    state: finding.state.as_str().to_owned(),
                    subjects: finding.subjects.iter().cloned().collect(),
                })
                .collect(),
        };
        let text = serde_json::json!(file).to_string() + "\n";
        write_atomically(
            &self.path(),
            &text,
            &backup::temp_suffix(&self.database),
            &self.database,
        )
    }

    fn path(&self) -> PathBuf {
        with_suffix(&self.database, ".health.json")
    }
}
