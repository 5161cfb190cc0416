-- Updates the rackets of the tiles in an answer, if the answer has racket data.
-- It runs after upsert_tiles.sql, which inserts new tiles. A tile about which a newer answer is stored is left alone.
--
-- :tiles   JSON list of objects with id, owner, racket_known, racket_type, racket_level and war
-- :at      unix seconds; when Torn answered
UPDATE territories
SET racket_level = coalesce(
        seen.racket_level,
        -- The level of another racket says nothing about this one.
        iif(territories.racket_type = seen.racket_type, territories.racket_level, NULL)),
    racket_type = seen.racket_type
FROM (
    SELECT
        value ->> 'id' AS territory_id,
        value ->> 'racket_type' AS racket_type,
        value ->> 'racket_level' AS racket_level
    FROM json_each(:tiles)
    WHERE value ->> 'racket_known'
) AS seen
WHERE territories.territory_id = seen.territory_id
  AND territories.last_updated <= :at
  AND (territories.racket_type IS NOT seen.racket_type
       OR (seen.racket_level IS NOT NULL AND territories.racket_level IS NOT seen.racket_level))
