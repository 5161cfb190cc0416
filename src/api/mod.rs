//! Calls Torn over HTTP and decodes the responses.
//!
//! [`client`] makes one call. [`error`] has the retry policy for each error. [`pool`] chooses the key, and [`pages`] the
//! next page of a list. Only [`client`] and [`webhook`] make calls. This layer uses no SQL and does not read the clock.

mod agent;
pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod pages;
pub(crate) mod pool;
pub(crate) mod request;
pub(crate) mod webhook;
pub(crate) mod wire;
