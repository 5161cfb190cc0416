//! Makes the verified copy before a schema migration.

use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::error::{Result, WithContext};
use crate::model::path::{display_path, folder_of, with_suffix};
use crate::model::watch::Unwatched;
use crate::store::backup::BackupOptions;
use crate::store::backup::copy::database_size;
use crate::store::backup::create::{SourceDatabase, build, publish_as, remove_temporary_files};
use crate::store::backup::manifest::BackupKind;
use crate::store::backup::names::{file_name, temp_suffix};
use crate::store::backup::rotate::{disk_time, remove_leftovers};
use crate::store::check::Depth;
use crate::store::files::remove::remove_if_there;
use crate::store::files::space::check_room;
use crate::store::identity::identity;

/// Makes a verified copy beside the database before its schema is migrated, such as `<database>.before-schema-2`.
///
/// Rotation leaves this copy alone. A copy from an earlier attempt at the same migration is replaced.
pub(in crate::store) fn back_up_before_migration(database: &Path, next_version: i64) -> Result<()> {
    let target = with_suffix(database, &format!(".before-schema-{next_version}"));
    let name = file_name(&target);
    let directory = folder_of(database);
    let suffix = temp_suffix(database);
    let source = SourceDatabase::open(database)?;
    remove_leftovers(
        directory,
        &suffix,
        &identity(&source.connection)?.id,
        database,
    )?;
    let options = BackupOptions {
        database,
        directory,
        compress: false,
        depth: Depth::Full,
        keep: None,
        new_folder: true,
        now: disk_time(directory, &suffix, database)?
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| i64::try_from(age.as_secs()).unwrap_or(0)),
        watch: &Unwatched,
    };
    let temporary = directory.join(format!(".{name}{suffix}"));
    check_room(
        directory,
        required_space(database_size(&source.connection)?),
        "copy the database and change its schema",
    )?;
    let backup = build(&options, BackupKind::BeforeMigration, source, &temporary)
        .inspect_err(|_| remove_temporary_files(&temporary))
        .map_err(|error| error.with_known_name(&temporary, &display_path(&target)))?;
    remove_if_there(&target).with_context(|| format!("replace {}", target.display()))?;
    publish_as(&options, &backup, &name).inspect_err(|_| remove_temporary_files(&temporary))?;
    Ok(())
}

/// The space for the copy, for the pages that a rebuild of every table adds, and for the WAL that first holds them.
fn required_space(size: u64) -> u64 {
    size.saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::backup::{self, Backups};
    use crate::store::lock::Lock;

    #[test]
    fn a_migration_needs_room_for_the_copy_the_rebuild_and_its_wal() {
        assert_eq!(required_space(100), 300);
        assert_eq!(required_space(u64::MAX), u64::MAX);
    }

    #[test]
    fn rotation_ignores_the_copy_before_a_migration_in_the_same_folder() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("t.db");
        drop(Store::create(&database).unwrap());
        back_up_before_migration(&database, 2).unwrap();
        let copy = folder.path().join("t.db.before-schema-2");
        let lock = Lock::take(&database, backup::LOCK).unwrap();

        for now in 1..4 {
            let options = BackupOptions {
                database: &database,
                directory: folder.path(),
                compress: false,
                depth: Depth::Quick,
                keep: Some(1),
                new_folder: false,
                now,
                watch: &Unwatched,
            };
            let id = backup::create(&options, &lock)
                .unwrap()
                .manifest
                .database_id;
            let backups = Backups::find(folder.path(), &id, now).unwrap();
            assert_eq!(backups.newest_first().len(), 1);
        }

        let kept = backup::verify(&copy, Depth::Quick, &Unwatched).unwrap();
        assert_eq!(kept.kind, BackupKind::BeforeMigration);
    }
}
