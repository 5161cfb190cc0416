//! Which page comes next.

use serde_json::Value;

/// The link to the next page, if there is one: `_metadata.links.next`.
pub fn next_link(body: &Value) -> Option<&str> {
    body.get("_metadata")?
        .get("links")?
        .get("next")?
        .as_str()
        .filter(|link| !link.is_empty())
}
