//! Reads `tornsnap.toml`: the fields, their ranges and their defaults.

use std::fs;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeTable;

use crate::config::address::base_url;
use crate::config::config_text::ConfigText;
use crate::config::field::FieldValue;
use crate::config::key_tables::read_keys;
use crate::config::log::read_log;
use crate::config::mask::mask_key_like;
use crate::config::schedule;
use crate::config::secret::check_private;
use crate::config::table::{Table, WordOrList};
use crate::config::text::{SAVE_AS_UTF8, decode};
use crate::config::{
    Api, Backup, Clock, Health, MaxAge, Record, Retention, SecretUrl, Settings,
    TORN_REQUESTS_PER_MINUTE, TORN_URL, Territories, Track, Wars, WebhookFormat, WebhookSource,
};
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId};
use crate::model::regular_file::{is_of_system, why_no_file};

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
    let text = read_text_of_any_mode(path);
    if path.is_file() {
        check_private(path).map_err(|error| error.with_exit(Exit::Config))?;
    }
    text
}

/// Like [`read_text`], but also reads a file that others can read.
///
/// # Errors
///
/// [`Exit::Config`]; the message names the file.
pub(crate) fn read_text_of_any_mode(path: &Path) -> Result<String> {
    let error =
        || Error::new(format!("read the configuration {}", path.display())).with_exit(Exit::Config);
    match why_no_file(path) {
        Some(why) if path.is_dir() => {
            return Err(error().with_source(why).with_help("name the file in it"));
        }
        // A shell has opened the other end of `--config <(…)`. `/dev/null` is an empty configuration.
        Some(why) if !is_of_system(path) => {
            return Err(error()
                .with_source(why)
                .with_help("name a file with --config, or remove this one"));
        }
        _ => {}
    }
    let bytes = fs::read(path).map_err(|why| {
        error()
            .with_source(why)
            .with_help("check who owns the file, or name another one with --config")
    })?;
    decode(&bytes).map_err(|why| error().with_source(why).with_help(SAVE_AS_UTF8))
}

/// Parses the text of the configuration file at `path` and checks every value.
pub(super) fn parse(path: &Path, text: &str) -> Result<Settings> {
    let config = ConfigText::new(path, text);
    let table = DeTable::parse(text).map_err(|error| config.syntax_error(&error))?;
    Ok(Settings {
        config_file: Some(path.to_owned()),
        ..settings(&config, table.into_inner())?
    })
}

/// The settings without a file. Paths are relative to the working directory.
pub(super) fn defaults() -> Settings {
    let empty = ConfigText::new(Path::new(""), "");
    settings(&empty, DeTable::new()).expect("defaults are within their ranges")
}

/// The settings in the table of a whole file, without [`Settings::config_file`].
pub(super) fn settings<'a>(config: &'a ConfigText<'a>, table: DeTable<'a>) -> Result<Settings> {
    read_settings(config, table).map_err(|error| match config.take_unknown() {
        Some(field) => misplaced(config, &field).unwrap_or(error),
        None => error,
    })
}

/// The error for a field under the wrong heading; `None` if no table has such a field.
fn misplaced(config: &ConfigText<'_>, field: &Spanned<String>) -> Option<Error> {
    let name = field.get_ref().as_str();
    let of_keys = ["name", "key", "key_file", "key_env"];
    let fields = defaults().fields;
    let headings: Vec<String> = fields
        .iter()
        .filter_map(|known| match known.name.rsplit_once('.') {
            Some((table, of_table)) => (of_table == name).then(|| format!("[{table}]")),
            None => (known.name == name)
                .then(|| "the beginning of the file, before all headings".to_owned()),
        })
        .chain(of_keys.contains(&name).then(|| "[[key]]".to_owned()))
        .collect();
    (!headings.is_empty()).then(|| {
        let why = format!(
            "unknown field `{name}` under this heading; `{name}` belongs to {}",
            headings.join(" or ")
        );
        config.error_at(field.span(), why)
    })
}

fn read_settings<'a>(config: &'a ConfigText<'a>, table: DeTable<'a>) -> Result<Settings> {
    let mut file = Table::of_file(config, table);
    let settings = Settings {
        config_file: None,
        database: file.path_or("database", "tornsnap.db")?,
        names_same_database: false,
        api: api(config, file.table("api")?)?,
        keys: read_keys(config, &mut file)?,
        track: track(config, file.table("track")?)?,
        record: record(file.table("history")?)?,
        retention: retention(file.table("retention")?)?,
        backup: backup(file.table("backup")?)?,
        health: health(config, file.table("health")?)?,
        schedule: schedule::read(config, file.table("schedule")?)?,
        log: read_log(file.table("log")?)?,
        clock: Clock::System,
        keys_are_from_environment: false,
        fields: config.take_fields(),
    };
    file.refuse_unknown_fields()?;
    Ok(settings)
}

