//! The options with which a printed command reaches the configuration and the database of this run.
//!
//! A message names a command in backticks, such as `` `tornsnap backup` ``. If this run got another configuration or another
//! database than a command without options finds, the places that print add the options to it, whatever the message is about.
//! A command that the user need not type is named without the program, such as `` `backup` ``.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use crate::model::path::shell_word;

/// The paths that a command has to name. `None` if it finds the same one by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Named {
    pub(crate) config: Option<PathBuf>,
    pub(crate) database: Option<PathBuf>,
    /// The database that this run of `restore` makes or replaces, if it is another one than that of the configuration.
    pub(crate) restored: Option<PathBuf>,
}

static NAMED: RwLock<Named> = RwLock::new(Named {
    config: None,
    database: None,
    restored: None,
});

/// The beginning of a command in a message.
const START: &str = "`tornsnap ";

/// Commands that refuse these options, or that do the same with any of them.
const WITHOUT_OPTIONS: [&str; 4] = ["completions", "demo", "help", "man"];

/// The jobs of a schedule know only their configuration.
const WITHOUT_DATABASE: &str = "schedule";

/// Prints these options from now on.
pub(crate) fn name_in_commands(named: Named) {
    *NAMED.write().unwrap_or_else(PoisonError::into_inner) = named;
}

/// Prints commands that change the database at this path instead of the database of the configuration.
pub(crate) fn name_restored(database: &Path) {
    let mut named = NAMED.write().unwrap_or_else(PoisonError::into_inner);
    named.restored = Some(database.to_owned());
}

/// The text with the options of this run in each command of this program. A command that has an option already keeps its own.
pub(crate) fn with_options(text: &str) -> Cow<'_, str> {
    if !text.contains(START) {
        return Cow::Borrowed(text);
    }
    let named = NAMED.read().unwrap_or_else(PoisonError::into_inner);
    named.add_to(text)
}

impl Named {
    fn add_to<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if *self == Self::default() {
            return Cow::Borrowed(text);
        }
        let mut shown = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(START) {
            let command = start + 1;
            let Some(length) = length_of_command(&rest[command..]) else {
                break;
            };
            let end = command + length;
            shown.push_str(&rest[..end]);
            shown.push_str(&self.options_for(&rest[command..end]));
            shown.push('`');
            rest = &rest[end + 1..];
        }
        Cow::Owned(shown + rest)
    }

    /// The options that a command lacks.
    fn options_for(&self, command: &str) -> String {
        let mut words = command.split(' ').skip(1);
        let subcommand = words.find(|word| !word.starts_with('-'));
        let Some(subcommand) = subcommand.filter(|name| !WITHOUT_OPTIONS.contains(name)) else {
            return String::new();
        };
        let restored = self.restored.as_deref();
        let database = self.database.as_deref();
        // `latest` is the latest backup of the configured database, also if it goes to another place.
        let (to, database) = match subcommand {
            WITHOUT_DATABASE => (None, None),
            "import" => (None, restored.or(database)),
            "restore" if !has_option(command, "--database") => (restored, database),
            _ => (None, database),
        };
        option_for(command, "--to", to)
            + &option_for(command, "--config", self.config.as_deref())
            + &option_for(command, "--database", database)
    }
}

/// The option with a blank before it, if there is a value for it and the command does not have it.
fn option_for(command: &str, option: &str, value: Option<&Path>) -> String {
    match value {
        Some(path) if !has_option(command, option) => format!(" {option} {}", shell_word(path)),
        _ => String::new(),
    }
}

fn has_option(command: &str, option: &str) -> bool {
    command
        .split(' ')
        .any(|word| word.split('=').next() == Some(option))
}

/// The length of a text up to the backtick that ends the command at its start. A name in quotes may have a backtick.
fn length_of_command(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut last = '`';
    for (at, character) in text.char_indices() {
        let before = std::mem::replace(&mut last, character);
        match (quote, character) {
            // `shell_word` writes an apostrophe of a name so.
            (None, '\'') if before == '\\' => {}
            (None, '`') => return Some(at),
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), character) if open == character => quote = None,
            _ => {}
        }
    }
    // An apostrophe is no quote.
    text.find('`')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(config: Option<&str>, database: Option<&str>) -> Named {
        Named {
            config: config.map(PathBuf::from),
            database: database.map(PathBuf::from),
            restored: None,
        }
    }

    #[test]
    fn each_command_gets_the_options_that_it_lacks() {
        let both = named(Some("c.toml"), Some("a.db"));
        for (text, shown) in [
            (
                "run `tornsnap backup`, then `tornsnap -q prune --future`",
                "run `tornsnap backup --config c.toml --database a.db`, \
                 then `tornsnap -q prune --future --config c.toml --database a.db`",
            ),
            (
                "`tornsnap backup --database b.db`",
                "`tornsnap backup --database b.db --config c.toml`",
            ),
            (
                "`tornsnap backup --database=b.db --config=d.toml`",
                "`tornsnap backup --database=b.db --config=d.toml`",
            ),
            (
                "`tornsnap restore 'a`b.db'` now",
                "`tornsnap restore 'a`b.db' --config c.toml --database a.db` now",
            ),
            (
                "`tornsnap schedule show`",
                "`tornsnap schedule show --config c.toml`",
            ),
            ("`tornsnap demo`", "`tornsnap demo`"),
            ("`tornsnap`, `tornsnap -V`", "`tornsnap`, `tornsnap -V`"),
            ("a tornsnap without `backup`", "a tornsnap without `backup`"),
            ("`tornsnap backup", "`tornsnap backup"),
            ("", ""),
        ] {
            assert_eq!(both.add_to(text), shown);
            assert_eq!(both.add_to(shown), shown, "a second time");
        }
    }

    #[test]
    fn a_command_after_a_restore_to_another_place_changes_that_place() {
        let to = Named {
            restored: Some(PathBuf::from("c.db")),
            ..named(Some("c.toml"), Some("a.db"))
        };
        for (text, shown) in [
            (
                "`tornsnap import b.db`",
                "`tornsnap import b.db --config c.toml --database c.db`",
            ),
            (
                "`tornsnap restore b.db`",
                "`tornsnap restore b.db --to c.db --config c.toml --database a.db`",
            ),
            (
                "`tornsnap restore b.db --database d.db`",
                "`tornsnap restore b.db --database d.db --config c.toml`",
            ),
            (
                "`tornsnap backup --list`",
                "`tornsnap backup --list --config c.toml --database a.db`",
            ),
        ] {
            assert_eq!(to.add_to(text), shown);
            assert_eq!(to.add_to(shown), shown, "a second time");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_with_blanks_is_one_word_of_the_command() {
        let blank = named(None, Some("my data.db"));
        let shown = "`tornsnap backup --database 'my data.db'`";

        assert_eq!(blank.add_to("`tornsnap backup`"), shown);
        assert_eq!(blank.add_to(shown), shown);
        assert_eq!(
            named(None, None).add_to("`tornsnap backup`"),
            "`tornsnap backup`"
        );
    }
}
