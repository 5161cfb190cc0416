//! cron: a block in the crontab of the user.

use std::path::Path;

use chrono::{Local, Offset, TimeZone};

use crate::command::schedule::backend::{
    Backend, Change, EntryFile, Installed, Look, Preview, State,
};
use crate::command::schedule::cron_daemon;
use crate::command::schedule::crontab_copies::{keep_copy, temporary_file};
use crate::command::schedule::entries::Entries;
use crate::command::schedule::mark;
use crate::command::schedule::programs::{ask, message_of, run_to_success, user_name};
use crate::error::{Error, Exit, Result};
use crate::model::schedule::condition::Fault;
use crate::model::schedule::cron::{config_in, lines, programs_in};
use crate::model::schedule::crontab;
use crate::model::schedule::crontab_list::Listing;
use crate::model::schedule::job::Job;

/// How the crontab is named in messages.
const PLACE: &str = "the crontab of this user";

pub(super) struct Cron;

impl Backend for Cron {
    fn name(&self) -> &'static str {
        "cron"
    }

    fn place(&self) -> String {
        PLACE.to_owned()
    }

    fn is_available(&self) -> bool {
        !cfg!(windows) && matches!(ask("crontab", &["-l"]), Ok(Some(_)))
    }

    /// A variable of a crontab is set for the lines below it.
    fn sets_variable(&self, name: &str, id: &str) -> bool {
        let crontab = read().unwrap_or_default();
        let above = crontab::above_block(&crontab, id);
        String::from_utf8_lossy(above).lines().any(|line| {
            let rest = line.trim_start().trim_start_matches(['"', '\'']);
            let rest = rest.strip_prefix(name);
            let value = rest.and_then(|rest| {
                let rest = rest.trim_start_matches(['"', '\'', ' ', '\t']);
                rest.strip_prefix('=')
            });
            value.is_some_and(|value| !value.trim_matches(['"', '\'', ' ', '\t']).is_empty())
        })
    }

    /// cron sends mail. Few machines deliver it.
    fn appends_output(&self) -> bool {
        true
    }

    fn files(&self, entries: &Entries) -> Result<Vec<EntryFile>> {
        let lines = lines(&entries.jobs, &entries.paths)?;
        Ok(vec![EntryFile {
            path: "crontab".to_owned(),
            text: crontab::block(&entries.paths.id, &lines),
        }])
    }

    fn preview(&self, entries: &Entries) -> Result<Preview> {
        Ok(Preview {
            printed: with_block(&read()?, entries)?,
            files: vec!["crontab".to_owned()],
        })
    }

    fn comment(&self, line: &str) -> String {
        format!("# {line}")
    }

    /// A crontab that cannot be read is reported when it is read.
    fn require(&self) -> Result<()> {
        Ok(())
    }

    fn notes(&self, entries: &Entries) -> Vec<String> {
        let idle = self.why_idle(&entries.paths.id).into_iter();
        idle.map(|fault| fault.to_string()).collect()
    }

    fn installed(&self) -> Result<Vec<Installed>> {
        let blocks = crontab::installed(&read()?).into_iter();
        Ok(blocks
            .map(|block| Installed {
                id: block.id,
                config: config_in(&block.lines),
            })
            .collect())
    }

    fn has_entries(&self, id: &str) -> Result<bool> {
        crontab::has_block(&read()?, id)
    }

    fn look(&self, id: &str) -> Result<Look> {
        let Some(crontab) = read_if_cron_is_here()? else {
            return Ok(Look::Absent);
        };
        Ok(match crontab::has_block(&crontab, id) {
            Err(error) => Look::Damaged(error),
            Ok(false) => Look::Absent,
            Ok(true) => {
                let mut blocks = crontab::installed(&crontab).into_iter();
                let lines = blocks.find(|block| block.id == id).map(|block| block.lines);
                let lines = lines.unwrap_or_default();
                Look::Present {
                    programs: programs_in(&lines),
                    config: config_in(&lines),
                }
            }
        })
    }

    fn why_idle(&self, _id: &str) -> Option<Fault> {
        (cron_daemon::is_running() == Some(false)).then(|| Fault {
            message: "cron is not running, so nothing starts the jobs".to_owned(),
            help: cron_daemon::remedy().to_owned(),
        })
    }

    fn state(&self, entries: &Entries) -> Result<State> {
        let before = read()?;
        if !crontab::has_block(&before, &entries.paths.id)? {
            return Ok(State::No);
        }
        Ok(if with_block(&before, entries)? == before {
            State::Yes
        } else {
            State::Outdated
        })
    }

    fn install(&self, entries: &Entries, now: i64) -> Result<Change> {
        let before = read()?;
        let after = with_block(&before, entries)?;
        replace(&before, &after, &entries.config, now)
    }

    fn remove(&self, id: &str, config: &Path, now: i64) -> Result<Change> {
        let before = read()?;
        let Some(after) = crontab::remove(&before, id)? else {
            return Ok(Change::default());
        };
        let change = replace(&before, &after, config, now)?;
        mark::remove_files(config);
        Ok(change)
    }

    fn next_start(&self, job: &Job, entries: &Entries, now: i64) -> i64 {
        mark::next_start_of(job, entries, now, utc_offset(now))
    }
}

