//! Checks the free space before a file is written.

use std::path::Path;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::size;

/// How much disk space stays free for other programs.
const RESERVE: u64 = 8 * size::MEGABYTE;

/// Fails when the disk of a folder has no room for `needed` bytes. The error gives the needed and the free space.
pub(in crate::store) fn check_room(folder: &Path, needed: u64, what: &str) -> Result<()> {
    let free = fs4::available_space(folder)
        .with_context(|| format!("ask how much space is free in {}", folder.display()))?;
    compare_room(folder, needed, free, what)
}

fn compare_room(folder: &Path, needed: u64, free: u64, what: &str) -> Result<()> {
    let needed = needed.saturating_add(RESERVE);
    if free >= needed {
        return Ok(());
    }
    // `.` alone does not tell which folder that is.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    Err(Error::new(format!("{what} in {}", folder.display()))
        .with_source(format!(
            "it needs {}, {} of which stay free for other programs, and {} are free",
            size::format_bytes(needed),
            size::format_bytes(RESERVE),
            size::format_bytes(free)
        ))
        .with_help("free some space on that disk, or name a folder on another one")
        .with_exit(Exit::Io))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_about_a_full_disk_names_needed_and_free_space() {
        let folder = std::path::absolute("/b").unwrap();
        let check = |needed| compare_room(Path::new("/b"), needed, 20_000_000, "make a backup");

        let refused = check(186_900_000).unwrap_err();

        assert_eq!(refused.exit(), Exit::Io);
        assert_eq!(
            refused.one_line(),
            format!(
                "could not make a backup in {}: it needs 194.9 MB, 8.0 MB of which stay free for other programs, and 20.0 MB \
                 are free",
                folder.display()
            )
        );
        assert!(check(12_000_000).is_ok());
    }
}
