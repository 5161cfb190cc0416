//! Writes the files of a lake, and gives them their names.

pub(crate) mod folder;
pub(crate) mod month;
