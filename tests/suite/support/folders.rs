//! Where the folders of tests are made.

use tempfile::TempDir;

/// Free bytes that a folder in memory must have. All tests together use a tenth of it.
#[cfg(target_os = "linux")]
const ROOM: u64 = 4 << 30;

/// A temporary folder: in memory if there is room, because the tests write thousands of small databases.
///
/// The variable `TMPDIR` wins.
pub fn temporary() -> TempDir {
    #[cfg(target_os = "linux")]
    if is_memory_usable() {
        return TempDir::new_in(MEMORY).unwrap();
    }
    TempDir::new().unwrap()
}

/// The file system in memory that Linux has.
#[cfg(target_os = "linux")]
const MEMORY: &str = "/dev/shm";

/// Whether a folder can be made in memory, programs in it can be started, and it has room. Containers have 64 MB there.
#[cfg(target_os = "linux")]
fn is_memory_usable() -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    use std::sync::LazyLock;

    static IS_USABLE: LazyLock<bool> = LazyLock::new(|| {
        std::env::var_os("TMPDIR").is_none()
            && TempDir::new_in(MEMORY).is_ok()
            && statvfs(MEMORY).is_ok_and(|system| {
                !system.f_flag.contains(StatVfsMountFlags::NOEXEC)
                    && system.f_bavail * system.f_frsize >= ROOM
            })
    });
    *IS_USABLE
}
