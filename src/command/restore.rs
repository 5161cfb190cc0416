//! `tornsnap restore`: replaces the database with a backup.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::command::backup::{describe_origin, named_backup};
use crate::command::config::check_configured;
use crate::command::new_folders::{NewFolders, new_folder_note};
use crate::command::own_files::refuse_as_restored;
use crate::command::report::Status;
use crate::command::signal::StopSignal;
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::{DatabaseId, Identity};
use crate::model::invocation::name_restored;
use crate::model::path::{display_path, folder_of, plain_absolute, shell_word};
use crate::model::size::{count, group_digits};
use crate::model::time::iso;
use crate::model::watch::Watch;
use crate::output::prompt;
use crate::store::backup::{self, Manifest};
use crate::store::identity::FileIdentity;
use crate::store::restore::{self, Kept, Locks, Staged};

/// Replace the database with a verified backup; the present database is kept beside it
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Replace the database with its latest backup, without a question:
    tornsnap restore latest --yes

  Look at the latest backup beside the database:
    tornsnap restore latest --to copy.db")]
pub(crate) struct Args {
    /// The backup, or `latest`; a name without a folder is also looked for in the backup folder
    #[arg(value_name = "FILE|latest")]
    file: PathBuf,
    /// Path to restore to; a folder that is missing is made [default: the database]
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    /// Do not ask for confirmation (without a terminal, nothing is asked anyway)
    #[arg(short, long)]
    yes: bool,
    /// Accept a file without a manifest, with only SQLite's own checks
    #[arg(long)]
    without_manifest: bool,
    /// Replace a database even if the backup is of another database
    #[arg(long)]
    other_database: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

impl Args {
    /// The command that restores this file, which is of another database, to the same place.
    fn with_file(&self, file: &Path, configured: &Path) -> String {
        let target = self.to.as_deref().unwrap_or(configured);
        let mut command = format!("tornsnap restore {}", shell_word(file));
        if let Some(to) = &self.to {
            command += " --to ";
            command += &shell_word(to);
        }
        if self.other_database || restore::present_identity(target).is_some() {
            command += " --other-database";
        }
        command
    }
}

/// Checks the backup, asks the user, then verifies the backup and replaces the database.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let now = context.settings.clock.now();
    let configured = &context.settings.database;
    if let Some(to) = &args.to
        && plain_absolute(to) != plain_absolute(configured)
    {
        name_restored(to);
    }
    let job = Job::new(context, args, now)?;
    if let Some(manifest) = &job.manifest {
        job.check_identity(&manifest.identity())?;
    }
    if !job.is_confirmed(args)? {
        return Ok(Outcome {
            status: Status::Declined,
            summary: Some("nothing was changed".to_owned()),
            ..Outcome::new(Exit::Done).with_report(serde_json::Map::new())
        });
    }
    let place = new_folder_note(folder_of(&job.database));
    let lock_wait = LockWait::new(context, "restore", args.wait.longest());
    let mut folders = NewFolders::default();
    folders.note(folder_of(&job.database));
    let locks = Locks::wait(&job.database, &lock_wait)?;
    let staged = StopSignal::interruptible(
        "restore the backup",
        "the database is as it was, and the unpacked copy was removed",
        || job.stage(&locks, &context.progress()),
    )?;
    // The replacement consists of a few renames, which a signal does not end.
    let kept = restore::replace(&staged, &job.database, now, &locks)?;
    folders.keep();
    Ok(job.outcome(&staged, kept.as_ref(), &place))
}

/// The backup to restore, and the database that is there now.
struct Job {
    file: PathBuf,
    manifest: Option<Manifest>,
    database: PathBuf,
    present: Option<Identity>,
    /// The ids to which messages relate the backup: those of the database to replace, or if there is none, those of the
    /// configured database.
    reference: Option<Identity>,
    accepts_any_database: bool,
    /// The archive of the configured database.
    archive: Option<PathBuf>,
}

impl Job {
    fn new(context: &Context, args: &Args, now: i64) -> Result<Self> {
        let file = match args.file.to_str() {
            Some("latest") => latest(context, args, now)?,
            _ => named_backup(&args.file, &context.settings.backup.directory),
        };
        let named = args.to.as_deref().unwrap_or(&context.settings.database);
        let database = resolve_target(named)?;
        refuse_as_restored(&context.settings, &database)?;
        let manifest = manifest_of(&file, args.without_manifest).map_err(|error| {
            if file.exists() || check_configured(&context.settings).is_ok() {
                return error;
            }
            error.with_more_help(ELSEWHERE)
        })?;
        let present = match restore::present_database(&database) {
            FileIdentity::Ours(identity) => Some(identity),
            FileIdentity::Locked => return Err(locked(&database)),
            FileIdentity::OtherProgram if !args.other_database => {
                return Err(of_other_program(&database));
            }
            _ => None,
        };
        let reference = present
            .clone()
            .or_else(|| restore::present_identity(&context.settings.database));
        Ok(Self {
            file,
            manifest,
            database,
            present,
            reference,
            accepts_any_database: args.other_database,
            archive: context.settings.retention.archive.clone(),
        })
    }

