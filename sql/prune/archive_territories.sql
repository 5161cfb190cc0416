-- Copies the tiles to the attached archive, because its views read them.
-- A row that is newer in the archive is left alone.
INSERT INTO archive.territories (
    territory_id, sector, size, density, slots, respect, coordinate_x, coordinate_y, faction_id, racket_type,
    racket_level, war_status, created_at, last_updated
)
SELECT
    territory_id, sector, size, density, slots, respect, coordinate_x, coordinate_y, faction_id, racket_type,
    racket_level, war_status, created_at, last_updated
FROM main.territories
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (territory_id) DO UPDATE SET
    sector = excluded.sector,
    size = excluded.size,
    density = excluded.density,
    slots = excluded.slots,
    respect = excluded.respect,
    coordinate_x = excluded.coordinate_x,
    coordinate_y = excluded.coordinate_y,
    faction_id = excluded.faction_id,
    racket_type = excluded.racket_type,
    racket_level = excluded.racket_level,
    war_status = excluded.war_status,
    created_at = min(territories.created_at, excluded.created_at),
    last_updated = excluded.last_updated
WHERE excluded.last_updated >= territories.last_updated
