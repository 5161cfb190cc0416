-- How many summaries are of months before a moment.
-- Written for player_stats_summary; src/store/history.rs puts the names of the other summary tables in its place.
--
-- :before   unix seconds, the first of a month
SELECT count(*) AS rows, min(period_start) AS oldest, max(period_start) AS newest
FROM player_stats_summary
WHERE period_end <= :before
