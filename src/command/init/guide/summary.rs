//! Shows everything before it is written.

use crate::command::init::configuration::ExistingFile;
use crate::command::init::guide::choices::{describe_tiles, describe_wars};
use crate::command::init::guide::dropped_keys::DroppedKey;
use crate::command::init::guide::jobs::Jobs;
use crate::command::init::guide::key_questions::of_owner;
use crate::command::init::guide::{Guide, say, say_row};
use crate::command::init::write::Setup;
use crate::command::lost_database::backup_of_lost;
use crate::config::Track;
use crate::model::path::{display_path, plain_absolute};

impl Guide<'_> {
    pub(super) fn say_summary(&self, setup: &Setup, jobs: &Jobs) {
        say("\nThis will be written:");
        let config = display_path(&plain_absolute(&setup.file));
        let state = match &setup.existing {
            ExistingFile::Missing => "",
            ExistingFile::Text(_) if !setup.writes_config() => " (not changed)",
            ExistingFile::Text(_) => " (changed; the old file stays beside it)",
            ExistingFile::Unreadable => " (new; the old file stays beside it)",
        };
        say_row("configuration", &format!("{config}{state}"));
        let database = &setup.settings.database;
        let state = if database.exists() {
            " (is there already)"
        } else {
            ""
        };
        say_row(
            "database",
            &format!("{}{state}", display_path(&plain_absolute(database))),
        );
        if let Some(backup) = backup_of_lost(&setup.settings) {
            say_row(
                "",
                &format!(
                    "there is a backup of an older one, {}: to have it back, answer no, and run `tornsnap restore latest`",
                    display_path(&backup)
                ),
            );
        }
        for key in &self.keys {
            let file = key.typed.as_ref().map_or_else(String::new, |typed| {
                let name = typed.file.file_name().unwrap_or_default();
                let instead = if typed.replaces.is_some() {
                    " instead of the one before"
                } else {
                    ""
                };
                format!(", in {}{instead}", name.to_string_lossy())
            });
            say_row(
                "key",
                &format!(
                    "{}: {}, {}{file}",
                    key.named.name,
                    of_owner(key.owner.as_ref().ok(), &key.facts),
                    key.facts.access
                ),
            );
        }
        for name in &self.unusable {
            say_row("key", &format!("{name}: cannot be used"));
        }
        for name in self.dropped.iter().filter_map(DroppedKey::configured_name) {
            say_row("key", &format!("{name}: no longer used"));
        }
        self.say_track(&setup.settings.track);
        if let Jobs::Wanted { place, count, .. } = jobs {
            say_row("jobs", &format!("{count} in {place}"));
        }
    }

    /// Shows what is followed.
    pub(super) fn say_track(&self, track: &Track) {
        say_row(
            "factions",
            &list(track.factions.iter().map(|id| self.faction_name(*id))),
        );
        say_row(
            "players",
            &list(track.players.iter().map(|id| self.player_name(*id))),
        );
        say_row("wars", describe_wars(track.wars));
        say_row("tiles", &describe_tiles(&track.territories));
    }
}

/// The names with commas between them, or "none".
fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
