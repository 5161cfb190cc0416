//! Asks Torn and tells webhooks: the only room that opens a socket. It knows nothing of SQL.
//!
//! Published description: <https://www.torn.com/swagger.php>; the limits and error codes: <https://www.torn.com/api.html>.

mod agent;
pub mod client;
pub mod keys;
pub mod refusal;
pub mod request;
pub mod webhook;
pub mod wire;
