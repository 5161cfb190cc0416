-- Counts the summaries of the months before a time, and returns the oldest and newest month.
-- Written for player_stats_summary. src/store/history.rs replaces the names for the other summary tables.
--
-- :before   unix seconds; start of a month
SELECT count(*) AS rows, min(period_start) AS oldest, max(period_start) AS newest
FROM player_stats_summary
WHERE period_end <= :before
