//! The only module that speaks HTTP. It knows nothing of SQL.
//!
//! [`client`] makes one call, [`error`] says what a failure means, [`pool`] chooses a key, [`pages`] the next page.
//! All of them but the client are pure: they make no calls and read no clock.

mod agent;
pub mod client;
pub mod error;
pub mod pages;
pub mod pool;
pub mod request;
pub mod webhook;
pub mod wire;
