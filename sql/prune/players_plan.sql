-- From when to when the rows are that go, and how many stay.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows with a higher id are in no summary, and stay
-- :kept           JSON list of the ids that stay (see players_kept.sql)
SELECT
    (SELECT count(*) FROM json_each(:kept) AS ids CROSS JOIN player_stats_history AS stays ON stays.id = ids.value
     WHERE stays.timestamp >= :from AND stays.timestamp < :until AND stays.id <= :last_id) AS stay,
    (SELECT timestamp FROM player_stats_history INDEXED BY idx_player_stats_timestamp
     WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id AND id NOT IN (SELECT value FROM json_each(:kept))
     ORDER BY timestamp LIMIT 1) AS oldest,
    (SELECT timestamp FROM player_stats_history INDEXED BY idx_player_stats_timestamp
     WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id AND id NOT IN (SELECT value FROM json_each(:kept))
     ORDER BY timestamp DESC LIMIT 1) AS newest
