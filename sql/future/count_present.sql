-- Counts history rows of a month.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
-- :until                       unix seconds; later rows are not counted
-- :last_id                     rows with a higher id are not counted
SELECT count(*) AS rows
FROM player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :period_start AND timestamp < :period_end AND timestamp <= :until AND id <= :last_id
