-- Copies the players to the attached archive, because its history rows refer to them.
-- A row that is newer in the archive is left alone.
INSERT INTO archive.players (
    player_id, name, level, rank, faction_id, status_state, status_description, life_current, life_maximum,
    is_active, created_at, last_updated
)
SELECT
    player_id, name, level, rank, faction_id, status_state, status_description, life_current, life_maximum,
    is_active, created_at, last_updated
FROM main.players
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (player_id) DO UPDATE SET
    name = excluded.name,
    level = excluded.level,
    rank = excluded.rank,
    faction_id = excluded.faction_id,
    status_state = excluded.status_state,
    status_description = excluded.status_description,
    life_current = excluded.life_current,
    life_maximum = excluded.life_maximum,
    is_active = excluded.is_active,
    created_at = min(players.created_at, excluded.created_at),
    last_updated = excluded.last_updated
WHERE excluded.last_updated >= players.last_updated
