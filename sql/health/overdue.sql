-- Whether there is detail before the cut-off that no prune has looked at: more of it than the newest known values
-- (at most nine columns of a player, four of a faction, one row of a tile), which every prune keeps.
SELECT EXISTS (SELECT 1 FROM player_stats_history
               WHERE timestamp < :cutoff AND timestamp >= pruned.before
               LIMIT 1 OFFSET 9 * (SELECT count(*) FROM players))
    OR EXISTS (SELECT 1 FROM faction_history
               WHERE timestamp < :cutoff AND timestamp >= pruned.before
               LIMIT 1 OFFSET 4 * (SELECT count(*) FROM factions))
    OR EXISTS (SELECT 1 FROM territory_ownership_history
               WHERE recorded_at < :cutoff AND recorded_at >= pruned.before
               LIMIT 1 OFFSET (SELECT count(*) FROM territories)) AS overdue
FROM (SELECT coalesce(max(cutoff), 0) AS before FROM prune_runs WHERE finished_at IS NOT NULL) AS pruned
