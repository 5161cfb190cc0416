//! `tornsnap.toml`: what may stand in it, and what it means when it does not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;

use crate::config::address::base_url;
use crate::config::key::{KeyLocation, KeySource};
use crate::config::mask::{mask_addresses, mask_key_like};
use crate::config::path::{relative_to, unexpanded};
use crate::config::secret::check_private;
use crate::config::tables::{
    ApiTable, File, FormatWord, HealthTable, KeyTable, RecordWord, TerritoriesValue, TrackTable,
    WarsWord,
};
use crate::config::text::{SAVE_AS_UTF8, decode};
use crate::config::{
    Api, Backup, Clock, Health, MaxAge, Record, Retention, SecretUrl, Settings,
    TORN_REQUESTS_PER_MINUTE, TORN_URL, Territories, Track, Wars, WebhookFormat, WebhookSource,
};
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId};

/// Where a file is and what stands in it, to name config.
struct ConfigText<'a> {
    path: &'a Path,
    text: &'a str,
}

impl ConfigText<'_> {
    /// The failure of one line. The line itself is not shown: it may hold a key.
    fn error_at(&self, span: Option<std::ops::Range<usize>>, why: impl AsRef<str>) -> Error {
        let line = span.map_or(1, |span| {
            1 + self
                .text
                .get(..span.start)
                .unwrap_or(self.text)
                .matches('\n')
                .count()
        });
        Error::new(format!("use the configuration {}", self.path.display()))
            .with_source(format!("line {line}: {}", mask_key_like(why.as_ref())))
            .with_help("correct that line; the README lists every field with its default")
            .with_exit(Exit::Config)
    }

    fn number(
        &self,
        value: Option<&Spanned<i64>>,
        name: &str,
        low: i64,
        high: i64,
        default: u32,
    ) -> Result<u32> {
        let Some(value) = value else {
            return Ok(default);
        };
        let number = *value.get_ref();
        u32::try_from(number)
            .ok()
            .filter(|_| (low..=high).contains(&number))
            .ok_or_else(|| {
                self.error_at(
                    Some(value.span()),
                    format!("{name} = {number} is not from {low} to {high}"),
                )
            })
    }

    /// A path; a relative one is relative to the folder of the file.
    fn path(&self, value: &Spanned<String>) -> Result<PathBuf> {
        if let Some(why) = unexpanded(Path::new(value.get_ref())) {
            return Err(self.error_at(Some(value.span()), why));
        }
        relative_to(self.path, value.get_ref())
    }

    /// The same where the file may be silent.
    fn path_or(&self, value: Option<&Spanned<String>>, default: &str) -> Result<PathBuf> {
        match value {
            Some(value) => self.path(value),
            None => relative_to(self.path, default),
        }
    }

    fn ids<T: Ord>(
        &self,
        values: &[Spanned<i64>],
        make: impl Fn(i64) -> Result<T>,
    ) -> Result<BTreeSet<T>> {
        values
            .iter()
            .map(|value| {
                make(*value.get_ref()).map_err(|_| {
                    self.error_at(
                        Some(value.span()),
                        format!(
                            "{} is not an id: ids are whole numbers from 1",
                            value.get_ref()
                        ),
                    )
                })
            })
            .collect()
    }
}

/// Reads a file and checks every value in it.
pub(super) fn read_file(path: &Path) -> Result<Settings> {
    parse(path, &text_of(path)?)
}

/// The text of a configuration that nobody else can read.
///
/// # Errors
///
/// [`Exit::Config`] names the file and says what to do.
pub(crate) fn text_of(path: &Path) -> Result<String> {
    let error =
        || Error::new(format!("read the configuration {}", path.display())).with_exit(Exit::Config);
    let bytes = fs::read(path).map_err(|why| error().with_source(why))?;
    check_private(path).map_err(|error| error.with_exit(Exit::Config))?;
    decode(&bytes).map_err(|why| error().with_source(why).with_help(SAVE_AS_UTF8))
}

