//! The names of users of the system.

use std::fs;

/// "alice (uid 1000)", or "uid 1000" if the name is unknown.
pub(super) fn name_of(uid: u32) -> String {
    match user_name(uid) {
        Some(name) => format!("{name} (uid {uid})"),
        None => format!("uid {uid}"),
    }
}

/// "alice", or "1000" if the name is unknown.
pub(super) fn name_or_number(uid: u32) -> String {
    user_name(uid).unwrap_or_else(|| uid.to_string())
}

/// The name in `/etc/passwd`, which does not list users of a directory service.
pub(super) fn user_name(uid: u32) -> Option<String> {
    let text = fs::read("/etc/passwd").ok()?;
    let text = String::from_utf8_lossy(&text);
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}