    /// Asks whether to replace the database, if there is one and the question can be asked.
    fn is_confirmed(&self, args: &Args) -> Result<bool> {
        // Scripts run without a terminal and get no question, because the present database is kept, not deleted.
        if args.yes || !prompt::is_possible() || !self.database.exists() {
            return Ok(true);
        }
        let stop = StopSignal::listen()?;
        let question = question(&self.database, self.manifest.as_ref());
        prompt::confirm(&question, "--yes", &|| stop.received())
    }

    /// Verifies the backup and unpacks it beside the database.
    fn stage(&self, locks: &Locks, watch: &dyn Watch) -> Result<Staged> {
        let database = &self.database;
        let staged = match &self.manifest {
            Some(manifest) => restore::stage(manifest, database, locks, watch)?,
            None => restore::stage_without_manifest(&self.file, database, locks, watch)?,
        };
        self.check_identity(&staged.identity)?;
        // Another process may have replaced the database while this run waited for the locks.
        if restore::present_identity(database) != self.present {
            return Err(Error::new(format!("replace {}", database.display()))
                .with_source("another program has replaced it while this command waited")
                .with_help("check which database is there now, then run it again")
                .with_exit(Exit::TryLater));
        }
        restore::keep_ids(&staged, database, self.archive.as_deref())?;
        Ok(staged)
    }

    /// The name of the copied database, for [`describe_origin`].
    fn database_name(&self) -> &str {
        self.manifest
            .as_ref()
            .map_or("without a manifest", |manifest| &manifest.database)
    }

    /// Fails if the backup is a copy of another database than the present one.
    fn check_identity(&self, copy: &Identity) -> Result<()> {
        let present = match &self.present {
            Some(present) if present.id != copy.id && !self.accepts_any_database => present,
            _ => return Ok(()),
        };
        Err(Error::new(format!(
            "restore {} in the place of {}",
            self.file.display(),
            self.database.display()
        ))
        .with_source(format!(
            "it is a copy of {}",
            describe_origin(copy, self.database_name(), Some(present))
        ))
        .with_help(
            "add --other-database if the present database replaces one that was lost, or name another place with --to",
        )
        .with_exit(Exit::Config))
    }

    /// Names the files that were replaced, as the end of a line, and how to get back what only they have.
    fn describe_old(&self, kept: &Kept, is_archive: bool) -> String {
        let kept = match kept {
            Kept::Database(kept) => kept,
            Kept::Companions(files) => return describe_companions(files),
        };
        if is_archive {
            // `import` takes no archive.
            return format!(
                "; the old one is {}, and rows that were moved to it after the backup are only there: if it is sound, put it \
                 back with `tornsnap restore {} --without-manifest --database {}` before the next prune",
                kept.display(),
                shell_word(kept),
                shell_word(&self.database)
            );
        }
        let archive = match &self.archive {
            Some(archive) if archive.exists() => {
                format!(" or, if `prune` has moved it, in {}", archive.display())
            }
            _ => String::new(),
        };
        format!(
            "; the old one is {}, and what was recorded after the backup is only there{archive}: if it is sound, run \
             `tornsnap import {}` before the next prune",
            kept.display(),
            shell_word(kept)
        )
    }

    /// `place` says whether the folder of the database is new.
    fn outcome(&self, staged: &Staged, kept: Option<&Kept>, place: &str) -> Outcome {
        let known = self.reference.as_ref();
        let origin = describe_origin(&staged.identity, self.database_name(), known);
        let origin_note = match known {
            Some(known) if known.id == staged.identity.id => String::new(),
            // The id of a damaged database is unknown, so nothing says that the backup is of another one.
            None if matches!(kept, Some(Kept::Database(_))) => {
                "; the id of the old one cannot be read".to_owned()
            }
            None => format!(
                "; there was no database at that place before; the id of this one is {}",
                staged.identity.id.short()
            ),
            _ => format!("; it is a copy of {origin}"),
        };
        let made_note = self.manifest.as_ref().map_or_else(String::new, |manifest| {
            format!(", made at {}", iso(manifest.created_at))
        });
        let is_archive = staged.identity.archive_of.is_some();
        let old_note = kept.map_or_else(String::new, |kept| self.describe_old(kept, is_archive));
        Outcome::done(
            format!(
                "restored {}{place} from {}{made_note} ({}){origin_note}{old_note}",
                self.database.display(),
                self.file.display(),
                count(group_digits(staged.rows), "row")
            ),
            Report {
                database: display_path(&self.database),
                database_id: &staged.identity.id,
                archive_of: staged.identity.archive_of.as_ref(),
                backup: display_path(&self.file),
                whose: &origin,
                proven: self.manifest.is_some(),
                rows: staged.rows,
                schema_version: staged.schema_version,
                kept: match kept {
                    Some(Kept::Database(kept)) => Some(display_path(kept)),
                    _ => None,
                },
            },
        )
    }
}

