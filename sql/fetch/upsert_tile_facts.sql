-- Saves the rarely changing facts of tiles, such as the sector.
-- The last_updated of a new tile is 0, because its owner was not observed.
--
-- :facts   JSON list of objects with id, sector, size, density, slots, respect, x and y
-- :at      unix seconds; when Torn answered
INSERT INTO territories (
    territory_id, sector, size, density, slots, respect, coordinate_x, coordinate_y, created_at, last_updated
)
SELECT
    value ->> 'id',
    value ->> 'sector',
    value ->> 'size',
    value ->> 'density',
    value ->> 'slots',
    value ->> 'respect',
    value ->> 'x',
    value ->> 'y',
    :at,
    0
FROM json_each(:facts)
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (territory_id) DO UPDATE SET
    sector = coalesce(excluded.sector, sector),
    size = coalesce(excluded.size, size),
    density = coalesce(excluded.density, density),
    slots = coalesce(excluded.slots, slots),
    respect = coalesce(excluded.respect, respect),
    coordinate_x = coalesce(excluded.coordinate_x, coordinate_x),
    coordinate_y = coalesce(excluded.coordinate_y, coordinate_y)
