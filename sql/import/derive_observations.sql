-- Derives observations from the imported history rows and states, for a source that has none of its own.
-- Each different time counts as one poll.
-- Written for players. src/store/import/kind.rs replaces the names for factions and territories.
--
-- :states_are_observations   1: last_updated of a state counts as an observation
INSERT INTO temp.imported_player_observations (player_id, period_start, first_at, last_at, polls)
SELECT player_id, unixepoch(at, 'unixepoch', 'start of month') AS month, min(at), max(at), count(DISTINCT at)
FROM (
    SELECT player_id, timestamp AS at FROM temp.imported_player_stats_history
    UNION ALL
    SELECT player_id, last_updated FROM temp.imported_players WHERE last_updated > 0 AND :states_are_observations
)
GROUP BY player_id, month
