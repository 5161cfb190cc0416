//! The catalogue of the history tables, and statements that are alike for all of them.

use crate::model::history::History;

/// The names that belong to a history table.
#[derive(Debug)]
pub(super) struct Entry {
    /// The column with the time of a row, unix seconds.
    pub(super) moment: &'static str,
    /// The index on that column.
    pub(super) by_moment: &'static str,
    /// All columns, in the order of the table.
    pub(super) columns: &'static str,
    /// Bytes that a row takes with its index entries, as measured; only to tell how much a prune frees.
    pub(super) row_bytes: i64,
}

const PLAYERS: Entry = Entry {
    moment: "timestamp",
    by_moment: "idx_player_stats_timestamp",
    columns: "id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, \
              networth, data_source",
    row_bytes: 75,
};

const FACTIONS: Entry = Entry {
    moment: "timestamp",
    by_moment: "idx_faction_history_timestamp",
    columns: "id, faction_id, timestamp, respect, member_count, best_chain, data_source",
    row_bytes: 60,
};

const WARS: Entry = Entry {
    moment: "recorded_at",
    by_moment: "idx_war_status_timestamp",
    columns: "id, war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score, \
              defending_score, required_score, status, end_reason, winner_faction_id, started_at, ends_at, \
              recorded_at, data_source",
    row_bytes: 110,
};

const TERRITORIES: Entry = Entry {
    moment: "recorded_at",
    by_moment: "idx_territory_ownership_timestamp",
    columns: "id, territory_id, faction_id, sector, coordinate_x, coordinate_y, racket_level, racket_type, \
              war_status, recorded_at, data_source",
    row_bytes: 100,
};

/// The names of a history table.
pub(super) fn entry(history: History) -> &'static Entry {
    match history {
        History::Players => &PLAYERS,
        History::Factions => &FACTIONS,
        History::Wars => &WARS,
        History::Territories => &TERRITORIES,
    }
}

/// A statement that is written for `player_stats_history`, with the names of another history table in place of those.
pub(super) fn render(history: History, template: &str) -> String {
    let entry = entry(history);
    let names = [
        (History::Players.table(), history.table()),
        (History::Players.summary_table(), history.summary_table()),
        (PLAYERS.moment, entry.moment),
        (PLAYERS.by_moment, entry.by_moment),
    ];
    let mut rendered = String::with_capacity(template.len());
    for (index, part) in template.split(PLAYERS.columns).enumerate() {
        if index > 0 {
            rendered.push_str(entry.columns);
        }
        replace_words(part, &names, &mut rendered);
    }
    rendered
}

/// Appends `text` with each whole word that `names` knows replaced.
fn replace_words(text: &str, names: &[(&str, &str)], rendered: &mut String) {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut rest = text;
    while !rest.is_empty() {
        let other = rest.find(is_word).unwrap_or(rest.len());
        rendered.push_str(&rest[..other]);
        rest = &rest[other..];
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let word = &rest[..end];
        let replaced = names.iter().find(|(name, _)| *name == word);
        rendered.push_str(replaced.map_or(word, |(_, by)| by));
        rest = &rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn the_catalogue_names_every_column_of_each_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        for history in History::ALL {
            let columns: String = store
                .connection()
                .query_row(
                    "SELECT group_concat(name, ', ') FROM pragma_table_info(?)",
                    [history.table()],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(columns, entry(history).columns, "{history:?}");
        }
    }

    #[test]
    fn only_whole_names_are_replaced() {
        let rendered = render(
            History::Wars,
            "SELECT timestamp, timestamps FROM player_stats_history WHERE player_stats_history.timestamp < :timestamp",
        );

        assert_eq!(
            rendered,
            "SELECT recorded_at, timestamps FROM war_status_history WHERE war_status_history.recorded_at < :recorded_at"
        );
    }
}
