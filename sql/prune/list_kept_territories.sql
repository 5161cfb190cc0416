-- Lists the tile history rows that a prune keeps although they are older than the cut-off.
--
-- They are the newest row of each tile before the cut-off, and two rows each for the current owner and the current
-- racket: the last row with another value, and the first row after it with the current value. They show how long the
-- tile has had this owner and this racket. Without the row with another value, an earlier period of the same owner
-- would seem to be part of the current period.
-- The conditions must match those of the views territory_latest and rackets.
--
-- :cutoff   unix seconds; only older rows are listed
WITH RECURSIVE
history AS NOT MATERIALIZED (
    SELECT * FROM territory_ownership_history INDEXED BY idx_territory_ownership_territory_time
),
-- All tiles with history rows, including those without a row in territories. Each step is one search in the index.
tiles (territory_id) AS (
    SELECT min(territory_id) FROM territory_ownership_history
    UNION ALL
    SELECT (SELECT min(territory_id) FROM territory_ownership_history WHERE territory_id > tiles.territory_id)
    FROM tiles WHERE territory_id IS NOT NULL
),
-- The last row with another owner than the current one, and the last row with another racket.
ended AS MATERIALIZED (
    SELECT
        t.territory_id,
        t.faction_id,
        t.racket_type,
        t.racket_level,
        (SELECT id FROM history AS h
         WHERE h.territory_id = t.territory_id AND h.faction_id IS NOT t.faction_id
         ORDER BY h.recorded_at DESC, h.id DESC LIMIT 1) AS owner_id,
        (SELECT id FROM history AS h
         WHERE h.territory_id = t.territory_id AND t.racket_type IS NOT NULL
           AND (h.racket_type IS NOT t.racket_type OR h.racket_level IS NOT t.racket_level)
         ORDER BY h.recorded_at DESC, h.id DESC LIMIT 1) AS racket_id
    FROM territories AS t
),
ids (id) AS (
    SELECT (
        SELECT id FROM history AS h
        WHERE h.territory_id = tiles.territory_id AND h.recorded_at < :cutoff
        ORDER BY h.recorded_at DESC, h.id DESC LIMIT 1)
    FROM tiles
    UNION
    SELECT owner_id FROM ended
    UNION
    SELECT (
        SELECT id FROM history AS h
        WHERE h.territory_id = ended.territory_id AND h.faction_id IS ended.faction_id
          AND h.recorded_at >= coalesce((SELECT recorded_at FROM territory_ownership_history WHERE id = owner_id), 0)
        ORDER BY h.recorded_at, h.id LIMIT 1)
    FROM ended
    UNION
    SELECT racket_id FROM ended
    UNION
    SELECT (
        SELECT id FROM history AS h
        WHERE h.territory_id = ended.territory_id
          AND h.racket_type IS ended.racket_type AND h.racket_level IS ended.racket_level
          AND h.recorded_at >= coalesce((SELECT recorded_at FROM territory_ownership_history WHERE id = racket_id), 0)
        ORDER BY h.recorded_at, h.id LIMIT 1)
    FROM ended WHERE ended.racket_type IS NOT NULL
)
SELECT kept.id, kept.recorded_at AS moment
FROM ids
CROSS JOIN territory_ownership_history AS kept ON kept.id = ids.id
WHERE kept.recorded_at < :cutoff
ORDER BY moment, kept.id
