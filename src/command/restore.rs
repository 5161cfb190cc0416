//! `tornsnap restore`: put a backup in the place of the database.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::command::signal::Stop;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome, backup as backups};
use crate::error::{Doing, Error, Exit, Result};
use crate::model::path::shown;
use crate::model::size::grouped;
use crate::model::time::{iso, parse_duration};
use crate::output::prompt;
use crate::store::backup::Manifest;
use crate::store::restore::{self, Locks};

/// Put a verified backup in the place of the database; the present one is kept beside it
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The backup, or `latest`
    #[arg(value_name = "FILE|latest")]
    file: PathBuf,
    /// Where to restore to [default: the database]
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    /// Do not ask; without a terminal nothing is asked in any case
    #[arg(short, long)]
    yes: bool,
    /// Take a file that has no manifest, on SQLite's own checks alone
    #[arg(long)]
    without_manifest: bool,
    /// How long to wait for another run that is at work, such as 30s, 10m or 1h; 0: not at all [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
}

/// Proves the backup, asks, and only then swaps.
pub fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let settings = &context.settings;
    let file = match args.file.to_str() {
        Some("latest") => backups::latest(&settings.backup.directory)?,
        _ => args.file.clone(),
    };
    let named = args.to.as_deref().unwrap_or(&settings.database);
    let database = place(named)?;
    let manifest = manifest_of(&file, args.without_manifest)?;
    // Nothing is lost without an answer: the present database is put aside, not deleted. So a script need not say yes.
    if !args.yes
        && prompt::is_possible()
        && database.exists()
        && !prompt::confirm(&question(&database, manifest.as_ref()), "--yes")?
    {
        return Ok(Outcome::done(
            "nothing was changed",
            json!({ "command": "restore", "status": "declined" }),
        ));
    }

    let waiting = Waiting::new(context, "restore", args.wait);
    let locks = Locks::wait(&database, &waiting)?;
    let _at_once = Stop::at_once()?;
    let staged = match &manifest {
        Some(manifest) => restore::stage(manifest, &database, &locks)?,
        None => restore::stage_unproven(&file, &database, &locks)?,
    };
    let kept = restore::swap(&staged, &database, settings.clock.now(), &locks)?;

    let old = kept.as_ref().map_or_else(String::new, |kept| {
        format!("; the old one is {}", kept.display())
    });
    Ok(Outcome::done(
        format!(
            "restored {} from {} ({} rows){old}",
            database.display(),
            file.display(),
            grouped(staged.rows)
        ),
        json!({
            "command": "restore",
            "status": "ok",
            "database": shown(&database),
            "backup": shown(&file),
            "proven": manifest.is_some(),
            "rows": staged.rows,
            "schema_version": staged.schema_version,
            "kept": kept.as_deref().map(shown),
        }),
    ))
}

/// The file itself where the path is a link, so that the link stays one.
fn place(path: &Path) -> Result<PathBuf> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Error::new(format!("restore to {}", path.display()))
            .because("it is a folder")
            .try_this("name the file in it, such as --to folder/tornsnap.db")
            .exits(Exit::Config)),
        Ok(_) if path.is_symlink() => {
            fs::canonicalize(path).doing(|| format!("follow the link {}", path.display()))
        }
        _ => Ok(path.to_owned()),
    }
}

/// The manifest; none where there is none and that was allowed.
fn manifest_of(file: &Path, may_be_missing: bool) -> Result<Option<Manifest>> {
    restore::must_be_a_file(file)?;
    if may_be_missing && !Manifest::path_for(file).exists() {
        log::warn!(
            "nothing proves that {} is what was once saved",
            file.display()
        );
        return Ok(None);
    }
    Manifest::of(file).map(Some)
}

fn question(database: &Path, manifest: Option<&Manifest>) -> String {
    let by = manifest.map_or_else(
        || "a file that nothing proves".to_owned(),
        |manifest| {
            format!(
                "the copy of {} made at {} ({} rows)",
                manifest.database,
                iso(manifest.created_at),
                grouped(manifest.total_rows())
            )
        },
    );
    format!(
        "Replace {} by {by}? The present one is kept beside it.",
        database.display()
    )
}
