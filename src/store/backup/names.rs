//! The names of backups and of their temporary files.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use chrono::DateTime;

use crate::model::path::folder_of;
use crate::store::files::hash::sha256;

/// The end of every temporary name.
pub(super) const PARTIAL: &str = ".partial";

/// The endings of a backup and its manifest, with and without compression. One backup reserves all of them.
const EXTENSIONS: [&str; 4] = [".db", ".db.json", ".db.zst", ".db.zst.json"];

/// `.1a2b3c4d.partial`: the end of the temporary names of one database, which may share the folder with others.
pub(in crate::store) fn temp_suffix(database: &Path) -> String {
    // Only the folder is canonicalized, so that the hash is the same before and after the database exists.
    let folder = folder_of(database);
    let whole = fs::canonicalize(folder)
        .unwrap_or_else(|_| folder.to_owned())
        .join(file_name(database));
    let hash = sha256(whole.as_os_str().as_encoded_bytes());
    format!(".{}{PARTIAL}", &hash[..8])
}

/// Whether a name contains a [`temp_suffix`] of some database. SQLite and zstd may have added an ending to it.
pub(super) fn has_temp_suffix(name: &str) -> bool {
    name.split_once(PARTIAL).is_some_and(|(front, _)| {
        front.rsplit_once('.').is_some_and(|(_, hash)| {
            hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    })
}

/// `tornsnap-20261121T220600Z.db`, with a number if that name is taken.
pub(super) fn free_name(directory: &Path, stem: &str, now: i64, compressed: bool) -> String {
    let time = compact_timestamp(now);
    let extension = if compressed { ".db.zst" } else { ".db" };
    let mut name = format!("{stem}-{time}");
    let mut number = 2_u64;
    while EXTENSIONS
        .iter()
        .any(|extension| directory.join(format!("{name}{extension}")).exists())
    {
        name = format!("{stem}-{time}-{number}");
        number += 1;
    }
    name + extension
}

/// `20261121T220600Z`.
pub(in crate::store) fn compact_timestamp(unix: i64) -> String {
    DateTime::from_timestamp(unix, 0).map_or_else(
        || unix.to_string(),
        |time| time.format("%Y%m%dT%H%M%SZ").to_string(),
    )
}

/// The stem and the timestamp in a name that [`free_name`] made; `None` for other names.
fn parse_name(backup: &Path) -> Option<(String, i64)> {
    let name = file_name(backup);
    let name = name
        .strip_suffix(".db.zst")
        .or_else(|| name.strip_suffix(".db"))?;
    let parse_time = |text: &str| {
        chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ")
            .ok()
            .map(|time| time.and_utc().timestamp())
    };
    let (front, last) = name.rsplit_once('-')?;
    if let Some(timestamp) = parse_time(last) {
        return Some((front.to_owned(), timestamp));
    }
    last.parse::<u64>().ok()?;
    let (front, last) = front.rsplit_once('-')?;
    Some((front.to_owned(), parse_time(last)?))
}

/// The timestamp in the name of a backup; `None` for other names.
pub(super) fn timestamp_in_name(backup: &Path) -> Option<i64> {
    parse_name(backup).map(|(_, timestamp)| timestamp)
}

/// Whether a file is named like a backup of a database with this file name.
pub(super) fn is_named_after(backup: &Path, database: &Path) -> bool {
    parse_name(backup).is_some_and(|(front, _)| front == stem(database))
}

/// The key that sorts `…Z-2.db` after `…Z.db`, and `…-10.db` after `…-9.db`.
pub(super) fn name_sort_key(backup: &Path) -> (usize, String) {
    let name = file_name(backup);
    let name = name.trim_end_matches(".zst").trim_end_matches(".db");
    (name.len(), name.to_owned())
}

/// Whether a file has the name of a manifest.
pub(super) fn is_manifest(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("json"))
}

/// The name of a file without its folder.
pub(super) fn file_name(path: &Path) -> String {
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
    fn names_contain_their_time_and_sort_by_it() {
        let time = |name: &str| timestamp_in_name(Path::new(name)).map(compact_timestamp);

        assert_eq!(
            time("tornsnap-20261121T220600Z.db").as_deref(),
            Some("20261121T220600Z")
        );
        assert_eq!(
            time("my-war-20261121T220600Z-12.db.zst").as_deref(),
            Some("20261121T220600Z")
        );
        for other in ["tornsnap.db", "tornsnap-2026.db", "x-20261121T220600Z.sql"] {
            assert_eq!(time(other), None, "{other}");
        }
        let mut names = ["a-1Z-10.db", "a-1Z.db", "a-1Z-9.db.zst", "a-1Z-2.db"];
        names.sort_by_key(|name| name_sort_key(Path::new(name)));
        assert_eq!(
            names,
            ["a-1Z.db", "a-1Z-2.db", "a-1Z-9.db.zst", "a-1Z-10.db"]
        );
    }

    #[test]
    fn a_backup_of_the_archive_is_not_named_after_the_database() {
        let named = |name: &str| is_named_after(Path::new(name), Path::new("x/tornsnap.db"));

        assert!(named("tornsnap-20261121T220600Z.db"));
        assert!(named("b/tornsnap-20261121T220600Z-2.db.zst"));
        assert!(!named("tornsnap-archive-20261121T220600Z.db"));
    }
}
