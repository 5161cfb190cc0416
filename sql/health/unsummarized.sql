-- Whether a month has detail of some kind and no summary of it.
SELECT (EXISTS (SELECT 1 FROM player_stats_history WHERE timestamp >= :period_start AND timestamp < :period_end)
        AND NOT EXISTS (SELECT 1 FROM player_stats_summary
                        WHERE period_type = 'monthly' AND period_start = :period_start))
    OR (EXISTS (SELECT 1 FROM faction_history WHERE timestamp >= :period_start AND timestamp < :period_end)
        AND NOT EXISTS (SELECT 1 FROM faction_summary
                        WHERE period_type = 'monthly' AND period_start = :period_start))
    OR (EXISTS (SELECT 1 FROM war_status_history WHERE recorded_at >= :period_start AND recorded_at < :period_end)
        AND NOT EXISTS (SELECT 1 FROM war_summary
                        WHERE period_type = 'monthly' AND period_start = :period_start))
    OR (EXISTS (SELECT 1 FROM territory_ownership_history
                WHERE recorded_at >= :period_start AND recorded_at < :period_end)
        AND NOT EXISTS (SELECT 1 FROM territory_ownership_summary
                        WHERE period_type = 'monthly' AND period_start = :period_start)) AS missing
