//! `tornsnap backup`: copy the database, list copies, and prove them.

mod look;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::command::signal::Stop;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome};
use crate::error::Result;
use crate::model::identity::{Identity, Relation};
use crate::model::path::display_path;
use crate::model::size::{format_bytes, group_digits};
use crate::model::time::parse_duration;
use crate::store::Depth;
use crate::store::backup::{self, Kind, Manifest, Request, Taken};

/// Make a verified copy of the database, or list and verify copies made before
#[derive(clap::Args, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Args {
    /// Folder with the backups [default: `directory` in the configuration]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Backups that stay; older ones go, never the newest verified one [default: `keep` in the configuration]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Compress the copy (zstd)
    #[arg(long)]
    compress: bool,
    /// Also compare each entry of each index with its row: several times slower
    #[arg(long)]
    deep: bool,
    /// Use this folder although the backups that were made in it are not there any more
    #[arg(long)]
    new_folder: bool,
    /// Make no copy: read one, the latest or all again and prove them
    #[arg(
        long,
        value_name = "FILE|latest|all",
        conflicts_with_all = ["keep", "compress", "new_folder"]
    )]
    verify: Option<PathBuf>,
    /// Make no copy: list the backups in the folder, and say which database each is of
    #[arg(
        long,
        conflicts_with_all = ["keep", "compress", "new_folder", "verify", "deep"]
    )]
    list: bool,
    /// How long to wait for another run that is at work, such as 30s, 10m or 1h; 0: not at all [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
}

impl Args {
    fn directory<'a>(&'a self, context: &'a Context) -> &'a Path {
        self.output
            .as_deref()
            .unwrap_or(&context.settings.backup.directory)
    }

    fn depth(&self) -> Depth {
        if self.deep { Depth::Full } else { Depth::Quick }
    }
}

/// Makes a backup as the configuration says, for commands that want one first.
///
/// # Errors
///
/// As [`backup::take`].
pub(crate) fn take(context: &Context, waiting: &Waiting) -> Result<Manifest> {
    make(context, &Args::default(), waiting).map(|taken| taken.manifest)
}

/// Makes a backup as the configuration says, but removes no older one.
///
/// # Errors
///
/// As [`backup::take`].
pub(super) fn take_and_keep_all(context: &Context, waiting: &Waiting) -> Result<Manifest> {
    let args = Args {
        keep: Some(u32::MAX),
        ..Args::default()
    };
    make(context, &args, waiting).map(|taken| taken.manifest)
}

/// Makes a copy, lists copies, or proves them.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    if args.list {
        return look::list(context, args);
    }
    if let Some(which) = &args.verify {
        return look::verify(context, args, which);
    }
    let waiting = Waiting::new(context, "backup", args.wait);
    let Taken {
        manifest,
        removed,
        warnings,
    } = make(context, args, &waiting)?;
    let gone = match removed.len() {
        0 => String::new(),
        1 => "; 1 old one removed".to_owned(),
        count => format!("; {count} old ones removed"),
    };
    Ok(Outcome::done(
        format!("verified backup: {}{gone}", in_short(&manifest)),
        json!({
            "backup": in_full(&manifest),
            "removed": removed.iter().map(|path| display_path(path)).collect::<Vec<_>>(),
            "warnings": warnings,
        }),
    ))
}

fn make(context: &Context, args: &Args, waiting: &Waiting) -> Result<Taken> {
    let settings = &context.settings;
    let database = &settings.database;
    // Before the lock, which would leave a file beside a database that is not there.
    backup::must_exist(database)?;
    let lock = waiting.take(database, backup::LOCK)?;
    // A run that is cut off here leaves only files that the next run removes.
    let _at_once = Stop::at_once()?;
    let taken = backup::take(
        &Request {
            database,
            directory: args.directory(context),
            compress: args.compress || settings.backup.compress,
            depth: args.depth(),
            keep: Some(args.keep.unwrap_or(settings.backup.keep)),
            new_folder: args.new_folder,
            now: settings.clock.now(),
        },
        &lock,
    )?;
    for warning in &taken.warnings {
        log::warn!("{warning}");
    }
    Ok(taken)
}

/// Where it is, how large, and how much is in it.
fn in_short(manifest: &Manifest) -> String {
    format!(
        "{} ({}, {} rows)",
        manifest.path.display(),
        format_bytes(manifest.bytes),
        group_digits(manifest.total_rows())
    )
}

fn in_full(manifest: &Manifest) -> Value {
    json!({
        "file": display_path(&manifest.path),
        "status": "ok",
        "kind": manifest.kind,
        "created_at": manifest.created_at,
        "verified_at": manifest.verified_at,
        "bytes": manifest.bytes,
        "database_bytes": manifest.database_bytes(),
        "sha256": manifest.sha256,
        "compressed": manifest.compressed,
        "check": manifest.check,
        "database": manifest.database,
        "database_id": manifest.database_id,
        "archive_of": manifest.archive_of,
        "schema_version": manifest.schema_version,
        "rows": manifest.rows,
    })
}

/// Which database a backup is of, seen from the present one; `called` is the file name of the former.
pub(super) fn whose(copy: &Identity, called: &str, present: Option<&Identity>) -> String {
    let another = || format!("{called}, id {}", copy.id.in_short());
    match present.map(|present| copy.relation_to(present)) {
        Some(Relation::Same) => "this database".to_owned(),
        Some(Relation::ArchiveOf) => format!("the archive of this database ({})", another()),
        Some(Relation::MainOf) => {
            format!("the database that this archive belongs to ({})", another())
        }
        Some(Relation::Other) => format!("another database ({})", another()),
        None => format!("a database that is not here ({})", another()),
    }
}

/// As [`whose`], of a manifest; copies of another kind say so.
fn whose_is(manifest: &Manifest, present: Option<&Identity>) -> String {
    let whose = whose(&manifest.identity(), &manifest.database, present);
    match manifest.kind {
        Kind::Backup => whose,
        _ => format!("{whose}, in no rotation"),
    }
}
