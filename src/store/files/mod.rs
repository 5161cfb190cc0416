//! Works on files beside the database: decompression, kinds, hashes, new files, renames, removal, syncs, and free space.

pub(super) mod compressed;
pub(super) mod hash;
pub(super) mod kind;
mod leftovers;
pub(super) mod private;
pub(super) mod remove;
pub(super) mod rename;
pub(super) mod same;
pub(super) mod scratch;
pub(super) mod space;
pub(super) mod sync;

pub(crate) use hash::{digest_of_file, sha256};
pub(super) use kind::is_empty;
pub(crate) use leftovers::{remove_leftovers, temporary_in};
pub(crate) use private::{write_atomically, write_checked, write_if_absent};
pub(crate) use remove::remove_database_files;
pub(crate) use same::is_same_file;
