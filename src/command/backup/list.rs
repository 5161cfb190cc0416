//! `backup --list`: lists the backups in a folder.

use std::path::Path;

use super::report::{BackupResult, ListReport};
use super::{Args, describe_backup, is_of, print_line};
use crate::command::{Context, Outcome};
use crate::error::Result;
use crate::model::identity::Identity;
use crate::model::path::{display_path, shell_word};
use crate::model::size::{count, format_bytes, group_digits};
use crate::model::time::iso;
use crate::store::backup::{self, KeptFor, ListedBackup, WithoutManifest};
use crate::store::identity::identity_of;

/// Lists all backups in the folder, oldest first.
pub(super) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let directory = args.directory(context);
    let now = context.settings.clock.now();
    let present = identity_of(&context.settings.database);
    let present = present.as_ref();
    let backups = backup::list_backups(directory)?;
    let id = present.map(|present| &present.id);
    let without_manifest =
        backup::list_without_manifest(directory, &context.settings.database, id)?;
    let is_ours = |backup: &&ListedBackup| {
        let manifest = backup.manifest.as_ref();
        manifest.is_ok_and(|manifest| is_of(manifest, present))
    };
    let ours = backups.iter().filter(is_ours).count();

    if !context.json {
        print(&backups, &without_manifest, present, now)?;
    }
    let summary = if directory.exists() {
        format!(
            "{ours} of this database and {} in {}",
            count(backups.len() - ours, "other"),
            directory.display()
        )
    } else {
        describe_missing(directory, &context.settings.database)
    };
    Ok(Outcome::done(
        summary,
        ListReport {
            directory: display_path(directory),
            database_id: present.map(|present| &present.id),
            backups: backups
                .iter()
                .map(|backup| BackupResult::listed(backup, present, now))
                .collect(),
            without_manifest: without_manifest
                .iter()
                .map(|file| display_path(&file.path))
                .collect(),
        },
    ))
}

/// Says that the folder is missing, and whether backups were written to it.
fn describe_missing(directory: &Path, database: &Path) -> String {
    let folder = directory.display();
    match backup::last_backup_in(database, directory) {
        Some((made_at, file)) => format!(
            "the folder {folder} is not there, but backups of this database were written to it, the last at {}: {file}; is its \
             disk mounted?",
            iso(made_at)
        ),
        None => format!(
            "the folder {folder} is not there, and no backup of this database in it is known"
        ),
    }
}

/// Prints a line for each file. The names form a column.
fn print(
    backups: &[ListedBackup],
    without_manifest: &[WithoutManifest],
    present: Option<&Identity>,
    now: i64,
) -> Result<()> {
    let width = backups
        .iter()
        .map(|backup| &backup.path)
        .chain(without_manifest.iter().map(|file| &file.path))
        .map(|path| file_name(path).chars().count())
        .max()
        .unwrap_or(0);
    for backup in backups {
        let name = file_name(&backup.path);
        print_line(&format!(
            "{name:width$}  {}",
            describe(backup, present, now)
        ))?;
    }
    for file in without_manifest {
        let name = file_name(&file.path);
        print_line(&format!(
            "{name:width$}  {}",
            describe_without_manifest(file)
        ))?;
    }
    Ok(())
}

/// The rest of the line about a file without a manifest, after its name.
pub(super) fn describe_without_manifest(file: &WithoutManifest) -> String {
    format!(
        "cannot be verified: {why}; `tornsnap import {path}` and `tornsnap restore {path} --without-manifest` take it",
        why = file.why(),
        path = shell_word(&file.path)
    )
}

/// The rest of the line after the file name.
fn describe(backup: &ListedBackup, present: Option<&Identity>, now: i64) -> String {
    let manifest = match &backup.manifest {
        Ok(manifest) => manifest,
        Err(error) => return error.one_line(),
    };
    let mut text = format!(
        "{}  {:>8}  {:>12} rows  {}",
        iso(manifest.created_at),
        format_bytes(manifest.bytes),
        group_digits(manifest.total_rows()),
        describe_backup(manifest, present)
    );
    if let Some(kept_for) = &manifest.kept_for {
        text.push_str("; kept, ");
        text.push_str(why_kept(kept_for));
    }
    if manifest.is_ahead(now) {
        text.push_str("; made by a clock that was ahead");
    }
    if !backup.path.exists() {
        text.push_str("; the file is gone");
    } else if let Some(found_at) = manifest.damaged_at {
        text = format!("{text}; found damaged at {}", iso(found_at));
    }
    text
}

/// Why rotation never removes a backup, and how to remove it.
fn why_kept(kept_for: &KeptFor) -> &'static str {
    match kept_for {
        KeptFor::PruneFuture => {
            "because `prune --future` removed rows that it has: rotation never removes it; remove it and its .json file \
             yourself when you do not need them"
        }
        KeptFor::Other(_) => {
            "because a newer tornsnap says so: rotation never removes it; remove it and its .json file yourself"
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
