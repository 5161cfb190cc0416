//! The copy that is made before a change of the schema.

use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::error::{Result, WithContext};
use crate::model::path::folder_of;
use crate::store::backup::Request;
use crate::store::backup::copy::size_of;
use crate::store::backup::make::{Source, give_up, make, publish_as};
use crate::store::backup::manifest::Kind;
use crate::store::backup::names::{PARTIAL, mark, name_of};
use crate::store::backup::rotate::{clean, disk_time};
use crate::store::check::Depth;
use crate::store::files::{check_room, remove_if_there, with_suffix};
use crate::store::identity::identity;

/// Makes a verified copy beside the database before its schema is changed: `<database>.before-schema-2`.
///
/// It is in no rotation. One that an earlier attempt at the same migration left is replaced.
pub(in crate::store) fn before_migration(database: &Path, next_version: i64) -> Result<()> {
    let target = with_suffix(database, &format!(".before-schema-{next_version}"));
    let name = name_of(&target);
    let directory = folder_of(database);
    let mark = mark(database);
    let source = Source::open(database)?;
    clean(
        directory,
        &mark,
        &identity(&source.connection)?.id,
        database,
    )?;
    let request = Request {
        database,
        directory,
        compress: false,
        depth: Depth::Full,
        keep: None,
        new_folder: true,
        now: disk_time(directory, &mark, database)?
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| i64::try_from(age.as_secs()).unwrap_or(0)),
    };
    let plain = directory.join(format!(".{name}.{mark}{PARTIAL}"));
    check_room(
        directory,
        needed(size_of(&source.connection)?),
        "copy the database and change its schema",
    )?;
    let made = make(&request, Kind::BeforeMigration, source, &plain, &name)
        .inspect_err(|_| give_up(&plain))?;
    remove_if_there(&target).with_context(|| format!("replace {}", target.display()))?;
    publish_as(&request, made, &name).inspect_err(|_| give_up(&plain))?;
    Ok(())
}

/// The copy, the pages that a rebuild of every table adds to the database, and the WAL that holds them until then.
fn needed(size: u64) -> u64 {
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
        assert_eq!(needed(100), 300);
        assert_eq!(needed(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_copy_before_a_migration_is_in_no_rotation_even_beside_the_backups() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("t.db");
        drop(Store::create(&database).unwrap());
        before_migration(&database, 2).unwrap();
        let copy = folder.path().join("t.db.before-schema-2");
        let lock = Lock::take(&database, backup::LOCK).unwrap();

        for now in 1..4 {
            let request = Request {
                database: &database,
                directory: folder.path(),
                compress: false,
                depth: Depth::Quick,
                keep: Some(1),
                new_folder: false,
                now,
            };
            let taken = backup::take(&request, &lock).unwrap();
            let id = taken.manifest.database_id;
            let backups = Backups::of(folder.path(), &id, now).unwrap();
            assert_eq!(backups.newest_first().len(), 1);
        }

        let kept = backup::verify(&copy, Depth::Quick).unwrap();
        assert_eq!(kept.kind, Kind::BeforeMigration);
    }
}
