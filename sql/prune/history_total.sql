-- The newest moment of a history table, and how many rows are of the running month or later.
-- Written for player_stats_history; src/store/history.rs puts the names of the other history tables in its place.
--
-- :since   unix seconds
SELECT
    (SELECT max(timestamp) FROM player_stats_history) AS newest,
    (SELECT count(*) FROM player_stats_history INDEXED BY idx_player_stats_timestamp WHERE timestamp >= :since) AS recent
