-- What never changes about tiles. last_updated 0: their owner was never observed.
INSERT INTO territories (territory_id, sector, size, density, slots, respect, coordinate_x, coordinate_y,
                         created_at, last_updated)
SELECT value ->> 'id', value ->> 'sector', value ->> 'size', value ->> 'density', value ->> 'slots',
       value ->> 'respect', value ->> 'x', value ->> 'y', :now, 0
FROM json_each(:facts)
WHERE true
ON CONFLICT (territory_id) DO UPDATE
SET sector = excluded.sector, size = excluded.size, density = excluded.density, slots = excluded.slots,
    respect = excluded.respect, coordinate_x = excluded.coordinate_x, coordinate_y = excluded.coordinate_y
