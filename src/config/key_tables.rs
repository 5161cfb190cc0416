//! Reads the `[[key]]` tables of `tornsnap.toml`.

use toml::Spanned;

use crate::config::config_text::ConfigText;
use crate::config::key::{KeyLocation, KeySource};
use crate::config::table::Table;
use crate::error::Result;
use crate::model::key::{ApiKey, contains_key_like, hide_key_like};

const NAME_IS_KEY: &str = "name looks like the key itself; choose another name, because the database and its exports \
                           contain the name";

pub(super) fn read_keys(config: &ConfigText<'_>, file: &mut Table<'_>) -> Result<Vec<KeySource>> {
    let mut sources: Vec<KeySource> = Vec::new();
    for (number, table) in (1..).zip(file.tables("key")?) {
        let span = table.span();
        let refuse = |why: String| config.error_at(span.clone(), why);
        let mut table = table.into_inner();
        let name = match table.string("name")? {
            Some(name) => check_name(config, name)?,
            None => default_key_name(number),
        };
        table.set_name(&format!("key.{name}"));
        let key = table.secret_string("key")?;
        let key_file = table.string("key_file")?;
        let key_env = table.string("key_env")?;
        if let Some(variable) = &key_env {
            config.refuse_blank(variable, "name of the variable")?;
            config.refuse_unprintable(variable, "name of the variable")?;
        }
        // The file of a key may have the key as its name, and errors name the file.
        let names = [&key_file, &key_env].into_iter().flatten();
        names.for_each(|name| hide_key_like(name.get_ref()));
        let key_file = key_file
            .map(|file| table.resolve("key_file", &file))
            .transpose()?;
        table.refuse_unknown_fields()?;

        if name.trim().is_empty() {
            return Err(refuse("the name of this [[key]] is empty".to_owned()));
        }
        if sources.iter().any(|source| source.name == name) {
            return Err(refuse(format!(
                "the key name {name:?} is used twice: an earlier [[key]] has it, too"
            )));
        }
        let location = match (key, key_file, key_env) {
            (Some(text), None, None) => {
                let key = ApiKey::new(text.get_ref()).map_err(|why| {
                    config.error_at(text.span(), format!("the key cannot be used: {why}"))
                })?;
                if name.contains(key.expose()) {
                    return Err(refuse(NAME_IS_KEY.to_owned()));
                }
                KeyLocation::Inline(Ok(key))
            }
            (None, Some(file), None) => KeyLocation::File(file),
            (None, None, Some(variable)) => KeyLocation::Env(variable.into_inner()),
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

/// Refuses a name that may be the key itself, or that would control a terminal.
fn check_name(config: &ConfigText<'_>, name: Spanned<String>) -> Result<String> {
    if contains_key_like(name.get_ref()) {
        return Err(config.error_at(name.span(), NAME_IS_KEY));
    }
    config.refuse_unprintable(&name, "name of this [[key]]")?;
    Ok(name.into_inner())
}

/// The name of a `[[key]]` without a name. The first one has the number 1.
pub(crate) fn default_key_name(number: usize) -> String {
    format!("key{number}")
}
