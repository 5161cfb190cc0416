//! The `tornsnap` program.

fn main() {}
