-- Lists the history rows of a month, each as its entity and its time. Rows of one second are told apart by a number.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
SELECT json_array(
    player_id, timestamp, row_number() OVER (PARTITION BY player_id, timestamp ORDER BY id)
) AS key
FROM player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :period_start AND timestamp < :period_end