/// Checks every value in a configuration with this text at this place.
pub(super) fn parse(path: &Path, text: &str) -> Result<Settings> {
    let config = ConfigText { path, text };
    let file: File = toml::from_str(text).map_err(|error| {
        let why = mask_addresses(&error.message().replace('\n', ", "));
        config.error_at(error.span(), why)
    })?;
    let mut settings = settings(&config, file)?;
    settings.config_file = Some(path.to_owned());
    Ok(settings)
}

/// What holds without a file: paths are relative to the working directory.
pub(super) fn defaults() -> Settings {
    let nothing = ConfigText {
        path: Path::new(""),
        text: "",
    };
    settings(&nothing, File::default()).expect("defaults are within their ranges")
}

fn settings(config: &ConfigText<'_>, file: File) -> Result<Settings> {
    let path = |value: Option<Spanned<String>>| value.map(|value| config.path(&value)).transpose();
    Ok(Settings {
        config_file: None,
        database: config.path_or(file.database.as_ref(), "tornsnap.db")?,
        api: api(config, &file.api)?,
        track: track(config, file.track)?,
        record: match file.history.record {
            Some(RecordWord::EveryPoll) => Record::EveryPoll,
            Some(RecordWord::Changes) | None => Record::Changes,
        },
        retention: Retention {
            keep_months: config.number(
                file.retention.keep_months.as_ref(),
                "keep_months",
                1,
                1200,
                2,
            )?,
            archive: path(file.retention.archive)?,
            rejected_days: config.number(
                file.retention.rejected_days.as_ref(),
                "rejected_days",
                1,
                36_500,
                30,
            )?,
            runs_days: config.number(
                file.retention.runs_days.as_ref(),
                "runs_days",
                7,
                36_500,
                400,
            )?,
        },
        backup: Backup {
            directory: config.path_or(file.backup.directory.as_ref(), "backups")?,
            keep: config.number(file.backup.keep.as_ref(), "keep", 1, 100_000, 7)?,
            compress: file.backup.compress.unwrap_or(false),
            before_summarize: file.backup.before_summarize.unwrap_or(true),
        },
        health: health(config, file.health)?,
        log_file: path(file.log.file)?,
        clock: Clock::System,
        keys_are_from_environment: false,
        keys: keys(config, file.key)?,
    })
}

fn api(config: &ConfigText<'_>, table: &ApiTable) -> Result<Api> {
    let limit = i64::from(TORN_REQUESTS_PER_MINUTE);
    let requests_per_minute = config.number(
        table.requests_per_minute.as_ref(),
        "requests_per_minute",
        0,
        limit,
        60,
    )?;
    let concurrency = config.number(table.concurrency.as_ref(), "concurrency", 1, 64, 4)?;
    let timeout = config.number(
        table.timeout_seconds.as_ref(),
        "timeout_seconds",
        1,
        600,
        30,
    )?;
    Ok(Api {
        base_url: match &table.base_url {
            Some(url) => {
                base_url(url.get_ref()).map_err(|why| config.error_at(Some(url.span()), why))?
            }
            None => TORN_URL.to_owned(),
        },
        requests_per_minute: (requests_per_minute > 0).then_some(requests_per_minute),
        timeout: Duration::from_secs(timeout.into()),
        concurrency: usize::try_from(concurrency).unwrap_or(1),
        first_retry: Duration::from_millis(500),
        first_pause: Duration::from_secs(15),
    })
}

fn track(config: &ConfigText<'_>, table: TrackTable) -> Result<Track> {
    Ok(Track {
        players: config.ids(&table.players, PlayerId::new)?,
        factions: config.ids(&table.factions, FactionId::new)?,
        members: table.members.unwrap_or(true),
        wars: match table.wars {
            Some(WarsWord::All) => Wars::All,
            Some(WarsWord::Tracked) | None => Wars::Tracked,
        },
        territories: match table.territories {
            None => Territories::Tracked,
            Some(value) => {
                let span = value.span();
                territories(value.into_inner()).map_err(|why| config.error_at(Some(span), why))?
            }
        },
    })
}

