-- Deletes the summaries of months before a moment.
-- Written for player_stats_summary; src/store/history.rs puts the names of the other summary tables in its place.
--
-- :before   unix seconds, the first of a month
DELETE FROM player_stats_summary
WHERE period_end <= :before
