-- Merges the imported tiles with the stored ones. The newer owner, racket and war count, of the same second those that come later
-- in the order of the history rows of one second; facts are filled in.
--
-- created_at and last_updated of an imported tile are 0 if they are not known.
--
-- :now   unix seconds
INSERT INTO main.territories (
    territory_id, sector, size, density, slots, respect, coordinate_x, coordinate_y, faction_id, racket_type,
    racket_level, war_status, created_at, last_updated
)
SELECT
    territory_id, sector, size, density, slots, respect, coordinate_x, coordinate_y, faction_id, racket_type,
    racket_level, war_status, coalesce(nullif(created_at, 0), nullif(last_updated, 0), :now), last_updated
FROM temp.imported_territories
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ORDER BY last_updated
ON CONFLICT (territory_id) DO UPDATE SET
    sector = coalesce(sector, excluded.sector),
    size = coalesce(size, excluded.size),
    density = coalesce(density, excluded.density),
    slots = coalesce(slots, excluded.slots),
    respect = coalesce(respect, excluded.respect),
    coordinate_x = coalesce(coordinate_x, excluded.coordinate_x),
    coordinate_y = coalesce(coordinate_y, excluded.coordinate_y),
    (faction_id, racket_type, racket_level, war_status) = (
        SELECT later.faction_id, later.racket_type, later.racket_level,
            coalesce(later.war_status, territories.war_status, excluded.war_status)
        FROM (
            SELECT excluded.last_updated AS at, excluded.faction_id, excluded.racket_level, excluded.racket_type,
                excluded.war_status
            UNION ALL
            SELECT territories.last_updated, territories.faction_id, territories.racket_level, territories.racket_type,
                territories.war_status
        ) AS later
        ORDER BY at DESC, faction_id DESC, racket_level DESC, racket_type DESC, war_status DESC
        LIMIT 1
    ),
    created_at = min(created_at, excluded.created_at),
    last_updated = max(last_updated, excluded.last_updated)
