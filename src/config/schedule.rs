//! `[schedule]`: how often each job of `schedule install` runs.

use crate::config::config_text::ConfigText;
use crate::config::field::FieldValue;
use crate::config::table::Table;
use crate::error::Result;
use crate::model::kind::Kind;
use crate::model::schedule::interval::{EXPECTED, Interval};

/// `[schedule]`: how often each job runs. `None` leaves a job out.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) wars: Option<Interval>,
    pub(crate) factions: Option<Interval>,
    pub(crate) players: Option<Interval>,
    pub(crate) territories: Option<Interval>,
    /// The job of `backup`, `summarize` and `prune`.
    pub(crate) backup: Option<Interval>,
    pub(crate) health: Option<Interval>,
}

impl Schedule {
    /// How often a kind is fetched; `None` if it is off.
    pub(crate) fn of_kind(&self, kind: Kind) -> Option<Interval> {
        match kind {
            Kind::Wars => self.wars,
            Kind::Factions => self.factions,
            Kind::Players => self.players,
            Kind::Territories => self.territories,
        }
    }
}

/// Reads the table and checks every interval.
pub(super) fn read(config: &ConfigText<'_>, mut table: Table<'_>) -> Result<Schedule> {
    let schedule = Schedule {
        wars: interval(config, &mut table, "wars", "10m")?,
        factions: interval(config, &mut table, "factions", "4m")?,
        players: interval(config, &mut table, "players", "30m")?,
        territories: interval(config, &mut table, "territories", "1h")?,
        backup: interval(config, &mut table, "backup", "daily")?,
        health: interval(config, &mut table, "health", "hourly")?,
    };
    table.refuse_unknown_fields()?;
    Ok(schedule)
}

fn interval(
    config: &ConfigText<'_>,
    table: &mut Table<'_>,
    name: &'static str,
    default: &str,
) -> Result<Option<Interval>> {
    let Some(text) = table.string(name)? else {
        table.record(name, FieldValue::Text(default.to_owned()));
        return Ok(Interval::parse(default));
    };
    match text.get_ref().as_str() {
        "off" => Ok(None),
        written => Interval::parse(written)
            .map(Some)
            .ok_or_else(|| config.wrong_type(text.span(), name, EXPECTED)),
    }
}
