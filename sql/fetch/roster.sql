-- What a roster says of its members, new ones included. A profile says more: what it alone knows stays.
INSERT INTO players (player_id, name, level, faction_id, status_state, status_description, created_at, last_updated)
SELECT value ->> 'id', value ->> 'name', value ->> 'level', :faction_id,
       value ->> 'state', value ->> 'description', :now, :now
FROM json_each(:members)
WHERE true
ON CONFLICT (player_id) DO UPDATE
SET name = excluded.name, level = excluded.level, faction_id = excluded.faction_id,
    status_state = excluded.status_state, status_description = excluded.status_description,
    is_active = 1, last_updated = excluded.last_updated