fn api(config: &ConfigText<'_>, mut table: Table<'_>) -> Result<Api> {
    let url = table.string("base_url")?;
    let limit = i64::from(TORN_REQUESTS_PER_MINUTE);
    // 0 means no limit, and is refused later for Torn itself.
    let range = format!("from 1 to {limit}, nor 0 for a simulator");
    let requests_per_minute = table.number_in("requests_per_minute", 0, limit, 60, &range)?;
    let timeout = table.number_or("timeout_seconds", 1, 600, 30)?;
    let concurrency = table.number_or("concurrency", 1, 64, 4)?;
    let base_url = match url {
        Some(url) => base_url(url.get_ref()).map_err(|why| config.error_at(url.span(), why))?,
        None => TORN_URL.to_owned(),
    };
    // A key has no place in the address, but a user may have put one there.
    table.record("base_url", FieldValue::Text(mask_key_like(&base_url)));
    table.refuse_unknown_fields()?;
    Ok(Api {
        base_url,
        requests_per_minute: (requests_per_minute > 0).then_some(requests_per_minute),
        timeout: Duration::from_secs(timeout.into()),
        concurrency: usize::try_from(concurrency).unwrap_or(1),
        first_retry: Duration::from_millis(500),
        first_pause: Duration::from_secs(15),
    })
}

fn track(config: &ConfigText<'_>, mut table: Table<'_>) -> Result<Track> {
    let track = Track {
        players: table.ids("players", PlayerId::new)?,
        factions: table.ids("factions", FactionId::new)?,
        members: table.boolean_or("members", true)?,
        wars: table
            .word("wars", &[("tracked", Wars::Tracked), ("all", Wars::All)])?
            .unwrap_or_default(),
        territories: territories(config, &mut table)?,
    };
    table.refuse_unknown_fields()?;
    Ok(track)
}

fn territories(config: &ConfigText<'_>, table: &mut Table<'_>) -> Result<Territories> {
    const EXPECTED: &str = "\"tracked\", \"all\", \"none\" or a list such as [\"AAB\", \"AAC\"]";
    let Some(value) = table.word_or_list("territories", EXPECTED)? else {
        table.record("territories", FieldValue::Text("tracked".to_owned()));
        return Ok(Territories::Tracked);
    };
    table.record(
        "territories",
        match value.get_ref() {
            WordOrList::Word(word) => FieldValue::Text(word.clone()),
            WordOrList::List(tiles) => FieldValue::Texts(tiles.clone()),
        },
    );
    let refuse = |why: String| config.error_at(value.span(), format!("{why} (in territories)"));
    match value.get_ref() {
        WordOrList::Word(word) => {
            Territories::of_word(word).ok_or_else(|| refuse(format!("{word:?} is not {EXPECTED}")))
        }
        WordOrList::List(tiles) => tiles
            .iter()
            .map(|tile| Territories::tile(tile).map_err(refuse))
            .collect::<Result<_>>()
            .map(Territories::These),
    }
}

fn record(mut table: Table<'_>) -> Result<Record> {
    let choices = [
        ("changes", Record::Changes),
        ("every-poll", Record::EveryPoll),
    ];
    let record = table.word("record", &choices)?;
    table.refuse_unknown_fields()?;
    Ok(record.unwrap_or_default())
}

fn retention(mut table: Table<'_>) -> Result<Retention> {
    let retention = Retention {
        keep_months: table.number_or("keep_months", 1, 1200, 2)?,
        archive: table.path("archive")?,
        rejected_days: table.number_or("rejected_days", 1, 36_500, 30)?,
        runs_days: table.number_or("runs_days", 7, 36_500, 400)?,
    };
    table.refuse_unknown_fields()?;
    Ok(retention)
}

fn backup(mut table: Table<'_>) -> Result<Backup> {
    let backup = Backup {
        directory: table.path_or("directory", "backups")?,
        keep: table.number_or("keep", 1, 100_000, 7)?,
        compress: table.boolean_or("compress", false)?,
        before_summarize: table.boolean_or("before_summarize", true)?,
    };
    table.refuse_unknown_fields()?;
    Ok(backup)
}

