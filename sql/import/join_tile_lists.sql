-- Joins the imported periods of lists of tiles with the stored ones, as record_tile_list.sql would have recorded all of the
-- lists: a period goes on if the next list was read within it, or at most :max_gap seconds after it while the faction was
-- followed. A period is over if no collector that has read its last lists follows the faction any more.
INSERT INTO temp.joined_tile_lists (faction_id, first_at, last_at, is_over)
WITH
lists AS MATERIALIZED (
    SELECT faction_id, first_at, last_at, is_over FROM main.faction_tile_polls
    WHERE faction_id IN (SELECT faction_id FROM temp.imported_tile_lists)
    UNION                                         -- without repeated ones
    SELECT faction_id, first_at, last_at, is_over FROM temp.imported_tile_lists
),
numbered AS (
    SELECT *, sum(NOT goes_on) OVER (PARTITION BY faction_id ORDER BY first_at, last_at, is_over) AS period
    FROM (
        SELECT *, EXISTS (
            SELECT 1 FROM lists AS earlier
            WHERE earlier.faction_id = lists.faction_id
              AND (earlier.first_at, earlier.last_at, earlier.is_over) < (lists.first_at, lists.last_at, lists.is_over)
              AND earlier.last_at >= lists.first_at - iif(earlier.is_over, 0, :max_gap)
        ) AS goes_on
        FROM lists)
)
SELECT faction_id, min(first_at), max(last_at), min(iif(last_at >= newest_at - :max_gap, is_over, 1))
FROM (SELECT *, max(last_at) OVER (PARTITION BY faction_id, period) AS newest_at FROM numbered)
GROUP BY faction_id, period
