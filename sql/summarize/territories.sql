-- Writes one month of every tile: its owner when the month began and ended, and how often that changed.
--
-- start: the owner by the last row before the month, else by the first in it. end: by the last row before the month's end.
-- NULL: unowned, which counts as an owner of its own. changes: rows whose owner differs from that of the row before,
-- the one carried into the month included. days: whole days' worth of time in the month, as far as it was observed,
-- during which the owner was the one of the end; 0 when unowned.
-- A tile gets a row when it has detail in the month, or has some from before and was still observed.
-- Rows that are right already are not touched.
--
-- :period_start, :period_end   the month, half-open, unix seconds
-- :created_at                  unix seconds; NULL: now
INSERT INTO territory_ownership_summary (
    territory_id, period_start, period_end, period_type,
    faction_id_start, faction_id_end, ownership_changes, days_owned, record_count, created_at
)
WITH RECURSIVE
-- Every tile with detail, by jumping from one to the next in the index: a tile need not be in the table of tiles.
tiles (territory_id) AS (
    SELECT min(territory_id) FROM territory_ownership_history
    UNION ALL
    SELECT (SELECT min(territory_id) FROM territory_ownership_history WHERE territory_id > tiles.territory_id)
    FROM tiles WHERE territory_id IS NOT NULL
),
followed AS MATERIALIZED (
    SELECT
        tiles.territory_id,
        (SELECT count(*) FROM territory_ownership_history INDEXED BY idx_territory_ownership_territory_time
         WHERE territory_id = tiles.territory_id AND recorded_at >= :period_start AND recorded_at < :period_end
        ) AS record_count,
        (SELECT id FROM territory_ownership_history INDEXED BY idx_territory_ownership_territory_time
         WHERE territory_id = tiles.territory_id AND recorded_at < :period_start
         ORDER BY recorded_at DESC, id DESC LIMIT 1
        ) AS carried_id,
        coalesce(territories.last_updated >= :period_start, 0) AS is_observed
    FROM tiles
    LEFT JOIN territories USING (territory_id)
    WHERE tiles.territory_id IS NOT NULL
),
-- Who held it from when, the carried row from the month's start.
held AS (
    SELECT followed.territory_id, :period_start AS since, 0 AS id, carried.faction_id
    FROM followed JOIN territory_ownership_history AS carried ON carried.id = followed.carried_id
    WHERE followed.record_count > 0 OR followed.is_observed
    UNION ALL
    SELECT followed.territory_id, detail.recorded_at, detail.id, detail.faction_id
    FROM followed
    JOIN territory_ownership_history AS detail INDEXED BY idx_territory_ownership_territory_time
        ON detail.territory_id = followed.territory_id
        AND detail.recorded_at >= :period_start AND detail.recorded_at < :period_end
    WHERE followed.record_count > 0
),
course AS MATERIALIZED (
    SELECT
        territory_id, faction_id,
        lead(since, 1, :period_end) OVER rows_in_order - since AS seconds,
        faction_id IS NOT lag(faction_id, 1, faction_id) OVER rows_in_order AS has_changed,
        first_value(faction_id) OVER whole AS faction_id_start,
        last_value(faction_id) OVER whole AS faction_id_end
    FROM held
    WINDOW
        rows_in_order AS (PARTITION BY territory_id ORDER BY since, id),
        whole AS (PARTITION BY territory_id ORDER BY since, id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
month AS MATERIALIZED (
    SELECT
        territory_id,
        min(faction_id_start) AS faction_id_start, -- the same in all rows of a tile
        min(faction_id_end) AS faction_id_end,
        sum(has_changed) AS ownership_changes,
        coalesce(sum(iif(faction_id = faction_id_end, seconds, 0)), 0) / 86400 AS days_owned
    FROM course
    GROUP BY territory_id
)
SELECT
    territory_id, :period_start, :period_end, 'monthly',
    faction_id_start, faction_id_end, ownership_changes, days_owned, record_count,
    coalesce(:created_at, unixepoch())
FROM month
JOIN followed USING (territory_id)
WHERE NOT EXISTS (
    SELECT 1 FROM territory_ownership_summary AS written
    WHERE written.territory_id = month.territory_id
      AND written.period_start = :period_start AND written.period_end = :period_end AND written.period_type = 'monthly'
      AND (
          written.faction_id_start, written.faction_id_end, written.ownership_changes, written.days_owned,
          written.record_count
      ) IS (
          month.faction_id_start, month.faction_id_end, month.ownership_changes, month.days_owned,
          followed.record_count
      )
)
ORDER BY territory_id
ON CONFLICT (territory_id, period_start, period_end, period_type) DO UPDATE SET
    faction_id_start = excluded.faction_id_start,
    faction_id_end = excluded.faction_id_end,
    ownership_changes = excluded.ownership_changes,
    days_owned = excluded.days_owned,
    record_count = excluded.record_count,
    created_at = excluded.created_at
