//! The memory of the watchdog: which findings were told, in a small file beside the database.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::error::{Exit, Result};
use crate::model::health::{Finding, Notified, State};
use crate::store::backup;
use crate::store::files::{with_suffix, write_atomically};
use crate::store::lock::{Lock, LockHolder, WaitPolicy};

/// The layout of the file.
const VERSION: u32 = 2;

/// The name of the lock that whoever tells findings holds.
const LOCK: &str = "health";

/// How long another check may take to tell: a webhook and a ping give up after ten seconds each.
const TELLING: Duration = Duration::from_secs(25);

/// Waits for another check to tell, from this moment on.
struct WhileTelling(Instant);

impl WaitPolicy for WhileTelling {
    fn command(&self, _lock: &str) -> String {
        "health --notify".to_owned()
    }

    fn wait_for(&self, _holder: &LockHolder) -> Result<bool> {
        thread::sleep(Duration::from_millis(50));
        Ok(self.0.elapsed() < TELLING)
    }
}

/// The memory while this process alone may use it.
#[derive(Debug)]
pub(crate) struct Memory {
    database: PathBuf,
    _lock: Option<Lock>,
}

#[derive(Deserialize, Serialize)]
struct File {
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

impl Memory {
    /// Waits until no other check is telling, so that two at once do not tell the same.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] when another one is telling all the time.
    pub(crate) fn alone(database: &Path) -> Result<Self> {
        let lock = match Lock::wait(database, LOCK, &WhileTelling(Instant::now())) {
            Ok(lock) => Some(lock),
            Err(error) if error.exit() == Exit::TryLater => return Err(error),
            // A folder that cannot be written keeps the memory from being written, and must not silence it.
            Err(error) => {
                log::info!("{}", error.one_line());
                None
            }
        };
        Ok(Self {
            // A link and its target are one database.
            database: fs::canonicalize(database).unwrap_or_else(|_| database.to_owned()),
            _lock: lock,
        })
    }

    /// Reads what was told before; nothing where the file cannot be read, or another version wrote it.
    pub(crate) fn told(&self) -> Notified {
        let read = || {
            let text = fs::read(self.path()).ok()?;
            let file: File = serde_json::from_slice(&text).ok()?;
            let findings = file
                .findings
                .into_iter()
                .filter_map(|entry| {
                    Some(Finding {
                        id: entry.id,
                        state: State::from_word(&entry.state)?,
                        subjects: entry.subjects.into_iter().collect(),
                    })
                })
                .collect();
            (file.version == VERSION).then_some(Notified {
                findings,
                at: file.told_at,
            })
        };
        read().unwrap_or_default()
    }

    /// Remembers what was told.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub(crate) fn remember(&self, told: &Notified) -> Result<()> {
        let file = File {
            version: VERSION,
            told_at: told.at,
            findings: told
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
