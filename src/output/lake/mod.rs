//! Writes the files of a lake, and gives them their names.

pub(crate) mod compare;
pub(crate) mod folder;
mod layout;
pub(crate) mod month;
