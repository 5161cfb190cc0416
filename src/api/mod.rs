//! The only module that speaks HTTP. It knows nothing of SQL.
//!
//! [`client`] makes one call, [`error`] says what a failure means, [`pool`] chooses a key, [`pages`] the next page.
//! All of them but the client are pure: they make no calls and read no clock.

mod agent;
pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod pages;
pub(crate) mod pool;
pub(crate) mod request;
pub(crate) mod webhook;
pub(crate) mod wire;
