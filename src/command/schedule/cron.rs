//! cron: a block in the crontab of the user.

use std::path::Path;

use chrono::{Local, Offset, TimeZone};

use crate::command::schedule::backend::{
    Backend, Change, EntryFile, Installed, Look, Preview, State,
};
use crate::command::schedule::cron_daemon;
use crate::command::schedule::crontab_change::Replacement;
use crate::command::schedule::crontab_file::{CRONTAB, PLACE, read, read_if_cron_is_here};
use crate::command::schedule::entries::Entries;
use crate::command::schedule::mark;
use crate::command::schedule::programs::ask;
use crate::error::{Error, Exit, Result};
use crate::model::schedule::condition::Fault;
use crate::model::schedule::cron::{config_in, lines, programs_in};
use crate::model::schedule::crontab;
use crate::model::schedule::job::Job;

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
            path: CRONTAB.to_owned(),
            text: crontab::block(&entries.paths.id, &lines),
        }])
    }

    fn preview(&self, entries: &Entries) -> Result<Preview> {
        let (before, id) = (read()?, &entries.paths.id);
        Ok(Preview {
            printed: with_block(&before, entries)?,
            files: vec![CRONTAB.to_owned()],
            notes: kept_lines(&before, id).into_iter().collect(),
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

    fn installed_files(&self, id: &str) -> Result<Vec<String>> {
        let has_block = crontab::has_block(&read()?, id)?;
        Ok(has_block.then(|| CRONTAB.to_owned()).into_iter().collect())
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
        replace(&before, &after, &entries.paths.id, &entries.config, now)
    }

    fn remove(&self, id: &str, config: &Path, now: i64) -> Result<Change> {
        let before = read()?;
        let Some(after) = crontab::remove(&before, id)? else {
            return Ok(Change::default());
        };
        let change = replace(&before, &after, id, config, now)?;
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

/// Replaces the crontab, and tells of lines of the user that were inside the block.
fn replace(before: &[u8], after: &[u8], id: &str, config: &Path, now: i64) -> Result<Change> {
    let mut change = Replacement {
        before,
        after,
        id,
        config,
        now,
    }
    .run()?;
    change.notes.extend(kept_lines(before, id));
    Ok(change)
}

/// Tells of lines of the user inside the block. Nothing is told of an empty line.
fn kept_lines(crontab: &[u8], id: &str) -> Option<String> {
    let lines = crontab::lines_of_user(crontab, id);
    let text = String::from_utf8_lossy(&lines);
    let first = text.lines().next()?;
    Some(format!(
        "lines in the block of tornsnap that it has not written stay in the crontab outside of the block ({}); the first: \
         {first}",
        text.lines().count()
    ))
}

/// The crontab with the block of this schedule, or without one if all jobs are off.
fn with_block(crontab: &[u8], entries: &Entries) -> Result<Vec<u8>> {
    if entries.jobs.is_empty() {
        let removed = crontab::remove(crontab, &entries.paths.id)?;
        return Ok(removed.unwrap_or_else(|| crontab.to_owned()));
    }
    if let Some(shell) = crontab::foreign_shell(crontab::above_block(crontab, &entries.paths.id)) {
        return Err(Error::new(format!("change {PLACE}"))
            .with_source(format!("it has SHELL={shell}, which cannot run the lines"))
            .with_help("set SHELL=/bin/sh there with `crontab -e`, or use `--for systemd`")
            .with_exit(Exit::Config));
    }
    let lines = lines(&entries.jobs, &entries.paths)?;
    crontab::install(crontab, &entries.paths.id, &lines)
}
