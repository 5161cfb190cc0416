-- Deletes the summaries of the months before a time.
-- Written for player_stats_summary. src/store/history.rs replaces the names for the other summary tables.
--
-- :before   unix seconds; start of a month
DELETE FROM player_stats_summary WHERE period_end <= :before