/// The remedy in a folder without a configuration and a database, where no list has the backup.
const ELSEWHERE: &str = "change to the folder of your configuration, or name it with --config; or name the backup file itself";

/// The latest sound backup of the configured database, even if the target is another path.
fn latest(context: &Context, args: &Args, now: i64) -> Result<PathBuf> {
    let settings = &context.settings;
    let id = restore::present_identity(&settings.database).map(|present| present.id);
    let latest = backup::latest_backup(
        &settings.backup.directory,
        &settings.database,
        id.as_ref(),
        now,
        &|file| args.with_file(file, &settings.database),
    )
    .map_err(|error| match check_configured(settings) {
        Ok(()) => error,
        Err(_) => error.with_help(ELSEWHERE),
    })?;
    for damaged in &latest.damaged {
        log::warn!(
            "skipping {}, because it was found damaged at {}; the next older backup is taken",
            damaged.file.display(),
            iso(damaged.found_at)
        );
    }
    Ok(latest.file)
}

/// Names the files of a database that was not there.
fn describe_companions(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|file| display_path(file)).collect();
    format!(
        "; only files that SQLite keeps beside a database were there: they are kept as {}, and cannot be read without that \
         database",
        names.join(" and ")
    )
}

fn of_other_program(database: &Path) -> Error {
    Error::new(format!("replace {}", database.display()))
        .with_source("it is a database of another program")
        .with_help(
            "name another place with --to or --database, or add --other-database to replace it",
        )
        .with_exit(Exit::Config)
}

fn locked(database: &Path) -> Error {
    Error::new(format!("replace {}", database.display()))
        .with_source("another program keeps it locked, so its id cannot be read")
        .with_help("close it there (DB Browser, Datasette, Grafana, a shell), then run it again")
        .with_exit(Exit::TryLater)
}

/// Follows a link, so that the restore replaces its target and not the link.
fn resolve_target(path: &Path) -> Result<PathBuf> {
    if let Some(moved) = restore::unfinished(path) {
        return Ok(moved);
    }
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Error::new(format!("restore to {}", path.display()))
            .with_source("it is a folder")
            .with_help("name the file in it, such as --to folder/tornsnap.db")
            .with_exit(Exit::Config)),
        // It would be renamed, also if it is /dev/null.
        Ok(found) if !found.is_file() => Err(Error::new(format!("restore to {}", path.display()))
            .with_source("it is not a file")
            .with_help("name another place with --to")
            .with_exit(Exit::Config)),
        Ok(_) if path.is_symlink() => {
            fs::canonicalize(path).with_context(|| format!("follow the link {}", path.display()))
        }
        Err(_) if path.is_symlink() => Err(Error::new(format!("restore to {}", path.display()))
            .with_source("it is a link to a file that is not there")
            .with_help("mount the disk that it leads to, or remove the link")
            .with_exit(Exit::Config)),
        _ => Ok(path.to_owned()),
    }
}

/// Reads the manifest; `None` if there is none and `may_be_missing` is set.
fn manifest_of(file: &Path, may_be_missing: bool) -> Result<Option<Manifest>> {
    restore::check_backup_file(file)?;
    let has_manifest = Manifest::path_for(file).exists();
    if !has_manifest {
        // Before the locks are taken, whose files stay.
        restore::check_form(file)?;
    }
    if may_be_missing && !has_manifest {
        log::warn!(
            "{} has no manifest, so it is not known whether the file has changed",
            file.display()
        );
        return Ok(None);
    }
    Manifest::of(file).map(Some)
}

fn question(database: &Path, manifest: Option<&Manifest>) -> String {
    let replacement = manifest.map_or_else(
        || "a file without a manifest".to_owned(),
        |manifest| {
            format!(
                "the copy of {} made at {} ({})",
                manifest.database,
                iso(manifest.created_at),
                count(group_digits(manifest.total_rows()), "row")
            )
        },
    );
    format!(
        "Replace {} with {replacement}? The present one is kept beside it.",
        database.display()
    )
}

/// The fields that `restore` adds to its report.
#[derive(Debug, Serialize)]
struct Report<'a> {
    database: String,
    database_id: &'a DatabaseId,
    archive_of: Option<&'a DatabaseId>,
    backup: String,
    /// A description of the database that was copied.
    whose: &'a str,
    /// Whether the backup was verified against its manifest.
    proven: bool,
    rows: i64,
    schema_version: i64,
    /// The path to which the previous database was moved; `None` if there was none.
    kept: Option<String>,
}
