-- Appends a history row for each tile whose owner, racket or war differs from its newest row, or that has no row yet.
-- A racket or a war that is unknown in this answer is not a change. The new row then repeats the last known one.
--
-- :tiles         JSON list of objects with id, owner, racket_known, racket_type, racket_level and war
-- :every_poll    1: append a row at each poll, changed or not
-- :data_source   name of the key
-- :at            unix seconds; when Torn answered
INSERT INTO territory_ownership_history (
    territory_id, faction_id, sector, coordinate_x, coordinate_y,
    racket_level, racket_type, war_status, recorded_at, data_source
)
SELECT
    seen.territory_id,
    seen.faction_id,
    tile.sector,
    tile.coordinate_x,
    tile.coordinate_y,
    iif(seen.racket_known,
        -- The level of another racket says nothing about this one.
        coalesce(seen.racket_level, iif(newest.racket_type = seen.racket_type, newest.racket_level, NULL)),
        newest.racket_level),
    iif(seen.racket_known, seen.racket_type, newest.racket_type),
    coalesce(seen.war_status, newest.war_status),
    :at,
    :data_source
FROM (
    SELECT
        value ->> 'id' AS territory_id,
        value ->> 'owner' AS faction_id,
        value ->> 'racket_known' AS racket_known,
        value ->> 'racket_level' AS racket_level,
        value ->> 'racket_type' AS racket_type,
        value ->> 'war' AS war_status
    FROM json_each(:tiles)
) AS seen
LEFT JOIN territories AS tile ON tile.territory_id = seen.territory_id
LEFT JOIN territory_ownership_history AS newest ON newest.id = (
    SELECT id FROM territory_ownership_history
    WHERE territory_id = seen.territory_id AND recorded_at <= :at
    ORDER BY recorded_at DESC, id DESC LIMIT 1
)
WHERE :every_poll
   OR newest.id IS NULL
   OR newest.faction_id IS NOT seen.faction_id
   OR (seen.racket_known AND (newest.racket_type IS NOT seen.racket_type
                              OR (seen.racket_level IS NOT NULL AND newest.racket_level IS NOT seen.racket_level)))
   OR (seen.war_status IS NOT NULL AND newest.war_status IS NOT seen.war_status)
