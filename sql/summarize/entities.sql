-- How many rows the summary of a month should have, one line for each history table.
-- The conditions are those of players.sql and its neighbours.
--
-- :period_start, :period_end, :previous_is_pruned   as in players.sql
SELECT
    'player_stats_history' AS history,
    (SELECT count(*) FROM players
     WHERE EXISTS (SELECT 1 FROM player_stats_history AS detail INDEXED BY idx_player_stats_player_time
                   WHERE detail.player_id = players.player_id
                     AND detail.timestamp >= :period_start AND detail.timestamp < :period_end)
        OR (last_updated >= :period_start AND (
            EXISTS (SELECT 1 FROM player_stats_history AS detail INDEXED BY idx_player_stats_player_time
                    WHERE detail.player_id = players.player_id AND detail.timestamp < :period_start)
            OR EXISTS (SELECT 1 FROM player_stats_summary AS previous
                       WHERE previous.player_id = players.player_id AND previous.period_end = :period_start
                         AND previous.period_type = 'monthly' AND :previous_is_pruned)))
    ) AS entities
UNION ALL
SELECT
    'faction_history',
    (SELECT count(*) FROM factions
     WHERE EXISTS (SELECT 1 FROM faction_history AS detail INDEXED BY idx_faction_history_faction_time
                   WHERE detail.faction_id = factions.faction_id
                     AND detail.timestamp >= :period_start AND detail.timestamp < :period_end)
        OR (last_updated >= :period_start AND (
            EXISTS (SELECT 1 FROM faction_history AS detail INDEXED BY idx_faction_history_faction_time
                    WHERE detail.faction_id = factions.faction_id AND detail.timestamp < :period_start)
            OR EXISTS (SELECT 1 FROM faction_summary AS previous
                       WHERE previous.faction_id = factions.faction_id AND previous.period_end = :period_start
                         AND previous.period_type = 'monthly' AND :previous_is_pruned)))
    )
UNION ALL
SELECT
    'war_status_history',
    (SELECT count(*) FROM (
        SELECT DISTINCT war_type, war_id FROM war_status_history INDEXED BY idx_war_status_timestamp
        WHERE recorded_at >= :period_start AND recorded_at < :period_end))
UNION ALL
SELECT
    'territory_ownership_history',
    (WITH RECURSIVE tiles (territory_id) AS (
        SELECT min(territory_id) FROM territory_ownership_history
        UNION ALL
        SELECT (SELECT min(territory_id) FROM territory_ownership_history WHERE territory_id > tiles.territory_id)
        FROM tiles WHERE territory_id IS NOT NULL
     )
     SELECT count(*) FROM tiles LEFT JOIN territories USING (territory_id)
     WHERE EXISTS (SELECT 1 FROM territory_ownership_history AS detail INDEXED BY idx_territory_ownership_territory_time
                   WHERE detail.territory_id = tiles.territory_id
                     AND detail.recorded_at >= :period_start AND detail.recorded_at < :period_end)
        OR (last_updated >= :period_start
            AND EXISTS (SELECT 1 FROM territory_ownership_history AS detail INDEXED BY idx_territory_ownership_territory_time
                        WHERE detail.territory_id = tiles.territory_id AND detail.recorded_at < :period_start)))
