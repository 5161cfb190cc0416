-- Writes the summary of one month for each tile.
--
-- faction_id_start: owner in the last row before the month, or in the first row of the month. faction_id_end: owner in
-- the last row before the end of the month. NULL: unowned, which counts as an owner of its own.
-- ownership_changes: rows of the month whose owner differs from that of the previous row, in or before the month.
-- days_owned: whole days of the month for which the owner at the end held the tile, as far as observed; 0 if unowned.
-- A tile gets a summary if there are history rows in the month, or older ones and an observation in the month.
-- If history rows were pruned, the owner from before the month comes from the summaries of the pruned months. Only rows
-- that an import has taken of pruned months are newer than the last of these summaries.
-- The + keeps SQLite from reading all summaries for each tile, through the index on period_type.
-- Summaries that are already correct are not written again. A summary that was imported is only replaced by one of at least
-- as many history rows; a row that an import has left out, because it repeats known values, counts, too, here and in its source.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
-- :lost_before                 unix seconds; history rows of earlier months were pruned; NULL: none were
-- :allows_loss                 1: also replace a summary that was made from more than twice as many history rows
-- :created_at                  unix seconds; NULL: now
INSERT INTO territory_ownership_summary (
    territory_id, period_start, period_end, period_type,
    faction_id_start, faction_id_end, ownership_changes, days_owned, record_count, created_at
)
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
-- The row or the summary with the owner of each tile before the month, and the first and last row of the month.
found AS MATERIALIZED (
    SELECT
        territory_id,
        (SELECT id FROM history
         WHERE territory_id = tiles.territory_id AND recorded_at >= :period_start AND recorded_at < :period_end
         ORDER BY recorded_at, id LIMIT 1) AS first_id,
        (SELECT id FROM history
         WHERE territory_id = tiles.territory_id AND recorded_at >= :period_start AND recorded_at < :period_end
         ORDER BY recorded_at DESC, id DESC LIMIT 1) AS last_id,
        (SELECT id FROM history
         WHERE territory_id = tiles.territory_id
           -- From when on rows precede summaries. An imported row of a pruned month is not late (see import/count_held.sql).
           AND recorded_at >= coalesce((
               SELECT min(taken.recorded_at)
               FROM history AS taken
               JOIN month_states AS month ON month.history = 'territory_ownership_history'
                   AND month.period_start = unixepoch(taken.recorded_at, 'unixepoch', 'start of month')
               WHERE taken.territory_id = tiles.territory_id AND taken.id <= month.last_id
                 AND taken.recorded_at < :lost_before AND taken.recorded_at >= (
                     SELECT period_end FROM territory_ownership_summary
                     WHERE territory_id = tiles.territory_id AND +period_type = 'monthly' AND period_end <= :lost_before
                     ORDER BY period_start DESC LIMIT 1)
           ), :lost_before, -1e18)
           AND recorded_at < :period_start
         ORDER BY recorded_at DESC, id DESC LIMIT 1) AS carried_id,
        (SELECT id FROM territory_ownership_summary
         WHERE territory_id = tiles.territory_id AND +period_type = 'monthly' AND period_end <= :lost_before
         ORDER BY period_start DESC LIMIT 1) AS summary_id,
        (SELECT id FROM history
         WHERE territory_id = tiles.territory_id AND recorded_at < :lost_before
         ORDER BY recorded_at DESC, id DESC LIMIT 1) AS older_id
    FROM tiles
    WHERE first_id IS NOT NULL OR (
        EXISTS (SELECT 1 FROM territory_observations
                WHERE territory_id = tiles.territory_id AND period_start = :period_start)
        AND EXISTS (SELECT 1 FROM history WHERE territory_id = tiles.territory_id AND recorded_at < :period_start))
),
owners AS MATERIALIZED (
    SELECT
        found.territory_id,
        is_carried,
        last_row.recorded_at AS last_at,          -- NULL: no row in the month
        iif(is_carried, carried_faction_id, first_row.faction_id) AS faction_id_start,
        iif(last_id IS NULL, carried_faction_id, last_row.faction_id) AS faction_id_end
    FROM (
        SELECT
            found.*,
            coalesce(carried_id, summary_id, older_id) IS NOT NULL AS is_carried,
            CASE
                WHEN carried_id IS NOT NULL THEN carried.faction_id
                WHEN summary_id IS NOT NULL THEN summary.faction_id_end
                ELSE older.faction_id END AS carried_faction_id
        FROM found
        LEFT JOIN territory_ownership_history AS carried ON carried.id = found.carried_id
        LEFT JOIN territory_ownership_summary AS summary ON summary.id = found.summary_id
        LEFT JOIN territory_ownership_history AS older ON older.id = found.older_id
    ) AS found
    LEFT JOIN territory_ownership_history AS first_row ON first_row.id = found.first_id
    LEFT JOIN territory_ownership_history AS last_row ON last_row.id = found.last_id
),
-- Each row of the month with the row before it of the same tile, in the order of the index.
steps AS (
    SELECT
        territory_id, recorded_at, faction_id,
        lag(recorded_at) OVER rows_in_order AS previous_at,
        lag(faction_id) OVER rows_in_order AS previous_faction_id
    FROM history
    WHERE recorded_at >= :period_start AND recorded_at < :period_end
    WINDOW rows_in_order AS (PARTITION BY territory_id ORDER BY recorded_at, id)
),
counted AS MATERIALIZED (
    SELECT
        territory_id,
        count(*) AS record_count,
        sum(faction_id IS NOT iif(previous_at IS NULL, faction_id_start, previous_faction_id)) AS ownership_changes,
        sum(iif(
            iif(previous_at IS NULL, faction_id_start, previous_faction_id) = faction_id_end,
            recorded_at - coalesce(previous_at, iif(is_carried, :period_start, recorded_at)), 0
        )) AS seconds_owned                       -- until the last row of the month
    FROM steps JOIN owners USING (territory_id)
    GROUP BY territory_id
),
month AS MATERIALIZED (
    SELECT
        owners.territory_id, faction_id_start, faction_id_end,
        coalesce(record_count, 0) AS record_count,
        coalesce(ownership_changes, 0) AS ownership_changes,
        iif(faction_id_end IS NULL, 0,
            coalesce(seconds_owned, 0) + :period_end - coalesce(last_at, :period_start)) / 86400 AS days_owned
    FROM owners LEFT JOIN counted USING (territory_id)
)
SELECT
    territory_id, :period_start, :period_end, 'monthly',
    faction_id_start, faction_id_end, ownership_changes, days_owned, record_count,
    coalesce(:created_at, unixepoch())
FROM month
WHERE NOT EXISTS (
    SELECT 1 FROM territory_ownership_summary AS written
    WHERE written.territory_id = month.territory_id
      AND written.period_start = :period_start AND written.period_end = :period_end AND written.period_type = 'monthly'
      AND (
          written.faction_id_start, written.faction_id_end, written.ownership_changes, written.days_owned,
          written.record_count
      ) IS (
          month.faction_id_start, month.faction_id_end, month.ownership_changes, month.days_owned,
          month.record_count
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
WHERE coalesce(
    (SELECT coalesce(excluded.record_count + coalesce((
         SELECT sum(rows) FROM repeated_rows
         WHERE history = 'territory_ownership_history' AND entity = excluded.territory_id
           AND at >= excluded.period_start AND at < excluded.period_end), 0) >= territory_ownership_summary.record_count + mark.left_out, 0)
     FROM imported_summaries AS mark
     WHERE mark.history = 'territory_ownership_history' AND mark.period_start = excluded.period_start
       AND mark.entity = excluded.territory_id),
    coalesce(:allows_loss, 0) OR excluded.record_count * 2 >= territory_ownership_summary.record_count
)