fn health(config: &ConfigText<'_>, mut table: Table<'_>) -> Result<Health> {
    let max_age = hours(&mut table, "max_age_hours", 24)?;
    let health = Health {
        max_age_hours: MaxAge {
            players: hours(&mut table, "players_max_age_hours", max_age)?,
            factions: hours(&mut table, "factions_max_age_hours", max_age)?,
            wars: hours(&mut table, "wars_max_age_hours", max_age)?,
            territories: hours(&mut table, "territories_max_age_hours", max_age)?,
        },
        backup_max_age_days: table.number_or("backup_max_age_days", 1, 3660, 7)?,
        min_free_mb: table.number_or("min_free_mb", 0, 1 << 30, 256)?,
        max_rejected: table.number_or("max_rejected", 0, 1_000_000, 10)?,
        max_failed_runs: table.number_or("max_failed_runs", 1, 1000, 3)?,
        gap_hours: hours(&mut table, "gap_hours", max_age)?,
        webhook: webhook(config, &mut table)?,
        format: table
            .word(
                "format",
                &[
                    ("discord", WebhookFormat::Discord),
                    ("json", WebhookFormat::Json),
                ],
            )?
            .unwrap_or_default(),
        ping_url: ping_url(config, &mut table)?,
    };
    table.refuse_unknown_fields()?;
    Ok(health)
}

/// A number of hours, at most those of a leap year.
fn hours(table: &mut Table<'_>, name: &'static str, default: u32) -> Result<u32> {
    table.number_or(name, 1, 24 * 366, default)
}

/// Where the URL of the webhook is read from. A URL in place of the name of a file or variable is refused, because error
/// messages contain these names.
fn webhook(config: &ConfigText<'_>, table: &mut Table<'_>) -> Result<Option<WebhookSource>> {
    let mut name_in = |field| {
        let name = table.string(field)?;
        match name {
            Some(name) if name.get_ref().contains("://") => Err(config.error_at(
                name.span(),
                format!(
                    "{field} holds an address; write the address into a file of its own and name that file in \
                     webhook_url_file"
                ),
            )),
            name => Ok(name),
        }
    };
    let file = name_in("webhook_url_file")?;
    let variable = name_in("webhook_url_env")?;
    if let Some(variable) = &variable {
        config.refuse_blank(variable, "name of the variable")?;
        config.refuse_unprintable(variable, "name of the variable")?;
    }
    if let (Some(_), Some(variable)) = (&file, &variable) {
        return Err(config.error_at(
            variable.span(),
            "webhook_url_file and webhook_url_env are both there; remove one of them",
        ));
    }
    Ok(match file {
        Some(file) => Some(WebhookSource::File(
            table.resolve("webhook_url_file", &file)?,
        )),
        None => variable.map(|variable| WebhookSource::Env(variable.into_inner())),
    })
}

fn ping_url(config: &ConfigText<'_>, table: &mut Table<'_>) -> Result<Option<SecretUrl>> {
    let Some(text) = table.secret_string("ping_url")? else {
        return Ok(None);
    };
    match SecretUrl::parse(text.get_ref()) {
        Some(url) => Ok(Some(url)),
        None => Err(config.error_at(text.span(), "ping_url is not an https:// address")),
    }
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
            unknown
                .starts_with("line 4: unknown field `speed` in [api], expected one of `base_url`"),
            "{unknown}"
        );

        assert_eq!(
            error_of("[api]\nrequests_per_minute = 101\n"),
            "line 2: requests_per_minute = 101 is not from 1 to 100, nor 0 for a simulator; the line is: requests_per_minute = 101"
        );
        assert_eq!(
            error_of("[track]\nplayers = [1,\n0]\n"),
            "line 3: 0 is not an id in players: ids are whole numbers from 1"
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

    #[test]
    fn every_notation_of_a_toml_integer_is_read() {
        for number in ["+5", "5", "0x5", "0b101", "0o5"] {
            let text = format!("[api]\nconcurrency = {number}\n");
            let settings = parse(Path::new("tornsnap.toml"), &text).unwrap();
            assert_eq!(settings.api.concurrency, 5, "{number}");
        }
        let thousand = "[retention]\nkeep_months = 1_000\n";
        let settings = parse(Path::new("tornsnap.toml"), thousand).unwrap();
        assert_eq!(settings.retention.keep_months, 1000);
    }
}
