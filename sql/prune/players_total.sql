-- The newest id and moment of player_stats_history, and how many rows are of the running month or later.
--
-- :since   unix seconds
SELECT
    coalesce(max(id), 0) AS last_id,
    (SELECT max(timestamp) FROM player_stats_history) AS newest,
    (SELECT count(*) FROM player_stats_history WHERE timestamp >= :since) AS recent
FROM player_stats_history
