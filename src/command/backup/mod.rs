//! `tornsnap backup`: makes, lists and verifies copies of the database.

mod list;
mod report;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};

use self::report::{BackupReport, CreateReport, display_paths};
use crate::command::new_folders::new_folder_note;
use crate::command::signal::StopSignal;
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome};
use crate::error::Result;
use crate::model::digits::parse_in_range;
use crate::model::identity::{Identity, Relation};
use crate::model::path::{display_path, shell_word};
use crate::model::size::{count, format_bytes, group_digits};
use crate::output::terminal::{self, FILE_ONLY, Verbosity};
use crate::store::Depth;
use crate::store::backup::{self, BackupKind, BackupOptions, KeptFor, Manifest, NewBackup};
use crate::store::health::Database;
use crate::store::lock::Lock;
use crate::store::restore;

/// Make a verified copy of the database, or list and verify earlier copies
#[derive(clap::Args, Debug, Default)]
#[command(after_long_help = "\
Examples:
  Make a verified copy in the configured folder:
    tornsnap backup

  Make a compressed copy on another disk, and keep 14 there:
    tornsnap backup --compress --output other-disk --keep 14

  List the copies, and verify all of them again:
    tornsnap backup --list
    tornsnap backup --verify all")]
#[expect(clippy::struct_excessive_bools, reason = "each is a command-line flag")]
pub(crate) struct Args {
    /// Folder with the backups [default: `directory` in the configuration]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// How many backups to keep; older ones are removed, but never the newest verified one [default: `keep` in the configuration]
    #[arg(long, value_name = "N", value_parser = |text: &str| parse_in_range(text, &(1..=u32::MAX)))]
    keep: Option<u32>,
    /// Compress the copy (zstd)
    #[arg(long)]
    compress: bool,
    /// Also compare each index entry with its row, which is several times slower
    #[arg(long)]
    deep: bool,
    /// Use this folder even if the backups that were made in it are gone
    #[arg(long)]
    new_folder: bool,
    /// Verify one backup, the latest or all, and make no copy; a name without a folder is also looked for in the backup folder
    #[arg(
        long,
        value_name = "FILE|latest|all",
        conflicts_with_all = ["keep", "compress", "new_folder"]
    )]
    verify: Option<PathBuf>,
    /// List the backups in the folder and the database of each, and make no copy
    #[arg(
        long,
        conflicts_with_all = ["keep", "compress", "new_folder", "verify", "deep"]
    )]
    list: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

impl Args {
    fn directory<'a>(&'a self, context: &'a Context) -> &'a Path {
        self.output
            .as_deref()
            .unwrap_or(&context.settings.backup.directory)
    }

    /// Whether a copy is made, not only looked at.
    pub(crate) fn needs_database(&self) -> bool {
        !self.list && self.verify.is_none()
    }

    fn depth(&self) -> Depth {
        if self.deep { Depth::Full } else { Depth::Quick }
    }
}

/// Makes a backup as configured, for commands that need one first.
///
/// # Errors
///
/// The errors are those of [`backup::create`].
pub(crate) fn create(context: &Context, lock_wait: &LockWait) -> Result<Manifest> {
    create_with(context, &Args::default(), lock_wait).map(|new| new.manifest)
}

/// Whether a new backup removes old ones.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Rotation {
    /// As configured.
    Configured,
    /// None is removed, because the oldest may be the only one from before something went wrong.
    KeepsAll,
    /// None is removed, and no later rotation removes this one.
    KeepsThis(KeptFor),
}

/// The path of a backup with the present content of the database, for commands that change it next.
///
/// Makes a backup, unless the newest one has this content: a second one would only rotate an older one away.
///
/// # Errors
///
/// The errors are those of [`backup::create`].
pub(super) fn before_change(
    context: &Context,
    rotation: Rotation,
    lock_wait: &LockWait,
) -> Result<String> {
    with_options(context, &Args::default(), lock_wait, |options, lock| {
        let options = &BackupOptions {
            keep: options.keep.filter(|_| rotation == Rotation::Configured),
            ..*options
        };
        let manifest = match find_same_content(options, lock)? {
            Some(same) => {
                report_same_content(context, &same);
                same
            }
            None => create_locked(options, lock)?.manifest,
        };
        if let Rotation::KeepsThis(kept_for) = rotation {
            backup::record_kept(&manifest, options.database, kept_for)?;
        }
        Ok(display_path(&manifest.path))
    })
}

fn report_same_content(context: &Context, same: &Manifest) {
    let line = format!(
        "no new backup: {} has the same content",
        same.path.display()
    );
    log::info!(target: FILE_ONLY, "{line}");
    if context.verbosity != Verbosity::Quiet {
        terminal::print_message(&line);
    }
}

