//! `backup --verify`: verifies one backup, the latest or all.

use std::path::{Path, PathBuf};

use super::list::describe_without_manifest;
use super::report::{BackupResult, VerifyReport};
use super::{Args, describe_backup, is_of, named_backup, print_line, summarize};
use crate::command::signal::StopSignal;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result};
use crate::model::identity::Identity;
use crate::model::size::{agree, count};
use crate::output::terminal::Verbosity;
use crate::store::backup::{self, BackupKind, Manifest};
use crate::store::identity::identity_of;

/// Verifies the backups that `which` names, and records the results in the manifests of this database.
pub(super) fn run(context: &Context, args: &Args, which: &Path) -> Result<Outcome> {
    let directory = args.directory(context);
    let settings = &context.settings;
    let present = identity_of(&settings.database);
    let present = present.as_ref();
    let verifier = Verifier {
        context,
        args,
        present,
    };
    let file = match which.to_str() {
        Some("all") => return verifier.verify_all(directory),
        Some("latest") => backup::newest_to_verify(
            directory,
            &settings.database,
            present.map(|present| &present.id),
            settings.clock.now(),
        )?,
        _ => named_backup(which, directory),
    };
    let manifest = verifier.verify(&file)?;
    let origin = if is_of(&manifest, present) {
        String::new()
    } else {
        format!(", of {}", describe_backup(&manifest, present))
    };
    Ok(Outcome::done(
        format!("sound: {}{origin}", summarize(&manifest)),
        VerifyReport {
            verified: vec![BackupResult::verified(&manifest, present)],
        },
    ))
}

struct Verifier<'a> {
    context: &'a Context,
    args: &'a Args,
    /// The ids of the configured database.
    present: Option<&'a Identity>,
}

impl Verifier<'_> {
    /// Verifies one backup, and records the result if it is a backup of the present database.
    fn verify(&self, file: &Path) -> Result<Manifest> {
        let manifest = backup::verify(file, self.args.depth(), &self.context.progress())
            .inspect_err(|error| {
                if error.exit() == Exit::Damaged {
                    self.record_damaged(file);
                }
            })?;
        if is_of(&manifest, self.present) && manifest.kind == BackupKind::Backup {
            Ok(self.record_verified(manifest))
        } else {
            Ok(manifest)
        }
    }

    /// Records that the backup is damaged, so that `prune` and `health` no longer count it.
    fn record_damaged(&self, file: &Path) {
        let settings = &self.context.settings;
        let Some(present) = self.present else {
            return;
        };
        let now = settings.clock.now();
        if let Err(error) = backup::record_damaged(file, &settings.database, &present.id, now) {
            log::warn!(
                "the damage is not recorded in its manifest: {}",
                error.one_line()
            );
        }
    }

    /// Records the verification. A failure is only a warning, since the folder may be read-only.
    fn record_verified(&self, manifest: Manifest) -> Manifest {
        let settings = &self.context.settings;
        let recorded = backup::record_verified(
            &manifest,
            &settings.database,
            self.args.depth(),
            settings.clock.now(),
        );
        recorded.unwrap_or_else(|error| {
            log::warn!(
                "the backup is sound, but this verification is not recorded in its manifest: {}",
                error.one_line()
            );
            manifest
        })
    }

    fn verify_all(&self, directory: &Path) -> Result<Outcome> {
        let files: Vec<PathBuf> = backup::list_backups(directory)?
            .into_iter()
            .map(|backup| backup.path)
            .collect();
        if files.is_empty() {
            return Err(
                Error::new(format!("find a backup in {}", directory.display()))
                    .with_source(backup::why_none(directory))
                    .with_help("run `tornsnap backup`, or name the folder with --output")
                    .with_exit(Exit::Config),
            );
        }
        let database = &self.context.settings.database;
        let id = self.present.map(|present| &present.id);
        for file in backup::list_without_manifest(directory, database, id)? {
            log::warn!(
                "{} {}",
                file.path.display(),
                describe_without_manifest(&file)
            );
        }
        let stop = StopSignal::listen()?;
        let mut results = Vec::with_capacity(files.len());
        for file in &files {
            let result = match self.verify(file) {
                // The check was ended early, so it says nothing about this backup.
                Err(error) if stop.received().is_some() => return Err(error),
                result => result,
            };
            match &result {
                Ok(manifest) => self.print(&format!(
                    "sound: {}, of {}",
                    summarize(manifest),
                    describe_backup(manifest, self.present)
                ))?,
                Err(error) => log::error!("{}{}", error.one_line(), error.help_clause()),
            }
            results.push((file.as_path(), result));
        }
        Ok(self.outcome(&results))
    }

    fn outcome(&self, results: &[(&Path, Result<Manifest>)]) -> Outcome {
        let count = results.len();
        let is_sound = results.iter().all(|(_, result)| result.is_ok());
        let failure = (!is_sound).then(|| failure(results));
        let exit = failure.as_ref().map_or(Exit::Done, Error::exit);
        let verified = results.iter().map(|(file, result)| match result {
            Ok(manifest) => BackupResult::verified(manifest, self.present),
            Err(error) => BackupResult::failed(file, error),
        });
        Outcome {
            summary: is_sound.then(|| match count {
                1 => "the one backup is sound".to_owned(),
                _ => format!("all {count} backups are sound"),
            }),
            failure,
            ..Outcome::new(exit).with_report(VerifyReport {
                verified: verified.collect(),
            })
        }
    }

    /// Prints a line, unless `--json` or `--quiet` is set.
    fn print(&self, line: &str) -> Result<()> {
        if self.context.json || self.context.verbosity == Verbosity::Quiet {
            return Ok(());
        }
        print_line(line)
    }
}

/// The error for backups that are not all sound. Damage decides the exit code, because it is worse than a backup that
/// could not be read.
fn failure(results: &[(&Path, Result<Manifest>)]) -> Error {
    let errors = results
        .iter()
        .filter_map(|(file, result)| Some((file, result.as_ref().err()?)));
    let (lost, unreadable): (Vec<_>, Vec<_>) =
        errors.partition(|(file, error)| error.exit() == Exit::Damaged || !file.exists());
    let failures = match (lost.len(), unreadable.len()) {
        (lost, 0) => format!("{lost} {} damaged or gone", agree(lost, "is", "are")),
        (0, unreadable) => format!("{unreadable} could not be read"),
        (lost, unreadable) => {
            format!(
                "{lost} {} damaged or gone, and {unreadable} could not be read",
                agree(lost, "is", "are")
            )
        }
    };
    let error = Error::new(format!("find all {} sound", count(results.len(), "backup")))
        .with_source(format!("{failures}; the others are sound"));
    match unreadable.first() {
        Some((_, cause)) if lost.is_empty() => error
            .with_help("see the errors above; `--verify FILE` checks one backup again")
            .with_exit(cause.exit()),
        _ => error
            .with_help("move the damaged ones away, and run `tornsnap backup` to make a new one")
            .with_exit(Exit::Damaged),
    }
}
