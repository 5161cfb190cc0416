//! `tornsnap fetch` against a simulated Torn.

mod codes;
mod faults;
mod signals;
