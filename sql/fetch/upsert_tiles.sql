-- Who holds the tiles seen, and how they stand.
INSERT INTO territories (territory_id, faction_id, racket_type, racket_level, war_status, created_at, last_updated)
SELECT value ->> 'id', value ->> 'owner', value ->> 'racket_type', value ->> 'racket_level', value ->> 'war', :now, :now
FROM json_each(:tiles)
WHERE true
ON CONFLICT (territory_id) DO UPDATE
SET faction_id = excluded.faction_id,
    racket_type = iif(:racket_known, excluded.racket_type, racket_type),
    racket_level = iif(:racket_known, excluded.racket_level, racket_level),
    war_status = coalesce(excluded.war_status, war_status),
    last_updated = excluded.last_updated
