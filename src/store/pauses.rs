//! Stores the pauses that Torn asked for, so that later runs keep them too.

use rusqlite::{OptionalExtension, named_params};

use crate::error::Result;
use crate::model::id::PlayerId;
use crate::store::{SqlContext, Store, sql};

/// The calls that a pause applies to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PauseScope {
    /// All calls from this IP address.
    Address,
    /// Calls for personalstats with a key of this owner.
    Personalstats(PlayerId),
}

/// Why Torn asked for a pause.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PauseCause {
    /// Torn has blocked the IP address.
    Block,
    /// There were too many calls in a minute.
    RateLimit,
    /// The daily limit of a category is reached.
    DailyLimit,
}

/// A pause that has not ended yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pause {
    pub(crate) cause: PauseCause,
    /// The end, in unix seconds.
    pub(crate) until: i64,
    /// Torn's message.
    pub(crate) reason: String,
}

impl Store {
    /// The active pause for these calls, if there is one.
    pub(crate) fn active_pause(&self, scope: PauseScope, now: i64) -> Result<Option<Pause>> {
        let (scope, owner) = scope.columns();
        self.connection()
            .prepare_cached(sql!("pauses/get_pause"))
            .and_then(|mut statement| {
                let parameters = named_params! { ":scope": scope, ":owner_id": owner, ":now": now };
                statement
                    .query_row(parameters, |row| {
                        Ok(Pause {
                            cause: row.get("cause")?,
                            until: row.get("until")?,
                            reason: row.get("reason")?,
                        })
                    })
                    .optional()
            })
            .context("look up a pause")
    }

    /// Stores a pause for these calls.
    pub(crate) fn save_pause(&mut self, scope: PauseScope, pause: &Pause, now: i64) -> Result<()> {
        let (scope, owner) = scope.columns();
        self.connection()
            .execute(
                sql!("pauses/set_pause"),
                named_params! {
                    ":scope": scope,
                    ":owner_id": owner,
                    ":cause": pause.cause,
                    ":until": pause.until,
                    ":reason": pause.reason,
                    ":now": now,
                },
            )
            .context("save a pause")?;
        Ok(())
    }
}

impl PauseScope {
    /// The values of the columns `scope` and `owner_id`.
    fn columns(self) -> (&'static str, i64) {
        match self {
            Self::Address => ("address", 0),
            Self::Personalstats(owner) => ("personalstats", owner.get()),
        }
    }
}

impl PauseCause {
    /// The value of the column `cause`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::RateLimit => "rate_limit",
            Self::DailyLimit => "daily_limit",
        }
    }
}
