//! Reports on copies that were made before: `--list` and `--verify`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Args, in_full, in_short, whose_is};
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::Identity;
use crate::model::path::display_path;
use crate::model::size::{format_bytes, group_digits};
use crate::model::time::{is_far_future, iso};
use crate::output::terminal::{self, Verbosity};
use crate::store::backup::{self, Entry, Kind, Manifest};
use crate::store::identity::identity_of;

/// Lists all backups in the folder, oldest first.
pub(super) fn list(context: &Context, args: &Args) -> Result<Outcome> {
    let directory = args.directory(context);
    let now = context.settings.clock.now();
    let present = identity_of(&context.settings.database);
    let entries = backup::all(directory)?;
    let unproven = backup::unproven(directory)?;
    let ours = entries
        .iter()
        .filter(|entry| is_ours(entry, present.as_ref()));
    let ours = ours.count();

    if !context.json {
        let width = entries
            .iter()
            .map(|entry| &entry.path)
            .chain(&unproven)
            .map(|path| name(path).chars().count())
            .max()
            .unwrap_or(0);
        for entry in &entries {
            tell(&format!(
                "{:width$}  {}",
                name(&entry.path),
                line(entry, present.as_ref(), now)
            ))?;
        }
        for path in &unproven {
            tell(&format!(
                "{:width$}  has no manifest: nothing proves it",
                name(path)
            ))?;
        }
    }
    let others = entries.len() - ours;
    Ok(Outcome::done(
        format!(
            "{ours} of this database and {others} others in {}",
            directory.display()
        ),
        json!({
            "directory": display_path(directory),
            "database_id": present.as_ref().map(|present| &present.id),
            "backups": entries.iter().map(|entry| listed(entry, present.as_ref(), now)).collect::<Vec<_>>(),
            "without_manifest": unproven.iter().map(|path| display_path(path)).collect::<Vec<_>>(),
        }),
    ))
}

fn is_ours(entry: &Entry, present: Option<&Identity>) -> bool {
    match (&entry.manifest, present) {
        (Ok(manifest), Some(present)) => manifest.database_id == present.id,
        _ => false,
    }
}

fn line(entry: &Entry, present: Option<&Identity>, now: i64) -> String {
    let manifest = match &entry.manifest {
        Ok(manifest) => manifest,
        Err(error) => return error.one_line(),
    };
    let mut words = format!(
        "{}  {:>8}  {:>12} rows  {}",
        iso(manifest.created_at),
        format_bytes(manifest.bytes),
        group_digits(manifest.total_rows()),
        whose_is(manifest, present)
    );
    if is_far_future(manifest.created_at, now) {
        words.push_str("; made by a clock that was ahead");
    }
    if !entry.path.exists() {
        words.push_str("; the file is gone");
    }
    words
}

fn listed(entry: &Entry, present: Option<&Identity>, now: i64) -> Value {
    match &entry.manifest {
        Ok(manifest) => {
            let mut report = in_full(manifest);
            if !entry.path.exists() {
                report["status"] = "gone".into();
            }
            report["whose"] = whose_is(manifest, present).into();
            report["is_ours"] = is_ours(entry, present).into();
            report["is_ahead"] = is_far_future(manifest.created_at, now).into();
            report
        }
        Err(error) => failed(&entry.path, error),
    }
}

fn failed(path: &Path, error: &Error) -> Value {
    json!({ "file": display_path(path), "status": "failed", "error": error.one_line() })
}

/// Proves one backup, the latest or all, and remembers that of those of this database.
pub(super) fn verify(context: &Context, args: &Args, which: &Path) -> Result<Outcome> {
    let directory = args.directory(context);
    let settings = &context.settings;
    let present = identity_of(&settings.database);
    let proofs = Proofs {
        context,
        args,
        present: present.as_ref(),
    };
    let file = match which.to_str() {
        Some("all") => return proofs.prove_all(directory),
        Some("latest") => backup::latest(
            directory,
            &settings.database,
            present.as_ref().map(|present| &present.id),
            settings.clock.now(),
        )?,
        _ => which.to_owned(),
    };
    let proven = proofs.prove(&file)?;
    let is_ours = present.is_some_and(|present| present.id == proven.manifest.database_id);
    let of = if is_ours {
        String::new()
    } else {
        format!(", of {}", proven.whose)
    };
    Ok(Outcome::done(
        format!("sound: {}{of}", in_short(&proven.manifest)),
        json!({
            "verified": [proven.in_full()],
        }),
    ))
}

