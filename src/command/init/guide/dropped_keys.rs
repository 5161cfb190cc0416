//! Asks which keys are no longer used, and which of them are used again.

use crate::command::init::guide::key_questions::of_owner;
use crate::command::init::guide::{AcceptedKey, Guide, Typed, say};
use crate::error::Result;
use crate::model::key::ApiKey;

/// A key that the user no longer wants to use.
pub(super) enum DroppedKey {
    Usable(Box<AcceptedKey>),
    /// The name of a configured key that cannot be used.
    Unusable(String),
}

impl DroppedKey {
    fn label(&self) -> String {
        match self {
            Self::Usable(key) => key.label(),
            Self::Unusable(name) => name.clone(),
        }
    }

    /// The name of the key in the configuration. A typed key is not there.
    pub(super) fn configured_name(&self) -> Option<&str> {
        match self {
            Self::Usable(key) if key.typed.is_some() => None,
            Self::Usable(key) => Some(&key.named.name),
            Self::Unusable(name) => Some(name),
        }
    }
}

impl Guide<'_> {
    /// Asks which keys are no longer used. Keys of the environment are not among them, because they stay there.
    pub(super) fn ask_dropped_keys(&mut self) -> Result<()> {
        let are_configured = !self.context.settings.keys_are_from_environment;
        let (usable, others): (Vec<AcceptedKey>, Vec<AcceptedKey>) = std::mem::take(&mut self.keys)
            .into_iter()
            .partition(|key| key.typed.is_some() || are_configured);
        self.keys = others;
        let usable = usable.into_iter().map(Box::new).map(DroppedKey::Usable);
        let unusable = std::mem::take(&mut self.unusable).into_iter();
        let all: Vec<DroppedKey> = usable.chain(unusable.map(DroppedKey::Unusable)).collect();
        let labels: Vec<String> = all.iter().map(DroppedKey::label).collect();
        if labels.is_empty() {
            say("There is no key yet.");
            return Ok(());
        }
        let chosen = self.prompt.select_several("Stop using", &labels)?;
        for (index, key) in all.into_iter().enumerate() {
            if chosen.contains(&index) {
                self.drop_key(key)?;
            } else {
                self.keep_key(key);
            }
        }
        Ok(())
    }

    /// Asks which of the dropped keys are used after all.
    pub(super) fn ask_keys_to_use_again(&mut self) -> Result<()> {
        let labels: Vec<String> = self.dropped.iter().map(DroppedKey::label).collect();
        let chosen = self.prompt.select_several("Use again", &labels)?;
        for (index, key) in std::mem::take(&mut self.dropped).into_iter().enumerate() {
            if chosen.contains(&index) {
                self.keep_key(key);
            } else {
                self.dropped.push(key);
            }
        }
        Ok(())
    }

    /// Uses a dropped key again that the user has typed. Returns false if it is none.
    pub(super) fn use_again(&mut self, typed: &ApiKey) -> bool {
        let is_typed = |dropped: &DroppedKey| matches!(dropped, DroppedKey::Usable(key) if key.named.key == *typed);
        let Some(index) = self.dropped.iter().position(is_typed) else {
            return false;
        };
        let key = self.dropped.remove(index);
        if let DroppedKey::Usable(key) = &key {
            say(&format!(
                "This key is used again: it is {}.",
                of_owner(key.owner.as_ref().ok(), &key.facts)
            ));
        }
        self.keep_key(key);
        true
    }

    /// Stops using a key. If it was to replace another one, asks about that one.
    fn drop_key(&mut self, mut key: DroppedKey) -> Result<()> {
        if let DroppedKey::Usable(accepted) = &mut key
            && let Some(Typed { replaces, .. }) = &mut accepted.typed
            && let Some(replaced) = replaces.take()
        {
            let question = format!("Stop using {replaced:?} too, which cannot be used?");
            if self.prompt.confirm(&question, true)? {
                self.drop_key(DroppedKey::Unusable(replaced))?;
            } else {
                self.unusable.push(replaced);
            }
        }
        let name = key.configured_name().map(str::to_owned);
        self.answers.dropped_keys.extend(name);
        self.dropped.push(key);
        Ok(())
    }

    fn keep_key(&mut self, key: DroppedKey) {
        if let Some(name) = key.configured_name() {
            self.answers.dropped_keys.remove(name);
        }
        match key {
            DroppedKey::Usable(key) => self.keys.push(*key),
            DroppedKey::Unusable(name) => self.unusable.push(name),
        }
    }
}
