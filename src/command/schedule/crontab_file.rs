//! Reads the crontab of this user.

use crate::command::schedule::programs::{ask, message_of, user_name};
use crate::error::{Error, Exit, Result};
use crate::model::schedule::crontab_list::Listing;

/// How the crontab is named in messages.
pub(super) const PLACE: &str = "the crontab of this user";

/// How the crontab is named among the files of a schedule.
pub(super) const CRONTAB: &str = "crontab";

/// The crontab of this user. A user without a crontab has an empty one.
pub(super) fn read() -> Result<Vec<u8>> {
    read_if_cron_is_here()?.ok_or_else(|| {
        unreadable()
            .with_source("there is no program crontab")
            .with_help("install cron, for example with `sudo apt-get install cron`")
    })
}

fn unreadable() -> Error {
    Error::new(format!("read {PLACE}")).with_exit(Exit::Config)
}

/// The same; `None` if there is no program `crontab`.
pub(super) fn read_if_cron_is_here() -> Result<Option<Vec<u8>>> {
    let Some(output) = ask("crontab", &["-l"])? else {
        return Ok(None);
    };
    if output.status.success() {
        return Ok(Some(output.stdout));
    }
    let user = user_name();
    let listing = Listing {
        code: output.status.code(),
        stdout: &output.stdout,
        stderr: &String::from_utf8_lossy(&output.stderr),
        user: user.as_deref(),
    };
    if listing.says_there_is_none() {
        return Ok(Some(Vec::new()));
    }
    Err(unreadable()
        .with_source(message_of(&output))
        .with_help("see whether `crontab -l` works for this user; nothing was changed"))
}
