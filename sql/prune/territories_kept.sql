-- The rows from before the cut-off that stay: the newest of each tile.
-- The next month's start, and the question whether a value has changed, need them.
--
-- :cutoff   unix seconds
WITH RECURSIVE tiles (territory_id) AS (
    SELECT min(territory_id) FROM territory_ownership_history
    UNION ALL
    SELECT (SELECT min(territory_id) FROM territory_ownership_history WHERE territory_id > tiles.territory_id)
    FROM tiles WHERE territory_id IS NOT NULL
)
SELECT newest.id, newest.recorded_at AS moment
FROM tiles
JOIN territory_ownership_history AS newest ON newest.id = (
    SELECT id FROM territory_ownership_history INDEXED BY idx_territory_ownership_territory_time
    WHERE territory_id = tiles.territory_id AND recorded_at < :cutoff
    ORDER BY recorded_at DESC, id DESC LIMIT 1
)
ORDER BY moment, id
