-- Returns the newest timestamp of a history table, and the number of rows since a time.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :since   unix seconds; start of the current month
SELECT
    (SELECT max(timestamp) FROM player_stats_history) AS newest,
    (SELECT count(*)
     FROM player_stats_history INDEXED BY idx_player_stats_timestamp
     WHERE timestamp >= :since) AS recent
