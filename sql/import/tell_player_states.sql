-- Collects the values of the imported states of players, and when they were last told.
-- A source that does not say when has told the known values of a state when it updated the state.
INSERT INTO temp.told_players (
    player_id,
    strength_at, defense_at, speed_at, dexterity_at, total_stats_at, level_at, life_maximum_at, networth_at, level,
    life_maximum
)
SELECT
    state.player_id,
    max(times.strength_at),
    max(times.defense_at),
    max(times.speed_at),
    max(times.dexterity_at),
    max(times.total_stats_at),
    max(coalesce(times.level_at, iif(state.level IS NOT NULL, nullif(state.last_updated, 0), NULL))),
    max(coalesce(times.life_maximum_at, iif(state.life_maximum IS NOT NULL, nullif(state.last_updated, 0), NULL))),
    max(times.networth_at),
    (SELECT level FROM temp.imported_players AS newest
        WHERE newest.player_id = state.player_id AND level IS NOT NULL
        ORDER BY last_updated DESC, level DESC LIMIT 1),
    (SELECT life_maximum FROM temp.imported_players AS newest
        WHERE newest.player_id = state.player_id AND life_maximum IS NOT NULL
        ORDER BY last_updated DESC, life_maximum DESC LIMIT 1)
FROM temp.imported_players AS state
LEFT JOIN temp.imported_player_times AS times ON times.player_id = state.player_id
GROUP BY state.player_id
