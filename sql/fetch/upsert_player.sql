-- Saves the profile of a player.
-- If a newer answer is stored, it may have been a roster. Then this statement sets only the columns that a roster does
-- not have, and an unknown level.
--
-- :name … :life_maximum   as in the profile; NULL: unknown, or in no faction
-- :at                     unix seconds; when Torn answered
INSERT INTO players (
    player_id, name, level, rank, faction_id, status_state, status_description,
    life_current, life_maximum, created_at, last_updated
)
VALUES (
    :player_id, :name, :level, :rank, :faction_id, :status_state, :status_description,
    :life_current, :life_maximum, :at, :at
)
ON CONFLICT (player_id) DO UPDATE SET
    name = iif(excluded.last_updated >= last_updated, excluded.name, name),
    level = iif(excluded.last_updated >= last_updated,
                coalesce(excluded.level, level),
                coalesce(level, excluded.level)),
    faction_id = iif(excluded.last_updated >= last_updated, excluded.faction_id, faction_id),
    status_state = iif(excluded.last_updated >= last_updated, excluded.status_state, status_state),
    status_description = iif(excluded.last_updated >= last_updated, excluded.status_description, status_description),
    rank = coalesce(excluded.rank, rank),
    life_current = coalesce(excluded.life_current, life_current),
    life_maximum = coalesce(excluded.life_maximum, life_maximum),
    is_active = 1,
    last_updated = max(last_updated, excluded.last_updated)
