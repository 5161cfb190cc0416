-- Saves the owners and wars of the tiles in an answer, and the rackets of new tiles.
-- set_rackets.sql updates the rackets of tiles that are stored already. A tile about which a newer answer is stored is
-- left alone.
--
-- :tiles   JSON list of objects with id, owner, racket_known, racket_type, racket_level and war
-- :at      unix seconds; when Torn answered
INSERT INTO territories (territory_id, faction_id, racket_type, racket_level, war_status, created_at, last_updated)
SELECT
    value ->> 'id',
    value ->> 'owner',
    value ->> 'racket_type',
    value ->> 'racket_level',
    value ->> 'war',
    :at,
    :at
FROM json_each(:tiles)
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (territory_id) DO UPDATE SET
    faction_id = excluded.faction_id,
    war_status = coalesce(excluded.war_status, war_status),
    last_updated = excluded.last_updated
WHERE excluded.last_updated >= last_updated
