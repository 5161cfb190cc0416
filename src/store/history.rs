//! The schema of the history tables, and SQL templates that are rendered for each of them.

use crate::model::history::History;

/// The schema of one history table.
#[derive(Debug)]
pub(super) struct HistorySchema {
    /// The entity of a row as one value: a column, or an expression.
    pub(super) entity: &'static str,
    /// The index that starts with the entity and the timestamp. The wars have two columns for the entity, which is why
    /// theirs is the index on the timestamp.
    pub(super) entity_index: &'static str,
    /// The column with the timestamp of a row.
    pub(super) timestamp: &'static str,
    /// The index on that column.
    pub(super) timestamp_index: &'static str,
    /// All columns in the order of the table, separated by commas.
    pub(super) columns: &'static str,
    /// Measured size of a row with its index entries, in bytes. Used only to estimate how much a prune frees.
    pub(super) row_bytes: i64,
}

const PLAYERS: HistorySchema = HistorySchema {
    entity: "player_id",
    entity_index: "idx_player_stats_player_time",
    timestamp: "timestamp",
    timestamp_index: "idx_player_stats_timestamp",
    columns: "id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, \
              networth, data_source",
    row_bytes: 75,
};

const FACTIONS: HistorySchema = HistorySchema {
    entity: "faction_id",
    entity_index: "idx_faction_history_faction_time",
    timestamp: "timestamp",
    timestamp_index: "idx_faction_history_timestamp",
    columns: "id, faction_id, timestamp, respect, member_count, best_chain, data_source",
    row_bytes: 60,
};

const WARS: HistorySchema = HistorySchema {
    entity: "war_type || ' ' || war_id",
    entity_index: "idx_war_status_timestamp",
    timestamp: "recorded_at",
    timestamp_index: "idx_war_status_timestamp",
    columns: "id, war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score, \
              defending_score, required_score, status, end_reason, winner_faction_id, started_at, ends_at, \
              recorded_at, data_source",
    row_bytes: 110,
};

const TERRITORIES: HistorySchema = HistorySchema {
    entity: "territory_id",
    entity_index: "idx_territory_ownership_territory_time",
    timestamp: "recorded_at",
    timestamp_index: "idx_territory_ownership_timestamp",
    columns: "id, territory_id, faction_id, sector, coordinate_x, coordinate_y, racket_level, racket_type, \
              war_status, recorded_at, data_source",
    row_bytes: 100,
};

pub(super) fn schema_of(history: History) -> &'static HistorySchema {
    match history {
        History::Players => &PLAYERS,
        History::Factions => &FACTIONS,
        History::Wars => &WARS,
        History::Territories => &TERRITORIES,
    }
}

/// Rewrites a statement about `player_stats_history` for another history table, by replacing the names of the table, its
/// summary table, its columns and its indexes, and the entity.
pub(super) fn render(history: History, template: &str) -> String {
    let schema = schema_of(history);
    let names = [
        (History::Players.table(), history.table()),
        (History::Players.summary_table(), history.summary_table()),
        (PLAYERS.entity, schema.entity),
        (PLAYERS.entity_index, schema.entity_index),
        (PLAYERS.timestamp, schema.timestamp),
        (PLAYERS.timestamp_index, schema.timestamp_index),
    ];
    let mut rendered = String::with_capacity(template.len());
    for (index, part) in template.split(PLAYERS.columns).enumerate() {
        if index > 0 {
            rendered.push_str(schema.columns);
        }
        rendered.push_str(&replace_words(part, &names));
    }
    rendered
}

/// Replaces each whole word that is the first element of a pair in `names`.
pub(super) fn replace_words(text: &str, names: &[(&str, &str)]) -> String {
    let mut rendered = String::with_capacity(text.len());
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.find(is_word).unwrap_or(rest.len());
        rendered.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let word = &rest[..end];
        let found = names.iter().find(|(name, _)| *name == word);
        rendered.push_str(found.map_or(word, |(_, replacement)| replacement));
        rest = &rest[end..];
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn the_schemas_list_every_column_in_order() {
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
            assert_eq!(columns, schema_of(history).columns, "{history:?}");
        }
    }

    #[test]
    fn rendering_replaces_whole_words_only() {
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
