//! `tornsnap backup`: copy the database, and prove copies.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::command::signal::Stop;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result};
use crate::model::path::shown;
use crate::model::size::{grouped, in_words};
use crate::model::time::parse_duration;
use crate::store::Depth;
use crate::store::backup::{self, Manifest, Request, Taken};

/// Make a verified copy of the database, or verify copies made before
#[derive(clap::Args, Debug, Default)]
pub struct Args {
    /// Folder with the backups [default: `directory` in the configuration]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Backups that stay; older ones go, never the newest verified one [default: `keep` in the configuration]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Compress the copy (zstd)
    #[arg(long)]
    compress: bool,
    /// Do not compare each index with its table: much faster, and finds nearly as much
    #[arg(long)]
    quick: bool,
    /// Make no copy: read one, the latest or all again and prove them
    #[arg(
        long,
        value_name = "FILE|latest|all",
        conflicts_with_all = ["keep", "compress", "quick"]
    )]
    verify: Option<PathBuf>,
    /// How long to wait for another run that is at work, such as 30s, 10m or 1h; 0: not at all [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
}

/// Makes a backup as the configuration says, for commands that want one first.
///
/// # Errors
///
/// As [`backup::take`].
pub fn take(context: &Context, waiting: &Waiting) -> Result<Manifest> {
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

/// Makes a copy, or proves copies.
pub fn run(context: &Context, args: &Args) -> Result<Outcome> {
    if let Some(which) = &args.verify {
        return verify(context, args, which);
    }
    let waiting = Waiting::new(context, "backup", args.wait);
    let Taken {
        manifest, removed, ..
    } = make(context, args, &waiting)?;
    let gone = match removed.len() {
        0 => String::new(),
        1 => "; 1 old one removed".to_owned(),
        count => format!("; {count} old ones removed"),
    };
    Ok(Outcome::done(
        format!("verified backup: {}{gone}", in_short(&manifest)),
        json!({
            "command": "backup",
            "status": "ok",
            "backup": in_full(&manifest),
            "removed": removed,
        }),
    ))
}

fn make(context: &Context, args: &Args, waiting: &Waiting) -> Result<Taken> {
    let settings = &context.settings;
    let database = &settings.database;
    // Before the lock, which would leave a file beside a database that is not there.
    backup::must_exist(database)?;
    let lock = waiting.take(database, backup::LOCK)?;
    // What is cut off here leaves only files that the next run removes.
    let _at_once = Stop::at_once()?;
    let taken = backup::take(
        &Request {
            database,
            directory: args.output.as_deref().unwrap_or(&settings.backup.directory),
            compress: args.compress || settings.backup.compress,
            depth: if args.quick {
                Depth::Quick
            } else {
                Depth::Full
            },
            keep: Some(args.keep.unwrap_or(settings.backup.keep)),
            now: settings.clock.now(),
        },
        &lock,
    )?;
    for warning in &taken.warnings {
        log::warn!("{warning}");
    }
    Ok(taken)
}

fn verify(context: &Context, args: &Args, which: &Path) -> Result<Outcome> {
    let directory = args
        .output
        .as_deref()
        .unwrap_or(&context.settings.backup.directory);
    if which != Path::new("all") {
        let file = match which.to_str() {
            Some("latest") => latest(directory)?,
            _ => which.to_owned(),
        };
        let manifest = backup::verify(&file)?;
        return Ok(Outcome::done(
            format!("sound: {}", in_short(&manifest)),
            json!({ "command": "backup", "status": "ok", "verified": [in_full(&manifest)] }),
        ));
    }

    let backups = backup::all(directory)?;
    if backups.is_empty() {
        return Err(none(directory));
    }
    for unproven in backup::unproven(directory)? {
        log::warn!("{} has no manifest: it proves nothing", unproven.display());
    }
    let mut reports = Vec::new();
    let mut broken = 0;
    for file in &backups {
        match backup::verify(file) {
            Ok(manifest) => {
                log::info!("sound: {}", in_short(&manifest));
                reports.push(in_full(&manifest));
            }
            Err(error) => {
                log::error!("{}", error.on_one_line());
                broken += 1;
                reports.push(
                    json!({ "file": shown(file), "status": "failed", "error": error.on_one_line() }),
                );
            }
        }
    }
    let count = backups.len();
    let failure = (broken > 0).then(|| {
        Error::new(format!("find all {count} backups sound"))
            .because(format!(
                "{broken} are damaged or gone; the others are sound"
            ))
            .try_this("put those aside, and run `tornsnap backup` to have a new one")
            .exits(Exit::Damaged)
    });
    let exit = failure.as_ref().map_or(Exit::Done, Error::exit);
    Ok(Outcome {
        exit,
        summary: (broken == 0).then(|| format!("all {count} backups are sound")),
        report: json!({
            "command": "backup",
            "status": if broken == 0 { "ok" } else { "failed" },
            "exit_code": exit.code(),
            "verified": reports,
        }),
        failure,
    })
}

/// The latest backup in a folder; one whose manifest is damaged counts, so that it is not passed over in silence.
pub(super) fn latest(directory: &Path) -> Result<PathBuf> {
    backup::all(directory)?.pop().ok_or_else(|| none(directory))
}

fn none(directory: &Path) -> Error {
    Error::new(format!("find a backup in {}", directory.display()))
        .because("there is none with a manifest of tornsnap's")
        .try_this("run `tornsnap backup`, or name the folder with --output")
        .exits(Exit::Config)
}

/// Where it is, how large, and how much is in it.
fn in_short(manifest: &Manifest) -> String {
    format!(
        "{} ({}, {} rows)",
        manifest.path.display(),
        in_words(manifest.bytes),
        grouped(manifest.total_rows())
    )
}

fn in_full(manifest: &Manifest) -> Value {
    json!({
        "file": shown(&manifest.path),
        "status": "ok",
        "created_at": manifest.created_at,
        "bytes": manifest.bytes,
        "database_bytes": manifest.database_bytes(),
        "sha256": manifest.sha256,
        "compressed": manifest.compressed,
        "check": manifest.check,
        "schema_version": manifest.schema_version,
        "rows": manifest.rows,
    })
}
