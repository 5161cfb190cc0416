-- Returns the tile with the most history rows.
SELECT territory_id FROM territory_ownership_history GROUP BY territory_id ORDER BY count(*) DESC, territory_id LIMIT 1
