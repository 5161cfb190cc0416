-- The times of the oldest and of the newest row of one month that go.
-- Written for player_stats_history; src/store/history.rs puts the names of the other history tables in its place.
--
-- :from, :until, :last_id, :kept   as in history_delete.sql
SELECT
    (SELECT timestamp FROM player_stats_history INDEXED BY idx_player_stats_timestamp
     WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
       AND id NOT IN (SELECT value FROM json_each(:kept))
     ORDER BY timestamp LIMIT 1) AS oldest,
    (SELECT timestamp FROM player_stats_history INDEXED BY idx_player_stats_timestamp
     WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
       AND id NOT IN (SELECT value FROM json_each(:kept))
     ORDER BY timestamp DESC LIMIT 1) AS newest
