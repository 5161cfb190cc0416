//! The names of backups and of the temporary files that they are made as.

use std::fs;
use std::path::Path;

use chrono::DateTime;

use crate::model::path::folder_of;
use crate::store::files::Hash;

/// The end of every temporary name.
pub(super) const PARTIAL: &str = ".partial";

/// The names that one backup may use, with its manifest, whether it is compressed or not.
const ENDS: [&str; 4] = [".db", ".db.json", ".db.zst", ".db.zst.json"];

/// Tells temporary files of one database from those of others that share the folder.
pub(in crate::store) fn mark(database: &Path) -> String {
    // The folder's true name and the file's own: the same before the file is there and after.
    let folder = folder_of(database);
    let whole = fs::canonicalize(folder)
        .unwrap_or_else(|_| folder.to_owned())
        .join(name_of(database));
    Hash::of(whole.as_os_str().as_encoded_bytes())[..8].to_owned()
}

/// Whether a name ends like a temporary one of some database.
pub(super) fn has_mark(name: &str) -> bool {
    name.split_once(PARTIAL).is_some_and(|(front, _)| {
        front.rsplit_once('.').is_some_and(|(_, mark)| {
            mark.len() == 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    })
}

/// `tornsnap-20261121T220600Z.db`, with a number where that is taken.
pub(super) fn free_name(directory: &Path, stem: &str, now: i64, compressed: bool) -> String {
    let moment = compact(now);
    let end = if compressed { ".db.zst" } else { ".db" };
    let mut name = format!("{stem}-{moment}");
    let mut number = 2_u64;
    while ENDS
        .iter()
        .any(|end| directory.join(format!("{name}{end}")).exists())
    {
        name = format!("{stem}-{moment}-{number}");
        number += 1;
    }
    name + end
}

/// `20261121T220600Z`.
pub(in crate::store) fn compact(unix: i64) -> String {
    DateTime::from_timestamp(unix, 0).map_or_else(
        || unix.to_string(),
        |time| time.format("%Y%m%dT%H%M%SZ").to_string(),
    )
}

/// The stem and the moment in a name that [`free_name`] makes; `None` for other names.
fn parts(backup: &Path) -> Option<(String, i64)> {
    let name = name_of(backup);
    let name = name
        .strip_suffix(".db.zst")
        .or_else(|| name.strip_suffix(".db"))?;
    let moment = |text: &str| {
        chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ")
            .ok()
            .map(|time| time.and_utc().timestamp())
    };
    let (front, last) = name.rsplit_once('-')?;
    if let Some(made) = moment(last) {
        return Some((front.to_owned(), made));
    }
    last.parse::<u64>().ok()?;
    let (front, last) = front.rsplit_once('-')?;
    Some((front.to_owned(), moment(last)?))
}

/// The moment in the name of a backup; `None` for other names.
pub(super) fn moment_in(backup: &Path) -> Option<i64> {
    parts(backup).map(|(_, moment)| moment)
}

/// Whether a file has the name of a backup of a database that is called as this one is.
pub(super) fn is_named_after(backup: &Path, database: &Path) -> bool {
    parts(backup).is_some_and(|(front, _)| front == stem(database))
}

/// Sorts `…Z-2.db` behind `…Z.db`, and `…-10.db` behind `…-9.db`.
pub(super) fn in_order(backup: &Path) -> (usize, String) {
    let name = name_of(backup);
    let name = name.trim_end_matches(".zst").trim_end_matches(".db");
    (name.len(), name.to_owned())
}

/// The name of a file without its folder.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The name that the backups of a database begin with.
pub(super) fn stem(database: &Path) -> String {
    database.file_stem().map_or_else(
        || "tornsnap".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_moment_and_sort_by_it() {
        let moment = |name: &str| moment_in(Path::new(name)).map(compact);

        assert_eq!(
            moment("tornsnap-20261121T220600Z.db").as_deref(),
            Some("20261121T220600Z")
        );
        assert_eq!(
            moment("my-war-20261121T220600Z-12.db.zst").as_deref(),
            Some("20261121T220600Z")
        );
        for other in ["tornsnap.db", "tornsnap-2026.db", "x-20261121T220600Z.sql"] {
            assert_eq!(moment(other), None, "{other}");
        }
        let mut names = ["a-1Z-10.db", "a-1Z.db", "a-1Z-9.db.zst", "a-1Z-2.db"];
        names.sort_by_key(|name| in_order(Path::new(name)));
        assert_eq!(
            names,
            ["a-1Z.db", "a-1Z-2.db", "a-1Z-9.db.zst", "a-1Z-10.db"]
        );
    }

    #[test]
    fn the_archive_is_not_called_as_its_database() {
        let named = |name: &str| is_named_after(Path::new(name), Path::new("x/tornsnap.db"));

        assert!(named("tornsnap-20261121T220600Z.db"));
        assert!(named("b/tornsnap-20261121T220600Z-2.db.zst"));
        assert!(!named("tornsnap-archive-20261121T220600Z.db"));
    }
}