struct Proofs<'a> {
    context: &'a Context,
    args: &'a Args,
    present: Option<&'a Identity>,
}

struct Proven {
    manifest: Manifest,
    whose: String,
}

impl Proven {
    fn in_full(&self) -> Value {
        let mut report = in_full(&self.manifest);
        report["whose"] = self.whose.clone().into();
        report
    }
}

impl Proofs<'_> {
    fn prove(&self, file: &Path) -> Result<Proven> {
        let depth = self.args.depth();
        let manifest = backup::verify(file, depth).inspect_err(|error| {
            if error.exit() == Exit::Damaged {
                self.forget(file);
            }
        })?;
        let whose = whose_is(&manifest, self.present);
        let is_ours = self
            .present
            .is_some_and(|present| present.id == manifest.database_id);
        let manifest = if is_ours && manifest.kind == Kind::Backup {
            self.remember(manifest)
        } else {
            manifest
        };
        Ok(Proven { manifest, whose })
    }

    /// A damaged backup must not satisfy `prune` or `health` any more.
    fn forget(&self, file: &Path) {
        let settings = &self.context.settings;
        let Some(present) = self.present else {
            return;
        };
        let now = settings.clock.now();
        if let Err(error) = backup::remember_damaged(file, &settings.database, &present.id, now) {
            log::warn!(
                "its manifest does not remember that it is damaged: {}",
                error.one_line()
            );
        }
    }

    /// A folder that cannot be written is no reason not to verify what is in it.
    fn remember(&self, manifest: Manifest) -> Manifest {
        let settings = &self.context.settings;
        let remembered = backup::remember_verified(
            &manifest,
            &settings.database,
            self.args.depth(),
            settings.clock.now(),
        );
        remembered.unwrap_or_else(|error| {
            log::warn!(
                "the backup is sound, but its manifest does not remember that it was verified now: {}",
                error.one_line()
            );
            manifest
        })
    }

    fn prove_all(&self, directory: &Path) -> Result<Outcome> {
        let files: Vec<PathBuf> = backup::all(directory)?
            .into_iter()
            .map(|entry| entry.path)
            .collect();
        if files.is_empty() {
            return Err(
                Error::new(format!("find a backup in {}", directory.display()))
                    .with_source("there is none with a manifest of tornsnap's")
                    .with_help("run `tornsnap backup`, or name the folder with --output")
                    .with_exit(Exit::Config),
            );
        }
        for unproven in backup::unproven(directory)? {
            log::warn!("{} has no manifest: it proves nothing", unproven.display());
        }
        let mut reports = Vec::new();
        let mut broken = 0;
        for file in &files {
            match self.prove(file) {
                Ok(proven) => {
                    self.tell(&format!(
                        "sound: {}, of {}",
                        in_short(&proven.manifest),
                        proven.whose
                    ))?;
                    reports.push(proven.in_full());
                }
                Err(error) => {
                    log::error!("{}", error.one_line());
                    broken += 1;
                    reports.push(failed(file, &error));
                }
            }
        }
        Ok(told(broken, &reports))
    }

    /// A line of the report, for people who did not ask for silence.
    fn tell(&self, line: &str) -> Result<()> {
        if self.context.json || self.context.verbosity == Verbosity::Quiet {
            return Ok(());
        }
        tell(line)
    }
}

fn told(broken: usize, reports: &[Value]) -> Outcome {
    let count = reports.len();
    let failure = (broken > 0).then(|| {
        Error::new(format!("find all {count} backups sound"))
            .with_source(format!(
                "{broken} are damaged or gone; the others are sound"
            ))
            .with_help("put those aside, and run `tornsnap backup` to have a new one")
            .with_exit(Exit::Damaged)
    });
    let exit = failure.as_ref().map_or(Exit::Done, Error::exit);
    Outcome {
        summary: (broken == 0).then(|| format!("all {count} backups are sound")),
        failure,
        ..Outcome::new(exit).with_report(json!({ "verified": reports }))
    }
}

fn tell(line: &str) -> Result<()> {
    terminal::data(line).with_context(|| "write to stdout".to_owned())
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
