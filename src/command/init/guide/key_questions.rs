//! Asks for keys, and shows whose they are.

use std::collections::BTreeSet;

use crate::command::init::answers::{NewKeyFile, TypedKey};
use crate::command::init::fields::absolute;
use crate::command::init::guide::session::{LookUp, capitalized};
use crate::command::init::guide::{AcceptedKey, Guide, Typed, named, say};
use crate::command::init::key_names::choose_name;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::model::key::{ApiKey, KeyFacts, NamedKey};
use crate::model::path::folder_of;
use crate::model::player::Profile;

impl Guide<'_> {
    /// Checks the keys of the flags, of the environment or of an existing configuration.
    ///
    /// # Errors
    ///
    /// If Torn refuses one of them, unless `may_be_refused`.
    pub(super) fn check_given_keys(
        &mut self,
        settings: &Settings,
        may_be_refused: bool,
    ) -> Result<()> {
        let loaded = settings.load_keys()?;
        loaded.log_unreadable();
        self.unusable = loaded.unreadable.into_iter().map(|key| key.name).collect();
        for named in loaded.keys {
            let shown = format!("the key {:?}", named.name);
            match self.session.check_key(&named, &shown)? {
                Ok(facts) => self.accept(named, facts, None)?,
                Err(error) if may_be_refused => {
                    say_refusal(&named.name, &error);
                    self.unusable.push(named.name);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Asks for keys until the user has no more. With `is_optional`, there may be none.
    pub(super) fn ask_keys(&mut self, is_optional: bool) -> Result<()> {
        let back = if is_optional {
            " Enter without a key goes back."
        } else {
            ""
        };
        say(&format!(
            "Make a key at https://www.torn.com/preferences.php#tab=api. Public Only is enough; Limited Access also \
             reads the battle stats of the key's owner.{back}"
        ));
        loop {
            if !self.ask_key()? {
                if is_optional || !self.keys.is_empty() {
                    return Ok(());
                }
                say("Type or paste a key, or press Ctrl-C to stop.");
                continue;
            }
            if !self.keys.is_empty() && !self.prompt.confirm("Another key?", false)? {
                return Ok(());
            }
        }
    }

    /// Asks for one key. Returns false if the answer is empty.
    fn ask_key(&mut self) -> Result<bool> {
        loop {
            let text = self.prompt.secret("API key (not shown while you type)")?;
            if text.trim().is_empty() {
                return Ok(false);
            }
            let key = match ApiKey::new(&text) {
                Ok(key) => key,
                Err(why) => {
                    say(&format!("That is not an API key: {why}."));
                    continue;
                }
            };
            if let Some(known) = self.keys.iter().find(|known| known.named.key == key) {
                say(&format!(
                    "This key is there already: it is {}.",
                    of_owner(known.owner.as_ref().ok(), &known.facts)
                ));
                return Ok(true);
            }
            if self.use_again(&key) {
                return Ok(true);
            }
            let named = NamedKey {
                name: format!("key {}", self.keys.len() + 1),
                key,
            };
            match self.session.check_key(&named, "this key")? {
                Ok(facts) => {
                    let typed = Typed {
                        replaces: self.ask_replaced()?,
                        ..Typed::default()
                    };
                    self.accept(named, facts, Some(typed))?;
                    return Ok(true);
                }
                Err(error) => say_refusal("this key", &error),
            }
        }
    }

    /// Asks which of the keys that cannot be used a new key replaces.
    fn ask_replaced(&mut self) -> Result<Option<String>> {
        let index = match self.unusable.as_slice() {
            [] => return Ok(None),
            [one] => {
                let question = format!("Use it instead of {one:?}, which cannot be used?");
                usize::from(!self.prompt.confirm(&question, true)?)
            }
            several => {
                let mut items = several.to_vec();
                items.push("none of them".to_owned());
                self.prompt.select("Use it instead of", &items, 0)?
            }
        };
        Ok((index < self.unusable.len()).then(|| self.unusable.remove(index)))
    }

    fn accept(&mut self, named: NamedKey, facts: KeyFacts, typed: Option<Typed>) -> Result<()> {
        let owner = match self.session.player(facts.owner)? {
            LookUp::Found(profile) => Ok(profile),
            LookUp::Unknown => Err("Torn does not know them".to_owned()),
            LookUp::Refused(why) => Err(why),
        };
        let stats = facts.describe(
            "it can read their battle stats",
            "it reads public data only",
        );
        let subject = if typed.is_some() {
            "This key".to_owned()
        } else {
            format!("The key {:?}", named.name)
        };
        say(&format!(
            "{subject} is {}, {}: {stats}.",
            of_owner(owner.as_ref().ok(), &facts),
            facts.access
        ));
        self.keys.push(AcceptedKey {
            named,
            facts,
            owner,
            typed,
        });
        Ok(())
    }

    /// Gives each typed key a name and a file beside the configuration. Returns the files to write.
    pub(super) fn name_typed_keys(
        &mut self,
        mut taken: BTreeSet<String>,
    ) -> Result<Vec<NewKeyFile>> {
        let folder = absolute(folder_of(&self.file))?;
        taken.extend(self.answers.dropped_keys.iter().cloned());
        let given = self.keys.iter().filter(|key| key.typed.is_none());
        taken.extend(given.map(|key| key.named.name.clone()));
        let mut files = Vec::new();
        self.answers.typed_keys.clear();
        for key in &mut self.keys {
            let Some(typed) = &mut key.typed else {
                continue;
            };
            let owner = key.owner.as_ref().map_or_else(
                |_| format!("player-{}", key.facts.owner),
                |profile| profile.name.clone(),
            );
            let chosen = choose_name(&owner, &key.named.key, &folder, &taken);
            taken.insert(chosen.name.clone());
            key.named.name = typed.replaces.clone().unwrap_or(chosen.name);
            typed.file.clone_from(&chosen.path);
            self.answers.typed_keys.push(TypedKey {
                name: key.named.name.clone(),
                file: chosen.path.clone(),
            });
            if !chosen.exists {
                files.push(NewKeyFile {
                    path: chosen.path,
                    key: key.named.key.clone(),
                });
            }
        }
        Ok(files)
    }
}

impl AcceptedKey {
    /// Its name. A typed key has none yet, so its owner stands for it.
    pub(super) fn label(&self) -> String {
        match &self.typed {
            None => self.named.name.clone(),
            Some(_) => format!(
                "the new key of {}",
                self.owner.as_ref().map_or_else(
                    |_| format!("player {}", self.facts.owner),
                    |profile| named(&profile.name, self.facts.owner.get())
                )
            ),
        }
    }
}

fn say_refusal(name: &str, error: &Error) {
    let why = error.causes().join(": ");
    let help = error.help().unwrap_or("type another key");
    say(&format!(
        "Torn does not accept {name}: {why}. {}.",
        capitalized(help)
    ));
}

/// `Duke's [2000001]`, or `player 2000001's` if the name is not known.
pub(super) fn of_owner(owner: Option<&Profile>, facts: &KeyFacts) -> String {
    match owner {
        Some(profile) => {
            let ending = if profile.name.ends_with(['s', 'S']) {
                "'"
            } else {
                "'s"
            };
            named(&format!("{}{ending}", profile.name), facts.owner.get())
        }
        None => format!("player {}'s", facts.owner),
    }
}
