-- The owners of the tiles seen, their rackets and wars. An answer that is older than the stored one changes nothing.
INSERT INTO territories (territory_id, faction_id, racket_type, racket_level, war_status, created_at, last_updated)
SELECT value ->> 'id', value ->> 'owner', value ->> 'racket_type', value ->> 'racket_level', value ->> 'war', :at, :at
FROM json_each(:tiles)
WHERE true
ON CONFLICT (territory_id) DO UPDATE
SET faction_id = excluded.faction_id, war_status = coalesce(excluded.war_status, war_status),
    last_updated = excluded.last_updated
WHERE excluded.last_updated >= last_updated
