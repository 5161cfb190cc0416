//! Where the folders of tests are made.

use tempfile::TempDir;

/// A temporary folder: in memory if there is room, because the tests write thousands of small databases.
///
/// The variable `TMPDIR` wins.
pub fn temporary() -> TempDir {
    #[cfg(target_os = "linux")]
    if memory::is_usable() {
        return memory::folder();
    }
    TempDir::new().unwrap()
}

/// Folders in the file system in memory that Linux has.
#[cfg(target_os = "linux")]
mod memory {
    use std::fs::{self, DirEntry, File};
    use std::path::Path;
    use std::process::Command;
    use std::sync::LazyLock;
    use std::time::{Duration, SystemTime};

    use rustix::fs::{StatVfsMountFlags, statvfs};
    use tempfile::TempDir;

    const MEMORY: &str = "/dev/shm";

    /// Free bytes that it must have. All tests together use a tenth of it.
    const ROOM: u64 = 4 << 30;

    /// The start of the names. The number of the process comes next.
    const PREFIX: &str = "torn-tests-";

    /// A folder this old belongs to no process of tests, although there may be another one with the same number.
    const OLDEST: Duration = Duration::from_secs(24 * 3600);

    /// Whether a folder can be made in memory, programs in it can be started, and it has room. Containers have 64 MB there.
    ///
    /// The first call removes what processes have left that were killed.
    pub(super) fn is_usable() -> bool {
        static IS_USABLE: LazyLock<bool> = LazyLock::new(|| {
            if std::env::var_os("TMPDIR").is_some() {
                return false;
            }
            remove_left(Path::new(MEMORY));
            TempDir::new_in(MEMORY).is_ok()
                && statvfs(MEMORY).is_ok_and(|system| {
                    !system.f_flag.contains(StatVfsMountFlags::NOEXEC)
                        && system.f_bavail * system.f_frsize >= ROOM
                })
        });
        *IS_USABLE
    }

    pub(super) fn folder() -> TempDir {
        let prefix = format!("{PREFIX}{}-", std::process::id());
        TempDir::with_prefix_in(prefix, MEMORY).unwrap()
    }

    /// Removes the folders of processes that are gone. Best effort: those of another user stay.
    fn remove_left(place: &Path) {
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            if is_left(&entry) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    fn is_left(entry: &DirEntry) -> bool {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split_once('-'))
            .and_then(|(process, _)| process.parse::<u32>().ok());
        let Some(process) = process else {
            return false;
        };
        let is_old = || {
            let changed = entry.metadata().and_then(|found| found.modified()).ok();
            let age = changed.and_then(|changed| changed.elapsed().ok());
            age.is_some_and(|age| age > OLDEST)
        };
        !Path::new(&format!("/proc/{process}")).exists() || is_old()
    }

    #[test]
    fn folders_of_processes_that_are_gone_are_removed_and_so_are_old_ones() {
        let place = TempDir::new().unwrap();
        let mut gone = Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let own = std::process::id();
        let [of_gone, old, young] = [(gone.id(), "aB3dE6"), (own, "aB3dE7"), (own, "aB3dE8")]
            .map(|(process, random)| place.path().join(format!("{PREFIX}{process}-{random}")));
        let foreign = place.path().join("faketime_shm_1");
        for folder in [&of_gone, &old, &young, &foreign] {
            fs::create_dir_all(folder.join("backups")).unwrap();
        }
        let two_days_ago = SystemTime::now() - 2 * OLDEST;
        File::open(&old)
            .unwrap()
            .set_modified(two_days_ago)
            .unwrap();

        remove_left(place.path());

        let left = [&of_gone, &old, &young, &foreign].map(|folder| folder.exists());
        assert_eq!(left, [false, false, true, true]);
    }
}
