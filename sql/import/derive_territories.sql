-- Derives the present state of tiles from their newest imported history rows, for a source that has no states of tiles.
INSERT INTO temp.imported_territories (
    territory_id, sector, coordinate_x, coordinate_y, faction_id, racket_type, racket_level, war_status, created_at,
    last_updated
)
SELECT
    territory_id, sector, coordinate_x, coordinate_y, faction_id, racket_type, racket_level, war_status, first_at,
    recorded_at
FROM (
    SELECT
        *,
        min(recorded_at) OVER (PARTITION BY territory_id) AS first_at,
        row_number() OVER (PARTITION BY territory_id ORDER BY recorded_at DESC, rowid DESC) AS age
    FROM temp.imported_territory_ownership_history
)
WHERE age = 1
