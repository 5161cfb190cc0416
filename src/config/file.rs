//! Reads `tornsnap.toml`: the ranges of the fields and their defaults.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;

use crate::config::address::base_url;
use crate::config::key::{KeyLocation, KeySource};
use crate::config::mask::{mask_addresses, mask_key_like};
use crate::config::parse_error::describe;
use crate::config::path::{relative_to, unexpanded};
use crate::config::secret::check_private;
use crate::config::tables::{
    ApiTable, File, FormatValue, HealthTable, KeyTable, RecordValue, TerritoriesValue, TrackTable,
    WarsValue,
};
use crate::config::text::{SAVE_AS_UTF8, decode};
use crate::config::{
    Api, Backup, Clock, Health, MaxAge, Record, Retention, SecretUrl, Settings,
    TORN_REQUESTS_PER_MINUTE, TORN_URL, Territories, Track, Wars, WebhookFormat, WebhookSource,
};
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId};

/// The path and the text of a configuration file, for error messages.
struct ConfigText<'a> {
    path: &'a Path,
    text: &'a str,
}

impl ConfigText<'_> {
    /// The error for the line of `span`. It does not contain the line, which may contain a key.
    fn error_at(&self, span: Option<std::ops::Range<usize>>, why: impl AsRef<str>) -> Error {
        let before = span.and_then(|span| self.text.get(..span.start));
        let line = 1 + before.map_or(0, |before| before.matches('\n').count());
        Error::new(format!("use the configuration {}", self.path.display()))
            .with_source(format!("line {line}: {}", mask_key_like(why.as_ref())))
            .with_help(
                "correct that line; the configuration page in the repository, src/docs/configuration.md, lists every \
                 field with its default",
            )
            .with_exit(Exit::Config)
    }

    /// The number in a field, which must be from `low` to `high`.
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

    /// The path in a field. A relative path is relative to the folder of the file.
    fn path(&self, value: &Spanned<String>) -> Result<PathBuf> {
        if let Some(why) = unexpanded(Path::new(value.get_ref())) {
            return Err(self.error_at(Some(value.span()), why));
        }
        relative_to(self.path, value.get_ref())
    }

    /// The path in a field, or `default` if the file does not have the field.
    fn path_or(&self, value: Option<&Spanned<String>>, default: &str) -> Result<PathBuf> {
        match value {
            Some(value) => self.path(value),
            None => relative_to(self.path, default),
        }
    }

    fn ids<T: Ord>(
        &self,
        values: &[Spanned<i64>],
        parse: impl Fn(i64) -> Result<T>,
    ) -> Result<BTreeSet<T>> {
        values
            .iter()
            .map(|value| {
                parse(*value.get_ref()).map_err(|_| {
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
    parse(path, &read_text(path)?)
}

/// Reads the text of a configuration file and refuses one that others can read.
///
/// # Errors
///
/// [`Exit::Config`]; the message names the file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let error =
        || Error::new(format!("read the configuration {}", path.display())).with_exit(Exit::Config);
    let bytes = fs::read(path).map_err(|why| error().with_source(why))?;
    check_private(path).map_err(|error| error.with_exit(Exit::Config))?;
    decode(&bytes).map_err(|why| error().with_source(why).with_help(SAVE_AS_UTF8))
}

/// Parses the text of the configuration file at `path` and checks every value.
pub(super) fn parse(path: &Path, text: &str) -> Result<Settings> {
    let config = ConfigText { path, text };
    let file: File = toml::from_str(text).map_err(|error| {
        let why = mask_addresses(&describe(text, &error));
        config.error_at(error.span(), why)
    })?;
    let mut settings = settings(&config, file)?;
    settings.config_file = Some(path.to_owned());
    Ok(settings)
}

/// The settings without a file. Paths are relative to the working directory.
pub(super) fn defaults() -> Settings {
    let empty = ConfigText {
        path: Path::new(""),
        text: "",
    };
    settings(&empty, File::default()).expect("defaults are within their ranges")
}

fn settings(config: &ConfigText<'_>, file: File) -> Result<Settings> {
    let path = |value: Option<Spanned<String>>| value.map(|value| config.path(&value)).transpose();
    Ok(Settings {
        config_file: None,
        database: config.path_or(file.database.as_ref(), "tornsnap.db")?,
        api: api(config, &file.api)?,
        track: track(config, file.track)?,
        record: match file.history.record {
            Some(RecordValue::EveryPoll) => Record::EveryPoll,
            Some(RecordValue::Changes) | None => Record::Changes,
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
            Some(WarsValue::All) => Wars::All,
            Some(WarsValue::Tracked) | None => Wars::Tracked,
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
            Some(FormatValue::Json) => WebhookFormat::Json,
            Some(FormatValue::Discord) | None => WebhookFormat::Discord,
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

/// Where the URL of the webhook is read from. A URL in place of the name of a file or variable is refused, because error
/// messages contain these names.
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
        let location = match (table.key, table.key_file, table.key_env) {
            (Some(key), None, None) => KeyLocation::Inline(Ok(key)),
            (None, Some(file), None) => KeyLocation::File(config.path(&file)?),
            (None, None, Some(variable)) => KeyLocation::Env(variable),
            _ => {
                return Err(refuse(
                    "a [[key]] has one of key_file, key_env and key".to_owned(),
                ));
            }
        };
        sources.push(KeySource { name, location });
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        parse(Path::new("tornsnap.toml"), text)
            .map_or_else(|error| error.causes().join(" "), |_| "accepted".to_owned())
    }

    #[test]
    fn an_error_names_the_line_and_the_choices() {
        let unknown = error_of("database = \"a.db\"\n\n[api]\nspeed = 3\n");
        assert!(
            unknown.starts_with("line 4: unknown field `speed`, expected one of `base_url`"),
            "{unknown}"
        );

        assert_eq!(
            error_of("[api]\nrequests_per_minute = 101\n"),
            "line 2: requests_per_minute = 101 is not from 0 to 100"
        );
        assert_eq!(
            error_of("[track]\nplayers = [1,\n0]\n"),
            "line 3: 0 is not an id: ids are whole numbers from 1"
        );
        assert!(error_of("[history]\nrecord = \"some\"\n").contains("`changes` or `every-poll`"));
        assert!(
            error_of("[track]\nterritories = \"AAB\"\n")
                .starts_with("line 2: \"AAB\" is not \"tracked\"")
        );
    }

    #[test]
    fn an_error_never_contains_the_url_of_a_webhook() {
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
            let why = error_of(&format!("[health]\n{}\n", line.replace("SECRET", SECRET)));
            assert!(why.starts_with("line 2: "), "{line}: {why}");
            assert!(!why.contains("canary"), "{line}: {why}");
        }
    }

    #[test]
    fn an_error_never_contains_text_that_looks_like_a_key() {
        for text in [
            "[[key]]\nkey = 1234567890123456\n",
            "[[key]]\nAbCdEfGh12345678 = \"alice\"\n",
            "[[key]]\nkey = \"AbCdEfGh12345678\n",
            "[[key]]\nkey = [\"AbCdEfGh12345678\"]\n",
            "[[key]]\nname = [\"AbCdEfGh12345678\"]\n",
        ] {
            let why = error_of(text);
            assert!(why.starts_with("line "), "{why}");
            assert!(
                !why.contains("AbCdEfGh12345678") && !why.contains("1234567890123456"),
                "{why}"
            );
        }
    }
}