fn territories(value: TerritoriesValue) -> std::result::Result<Territories, String> {
    match value {
        TerritoriesValue::Word(word) => match word.as_str() {
            "tracked" => Ok(Territories::Tracked),
            "all" => Ok(Territories::All),
            "none" => Ok(Territories::None),
            _ => Err(format!(
                "{word:?} is not \"tracked\", \"all\", \"none\" or a list such as [\"AAB\", \"AAC\"]"
            )),
        },
        TerritoriesValue::List(tiles) => tiles
            .iter()
            .map(|tile| TerritoryId::from_str(tile))
            .collect::<std::result::Result<_, _>>()
            .map(Territories::These),
    }
}

fn health(config: &ConfigText<'_>, table: HealthTable) -> Result<Health> {
    let hours = |value: &Option<Spanned<i64>>, name: &str, default: u32| {
        config.number(value.as_ref(), name, 1, 24 * 366, default)
    };
    let all = hours(&table.max_age_hours, "max_age_hours", 24)?;
    Ok(Health {
        max_age_hours: MaxAge {
            players: hours(&table.players_max_age_hours, "players_max_age_hours", all)?,
            factions: hours(&table.factions_max_age_hours, "factions_max_age_hours", all)?,
            wars: hours(&table.wars_max_age_hours, "wars_max_age_hours", all)?,
            territories: hours(
                &table.territories_max_age_hours,
                "territories_max_age_hours",
                all,
            )?,
        },
        backup_max_age_days: config.number(
            table.backup_max_age_days.as_ref(),
            "backup_max_age_days",
            1,
            3660,
            7,
        )?,
        min_free_mb: config.number(table.min_free_mb.as_ref(), "min_free_mb", 0, 1 << 30, 256)?,
        max_rejected: config.number(
            table.max_rejected.as_ref(),
            "max_rejected",
            0,
            1_000_000,
            10,
        )?,
        max_failed_runs: config.number(
            table.max_failed_runs.as_ref(),
            "max_failed_runs",
            1,
            1000,
            3,
        )?,
        gap_hours: hours(&table.gap_hours, "gap_hours", all)?,
        webhook: webhook(config, table.webhook_url_file, table.webhook_url_env)?,
        format: match table.format {
            Some(FormatWord::Json) => WebhookFormat::Json,
            Some(FormatWord::Discord) | None => WebhookFormat::Discord,
        },
        ping_url: table
            .ping_url
            .map(|url| {
                SecretUrl::parse(url.get_ref()).ok_or_else(|| {
                    config.error_at(Some(url.span()), "ping_url is not an https:// address")
                })
            })
            .transpose()?,
    })
}

/// Where the webhook's address is read from. The address itself in place of a file or a variable would be shown by each
/// error that names them.
fn webhook(
    config: &ConfigText<'_>,
    file: Option<Spanned<String>>,
    variable: Option<Spanned<String>>,
) -> Result<Option<WebhookSource>> {
    for (name, value) in [("webhook_url_file", &file), ("webhook_url_env", &variable)] {
        if let Some(value) = value
            && value.get_ref().contains("://")
        {
            return Err(config.error_at(
                Some(value.span()),
                format!(
                    "{name} holds an address; write the address into a file of its own and name that file in \
                     webhook_url_file"
                ),
            ));
        }
    }
    Ok(match file {
        Some(file) => Some(WebhookSource::File(config.path(&file)?)),
        None => variable.map(|variable| WebhookSource::Env(variable.into_inner())),
    })
}

