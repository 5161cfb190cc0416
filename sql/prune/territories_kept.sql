-- The rows from before the cut-off that stay: of each tile the newest, and those that say since when its present owner
-- and its present racket are there. The latter are the first row of the run, and the last row before it: without that one
-- an older run of the same owner would seem to be part of it. The conditions are those of territory_latest and rackets.
--
-- :cutoff   unix seconds
WITH RECURSIVE tiles (territory_id) AS (
    SELECT min(territory_id) FROM territory_ownership_history
    UNION ALL
    SELECT (SELECT min(territory_id) FROM territory_ownership_history WHERE territory_id > tiles.territory_id)
    FROM tiles WHERE territory_id IS NOT NULL
),
ended AS MATERIALIZED ( -- the last rows with another owner, and with another racket
    SELECT
        t.territory_id, t.faction_id, t.racket_type, t.racket_level,
        (SELECT id FROM territory_ownership_history AS h INDEXED BY idx_territory_ownership_territory_time
         WHERE h.territory_id = t.territory_id AND h.faction_id IS NOT t.faction_id
         ORDER BY h.recorded_at DESC, h.id DESC LIMIT 1) AS owner_id,
        (SELECT id FROM territory_ownership_history AS h INDEXED BY idx_territory_ownership_territory_time
         WHERE h.territory_id = t.territory_id AND t.racket_type IS NOT NULL
           AND (h.racket_type IS NOT t.racket_type OR h.racket_level IS NOT t.racket_level)
         ORDER BY h.recorded_at DESC, h.id DESC LIMIT 1) AS racket_id
    FROM territories AS t
),
ids (id) AS (
    SELECT (
        SELECT id FROM territory_ownership_history AS h INDEXED BY idx_territory_ownership_territory_time
        WHERE h.territory_id = tiles.territory_id AND h.recorded_at < :cutoff
        ORDER BY h.recorded_at DESC, h.id DESC LIMIT 1)
    FROM tiles
    UNION
    SELECT owner_id FROM ended
    UNION
    SELECT (
        SELECT id FROM territory_ownership_history AS h INDEXED BY idx_territory_ownership_territory_time
        WHERE h.territory_id = ended.territory_id AND h.faction_id IS ended.faction_id
          AND h.recorded_at >= coalesce((SELECT recorded_at FROM territory_ownership_history WHERE id = owner_id), 0)
        ORDER BY h.recorded_at, h.id LIMIT 1)
    FROM ended
    UNION
    SELECT racket_id FROM ended
    UNION
    SELECT (
        SELECT id FROM territory_ownership_history AS h INDEXED BY idx_territory_ownership_territory_time
        WHERE h.territory_id = ended.territory_id
          AND h.racket_type IS ended.racket_type AND h.racket_level IS ended.racket_level
          AND h.recorded_at >= coalesce((SELECT recorded_at FROM territory_ownership_history WHERE id = racket_id), 0)
        ORDER BY h.recorded_at, h.id LIMIT 1)
    FROM ended WHERE ended.racket_type IS NOT NULL
)
SELECT stays.id, stays.recorded_at AS moment
FROM ids
CROSS JOIN territory_ownership_history AS stays ON stays.id = ids.id
WHERE stays.recorded_at < :cutoff
ORDER BY moment, stays.id
