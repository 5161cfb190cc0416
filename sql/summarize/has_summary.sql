-- Whether a month has a summary of any kind.
--
-- :period_start, :period_end   the month, half-open, unix seconds
SELECT
    EXISTS (SELECT 1 FROM player_stats_summary
            WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end)
    OR EXISTS (SELECT 1 FROM faction_summary
               WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end)
    OR EXISTS (SELECT 1 FROM war_summary
               WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end)
    OR EXISTS (SELECT 1 FROM territory_ownership_summary
               WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end)
    AS has_summary