fn keys(config: &ConfigText<'_>, tables: Vec<Spanned<KeyTable>>) -> Result<Vec<KeySource>> {
    let mut sources: Vec<KeySource> = Vec::new();
    for (number, table) in (1..).zip(tables) {
        let span = table.span();
        let refuse = |why: String| config.error_at(Some(span.clone()), why);
        let table = table.into_inner();
        let name = table.name.unwrap_or_else(|| format!("key{number}"));
        if name.trim().is_empty() || sources.iter().any(|source| source.name == name) {
            return Err(refuse(format!(
                "the key name {name:?} is empty or used twice"
            )));
        }
        let place = match (table.key, table.key_file, table.key_env) {
            (Some(key), None, None) => KeyLocation::Here(Ok(key)),
            (None, Some(file), None) => KeyLocation::File(config.path(&file)?),
            (None, None, Some(variable)) => KeyLocation::Env(variable),
            _ => {
                return Err(refuse(
                    "a [[key]] has one of key_file, key_env and key".to_owned(),
                ));
            }
        };
        sources.push(KeySource { name, place });
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_of(text: &str) -> String {
        parse(Path::new("tornsnap.toml"), text)
            .map_or_else(|error| error.causes().join(" "), |_| "accepted".to_owned())
    }

    #[test]
    fn a_refusal_names_the_line_and_the_choices() {
        let unknown = source_of("database = \"a.db\"\n\n[api]\nspeed = 3\n");
        assert!(
            unknown.starts_with("line 4: unknown field `speed`, expected one of `base_url`"),
            "{unknown}"
        );

        assert_eq!(
            source_of("[api]\nrequests_per_minute = 101\n"),
            "line 2: requests_per_minute = 101 is not from 0 to 100"
        );
        assert_eq!(
            source_of("[track]\nplayers = [1,\n0]\n"),
            "line 3: 0 is not an id: ids are whole numbers from 1"
        );
        assert!(source_of("[history]\nrecord = \"some\"\n").contains("`changes` or `every-poll`"));
        assert!(
            source_of("[track]\nterritories = \"AAB\"\n")
                .starts_with("line 2: \"AAB\" is not \"tracked\"")
        );
    }

    #[test]
    fn a_refusal_never_shows_the_address_of_a_webhook() {
        const SECRET: &str = "canary/webhooks/42";
        for line in [
            "webhook_url_file = \"https://SECRET\"",
            "webhook_url_env = \"https://SECRET\"",
            "webhook_url = \"https://SECRET\"",
            "webhook_url_file = [\"https://SECRET\"]",
            "ping_url = \"htps://SECRET?status=up\"",
            "ping_url = \"http://SECRET\"",
            "ping_url = \"SECRET\"",
            "ping_url = https://SECRET",
            "ping_url = \"https://SECRET",
            "ping_url = [\"https://SECRET\"]",
            "format = \"https://SECRET\"",
            "max_age_hours = \"https://SECRET\"",
            "\"https://SECRET\" = 1",
        ] {
            let why = source_of(&format!("[health]\n{}\n", line.replace("SECRET", SECRET)));
            assert!(why.starts_with("line 2: "), "{line}: {why}");
            assert!(!why.contains("canary"), "{line}: {why}");
        }
    }

    #[test]
    fn a_refusal_never_shows_what_looks_like_a_key() {
        for text in [
            "[[key]]\nkey = 1234567890123456\n",
            "[[key]]\nAbCdEfGh12345678 = \"alice\"\n",
            "[[key]]\nkey = \"AbCdEfGh12345678\n",
            "[[key]]\nkey = [\"AbCdEfGh12345678\"]\n",
            "[[key]]\nname = [\"AbCdEfGh12345678\"]\n",
        ] {
            let why = source_of(text);
            assert!(why.starts_with("line "), "{why}");
            assert!(
                !why.contains("AbCdEfGh12345678") && !why.contains("1234567890123456"),
                "{why}"
            );
        }
    }
}
