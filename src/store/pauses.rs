//! The pauses that Torn asked for, remembered between runs.

use rusqlite::{OptionalExtension, named_params};

use crate::error::Result;
use crate::model::id::PlayerId;
use crate::store::{SqlContext, Store, sql};

/// The calls that a pause concerns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PauseScope {
    /// Every call.
    Address,
    /// Personalstats, with any key of this owner.
    Personalstats(PlayerId),
}

/// Why Torn asked for a pause.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PauseCause {
    /// It has blocked the address.
    Block,
    /// Too many calls.
    RateLimit,
    /// The daily share of a category is read.
    DailyLimit,
}

/// A pause that is in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pause {
    /// Why.
    pub(crate) cause: PauseCause,
    /// Its end, unix seconds.
    pub(crate) until: i64,
    /// Torn's words.
    pub(crate) reason: String,
}

impl Store {
    /// The pause of these calls, if one is in force.
    pub(crate) fn active_pause(&self, scope: PauseScope, now: i64) -> Result<Option<Pause>> {
        let (word, owner) = scope.columns();
        self.connection()
            .prepare_cached(sql!("pauses/get_pause"))
            .and_then(|mut paused| {
                let parameters = named_params! { ":scope": word, ":owner_id": owner, ":now": now };
                paused
                    .query_row(parameters, |row| {
                        Ok(Pause {
                            cause: row.get("cause")?,
                            until: row.get("until")?,
                            reason: row.get("reason")?,
                        })
                    })
                    .optional()
            })
            .context("look up the pauses")
    }

    /// Makes these calls wait, in later runs too.
    pub(crate) fn save_pause(&mut self, scope: PauseScope, pause: &Pause, now: i64) -> Result<()> {
        let (word, owner) = scope.columns();
        self.connection()
            .execute(
                sql!("pauses/set_pause"),
                named_params! {
                    ":scope": word,
                    ":owner_id": owner,
                    ":cause": pause.cause,
                    ":until": pause.until,
                    ":reason": pause.reason,
                    ":now": now,
                },
            )
            .context("note a pause")?;
        Ok(())
    }
}

impl PauseScope {
    fn columns(self) -> (&'static str, i64) {
        match self {
            Self::Address => ("address", 0),
            Self::Personalstats(owner) => ("personalstats", owner.get()),
        }
    }
}

impl PauseCause {
    /// The word in the table.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::RateLimit => "rate_limit",
            Self::DailyLimit => "daily_limit",
        }
    }
}
