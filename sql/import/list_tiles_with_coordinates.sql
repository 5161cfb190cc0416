-- Lists the known tiles whose place on the map is known.
SELECT territory_id, coordinate_x, coordinate_y
FROM main.territories
WHERE coordinate_x IS NOT NULL AND coordinate_y IS NOT NULL