/// The offset of local time in seconds, which cron uses.
fn utc_offset(now: i64) -> i64 {
    let local = Local.timestamp_opt(now, 0).single();
    local.map_or(0, |time| i64::from(time.offset().fix().local_minus_utc()))
}

/// The crontab with the block of this schedule.
fn with_block(crontab: &[u8], entries: &Entries) -> Result<Vec<u8>> {
    if let Some(shell) = crontab::foreign_shell(crontab::above_block(crontab, &entries.paths.id)) {
        return Err(Error::new(format!("change {PLACE}"))
            .with_source(format!("it has SHELL={shell}, which cannot run the lines"))
            .with_help("set SHELL=/bin/sh there with `crontab -e`, or use `--for systemd`")
            .with_exit(Exit::Config));
    }
    let lines = lines(&entries.jobs, &entries.paths)?;
    crontab::install(crontab, &entries.paths.id, &lines)
}

/// The crontab of this user. A user without a crontab has an empty one.
fn read() -> Result<Vec<u8>> {
    read_if_cron_is_here()?.ok_or_else(|| {
        unreadable()
            .with_source("there is no program crontab")
            .with_help("install cron, for example with `sudo apt-get install cron`")
    })
}

fn unreadable() -> Error {
    Error::new(format!("read {PLACE}")).with_exit(Exit::Config)
}

/// The same; `None` if there is no program `crontab`.
fn read_if_cron_is_here() -> Result<Option<Vec<u8>>> {
    let Some(output) = ask("crontab", &["-l"])? else {
        return Ok(None);
    };
    if output.status.success() {
        return Ok(Some(output.stdout));
    }
    let user = user_name();
    let listing = Listing {
        code: output.status.code(),
        stdout: &output.stdout,
        stderr: &String::from_utf8_lossy(&output.stderr),
        user: user.as_deref(),
    };
    if listing.says_there_is_none() {
        return Ok(Some(Vec::new()));
    }
    Err(unreadable()
        .with_source(message_of(&output))
        .with_help("see whether `crontab -l` works for this user; nothing was changed"))
}

/// Replaces the crontab, and keeps a copy of it as it was before.
fn replace(before: &[u8], after: &[u8], config: &Path, now: i64) -> Result<Change> {
    if before == after {
        return Ok(Change::default());
    }
    let crontab_before = if before.is_empty() {
        None
    } else {
        Some(keep_copy(before, config, now)?)
    };
    // dcron does not know `-r`, and takes an empty file instead.
    if !after.is_empty() || run_to_success("crontab", &["-r"]).is_err() {
        write(after, config)?;
    }
    let mut notes = Vec::new();
    if read()? != after {
        notes.push(
            "the crontab is not what was written to it; see `crontab -l`, because another program may have changed it \
             at the same moment"
                .to_owned(),
        );
    }
    Ok(Change {
        is_changed: true,
        files: vec!["crontab".to_owned()],
        crontab_before,
        notes,
    })
}

/// Installs a whole file. With a pipe, an interruption could install a part of it.
fn write(text: &[u8], config: &Path) -> Result<()> {
    let file = temporary_file(text, config)?;
    let path = file.path().to_string_lossy().into_owned();
    run_to_success("crontab", &[&path])
        .map(drop)
        .map_err(|error| {
            let help = "see the message of crontab; the crontab is as it was before";
            error.with_help(help).with_exit(Exit::Config)
        })
}
