-- Dates now the summaries that were written in the future, of months that are over.
--
-- :now     unix seconds
-- :limit   unix seconds; what is later lies in the future
UPDATE player_stats_summary SET created_at = :now WHERE created_at > :limit AND period_end <= :limit