fn find_same_content(options: &BackupOptions<'_>, lock: &Lock) -> Result<Option<Manifest>> {
    StopSignal::interruptible(
        "compare the newest backup",
        "no backup was made, and the earlier ones are as they were",
        || backup::newest_with_same_content(options, lock),
    )
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    if args.list {
        return list::run(context, args);
    }
    if let Some(which) = &args.verify {
        return StopSignal::interruptible("verify the backups", "no backup was changed", || {
            verify::run(context, args, which)
        });
    }
    let lock_wait = LockWait::new(context, "backup", args.wait.longest());
    let place = args.output.as_deref().map(new_folder_note);
    let NewBackup {
        manifest,
        removed,
        warnings,
    } = create_with(context, args, &lock_wait)?;
    let rotation = match removed.len() {
        0 => String::new(),
        1 => "; 1 old one removed".to_owned(),
        count => format!("; {count} old ones removed"),
    };
    let archives = archives_of(context);
    let elsewhere = archives.iter().map(|archive| {
        let name = archive.display();
        if !archive.exists() {
            return format!("; not in this copy: the archive {name}, which is not there now");
        }
        if archive.is_dir() {
            return format!("; not in this copy: the archive {name}, a folder that you copy with the tools for files");
        }
        let word = shell_word(archive);
        format!("; not in this copy: the archive {name}; copy it with `tornsnap backup --database {word}`")
    });
    Ok(Outcome::done(
        format!(
            "verified backup: {}{}{rotation}{}",
            summarize(&manifest),
            place.unwrap_or_default(),
            elsewhere.collect::<String>()
        ),
        CreateReport {
            archives: display_paths(&archives),
            backup: BackupReport::new(&manifest),
            removed: display_paths(&removed),
            warnings: &warnings,
        },
    ))
}

/// The archives that hold history rows of the database. A copy of the database does not have them.
fn archives_of(context: &Context) -> Vec<PathBuf> {
    let database = Database::open(&context.settings.database);
    // The backup is made, and `health` reports a database that cannot be read.
    let Ok(Database::Current(snapshot)) = database else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = snapshot
        .archives()
        .unwrap_or_default()
        .into_iter()
        .map(|archive| archive.path)
        .collect();
    paths.dedup();
    paths
}

fn create_with(context: &Context, args: &Args, lock_wait: &LockWait) -> Result<NewBackup> {
    with_options(context, args, lock_wait, create_locked)
}

/// Runs work that holds the lock of the backups.
fn with_options<T>(
    context: &Context,
    args: &Args,
    lock_wait: &LockWait,
    work: impl FnOnce(&BackupOptions<'_>, &Lock) -> Result<T>,
) -> Result<T> {
    let settings = &context.settings;
    let database = &settings.database;
    // Check this before taking the lock, which would create a lock file beside a database that does not exist.
    backup::check_database_exists(database)?;
    let lock = lock_wait.take(database, backup::LOCK)?;
    restore::remove_leftovers(database, &lock);
    let options = BackupOptions {
        database,
        directory: args.directory(context),
        compress: args.compress || settings.backup.compress,
        depth: args.depth(),
        keep: Some(args.keep.unwrap_or(settings.backup.keep)),
        new_folder: args.new_folder,
        now: settings.clock.now(),
        watch: &context.progress(),
    };
    work(&options, &lock)
}

fn create_locked(options: &BackupOptions<'_>, lock: &Lock) -> Result<NewBackup> {
    let new = StopSignal::interruptible(
        "finish the backup",
        "the incomplete copy was removed, and the earlier backups are as they were",
        || backup::create(options, lock),
    )?;
    for warning in &new.warnings {
        log::warn!("{warning}");
    }
    Ok(new)
}

/// The backup that a user names. A name without a folder, as `backup --list` prints it, is looked for in the backup folder
/// if the working directory has no such file.
pub(super) fn named_backup(file: &Path, directory: &Path) -> PathBuf {
    let is_bare = file
        .parent()
        .is_some_and(|folder| folder.as_os_str().is_empty());
    let in_directory = directory.join(file);
    if is_bare && fs::symlink_metadata(file).is_err() && in_directory.exists() {
        return in_directory;
    }
    file.to_owned()
}

/// Path, size and number of rows.
fn summarize(manifest: &Manifest) -> String {
    format!(
        "{} ({}, {})",
        manifest.path.display(),
        format_bytes(manifest.bytes),
        count(group_digits(manifest.total_rows()), "row")
    )
}

/// Whether the backup is a copy of the present database.
fn is_of(manifest: &Manifest, present: Option<&Identity>) -> bool {
    present.is_some_and(|present| present.id == manifest.database_id)
}

/// Describes the database that was copied, in relation to the present one. `name` is the file name of the copied
/// database.
pub(super) fn describe_origin(copy: &Identity, name: &str, present: Option<&Identity>) -> String {
    let name_and_id = || format!("{name}, id {}", copy.id.short());
    match present.map(|present| copy.relation_to(present)) {
        Some(Relation::Same) => "this database".to_owned(),
        Some(Relation::ArchiveOf) => {
            format!("the archive of this database ({})", name_and_id())
        }
        Some(Relation::MainOf) => format!(
            "the database that this archive belongs to ({})",
            name_and_id()
        ),
        Some(Relation::Other) => format!("another database ({})", name_and_id()),
        None => format!(
            "{}, with no database here to compare it with",
            name_and_id()
        ),
    }
}

/// Describes the database that was copied, like [`describe_origin`]. Adds a note if rotation ignores the backup.
fn describe_backup(manifest: &Manifest, present: Option<&Identity>) -> String {
    let origin = describe_origin(&manifest.identity(), &manifest.database, present);
    match manifest.kind {
        BackupKind::Backup => origin,
        _ => format!("{origin}, in no rotation"),
    }
}

fn print_line(line: &str) -> Result<()> {
    terminal::print("the list of backups", line)
}
