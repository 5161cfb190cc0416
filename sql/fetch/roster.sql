-- Saves the roster lines of a faction. Columns that only a profile fills stay. A line that is older than the stored
-- state of its player changes nothing.
INSERT INTO players (player_id, name, level, faction_id, status_state, status_description, created_at, last_updated)
SELECT value ->> 'id', value ->> 'name', value ->> 'level', :faction_id,
       value ->> 'state', value ->> 'description', :at, :at
FROM json_each(:members)
WHERE true
ON CONFLICT (player_id) DO UPDATE
SET name = excluded.name, level = coalesce(excluded.level, level), faction_id = excluded.faction_id,
    status_state = excluded.status_state, status_description = excluded.status_description,
    is_active = 1, last_updated = excluded.last_updated
WHERE excluded.last_updated >= last_updated
