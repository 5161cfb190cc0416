-- What Torn says of a player now.
INSERT INTO players (player_id, name, level, rank, faction_id, status_state, status_description,
                     life_current, life_maximum, created_at, last_updated)
VALUES (:player_id, :name, :level, :rank, :faction_id, :status_state, :status_description,
        :life_current, :life_maximum, :now, :now)
ON CONFLICT (player_id) DO UPDATE
SET name = excluded.name, level = excluded.level, rank = coalesce(excluded.rank, rank),
    faction_id = excluded.faction_id,
    status_state = excluded.status_state, status_description = excluded.status_description,
    life_current = coalesce(excluded.life_current, life_current),
    life_maximum = coalesce(excluded.life_maximum, life_maximum),
    is_active = 1, last_updated = excluded.last_updated
