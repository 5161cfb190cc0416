//! Calls to Torn over HTTP, and the decoding of the answers.
//!
//! [`client`] makes one call, [`error`] has the policy for each error, [`pool`] chooses a key, [`pages`] the next page.
//! Only the client and the webhook make calls. Nothing here uses SQL or reads the clock.

mod agent;
pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod pages;
pub(crate) mod pool;
pub(crate) mod request;
pub(crate) mod webhook;
pub(crate) mod wire;
