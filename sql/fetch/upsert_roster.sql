-- Saves the members on a faction's roster.
-- Columns that only a profile has keep their values. A player about whom a newer answer is stored is left alone.
--
-- :members   JSON list of objects with id, name, level, state and description
-- :at        unix seconds; when Torn answered
INSERT INTO players (player_id, name, level, faction_id, status_state, status_description, created_at, last_updated)
SELECT
    value ->> 'id',
    value ->> 'name',
    value ->> 'level',
    :faction_id,
    value ->> 'state',
    value ->> 'description',
    :at,
    :at
FROM json_each(:members)
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (player_id) DO UPDATE SET
    name = excluded.name,
    level = coalesce(excluded.level, level),
    faction_id = excluded.faction_id,
    status_state = excluded.status_state,
    status_description = excluded.status_description,
    is_active = 1,
    last_updated = excluded.last_updated
WHERE excluded.last_updated >= last_updated
