-- The monthly summary of each tile, computed from the merged history, with the columns and values of `tornsnap summarize`.
--
-- faction_id_start: owner in the last row before the month, or in the first row of the month. faction_id_end: owner in the
-- last row before the end of the month. NULL: unowned, which counts as an owner of its own; the steps below have 0 for it.
-- ownership_changes: rows of the month whose owner differs from that of the previous row, in or before the month.
-- days_owned: whole days of the month for which the owner at the end held the tile, as far as observed; 0 if unowned. A tile
-- gets a summary if there are history rows in the month, or older ones and an observation in the month. Only months that are
-- over at lake_settings.now have one.
-- If the lake lacks rows of the month, the summary is that of `tornsnap`: see territory_stored.sql.
WITH
steps AS (
    SELECT
        territory_id, recorded_at, date_trunc('month', recorded_at) AS period_start,
        coalesce(faction_id, 0) AS owner,
        place,
        lag(recorded_at) OVER in_order AS previous_at,
        lag(coalesce(faction_id, 0)) OVER in_order AS previous_owner
    FROM lake_ownership_changes
    WINDOW in_order AS (PARTITION BY territory_id ORDER BY place)
),
in_month AS (
    SELECT
        territory_id, period_start, count(*) AS record_count,
        min_by(coalesce(previous_owner, owner), place) AS owner_start,
        max_by(owner, place) AS owner_end,
        max(recorded_at) AS last_at,
        CAST(sum(CASE WHEN previous_owner <> owner THEN 1 ELSE 0 END) AS BIGINT) AS ownership_changes
    FROM steps
    GROUP BY territory_id, period_start
),
-- Until the last row of the month.
held AS (
    SELECT
        m.territory_id, m.period_start,
        sum(EXTRACT(DAY FROM span) * 86400 + EXTRACT(HOUR FROM span) * 3600 + EXTRACT(MINUTE FROM span) * 60
            + EXTRACT(SECOND FROM span)) AS seconds
    FROM (
        SELECT
            territory_id, period_start, previous_owner,
            recorded_at - CASE WHEN previous_at < period_start THEN period_start ELSE previous_at END AS span
        FROM steps
        WHERE previous_at IS NOT NULL
    ) AS s
    JOIN in_month AS m ON m.territory_id = s.territory_id AND m.period_start = s.period_start
        AND m.owner_end = s.previous_owner
    GROUP BY m.territory_id, m.period_start
),
-- The months in which the tile was only observed have no rows of their own.
months AS (
    SELECT territory_id, period_start FROM in_month
    UNION
    SELECT territory_id, period_start FROM territory_observations
),
chained AS (
    SELECT
        m.territory_id, m.period_start, r.record_count, r.ownership_changes, r.owner_start, r.owner_end, r.last_at,
        h.seconds,
        max_by(r.owner_end, CASE WHEN r.owner_end IS NOT NULL THEN m.period_start END) OVER (
            PARTITION BY m.territory_id ORDER BY m.period_start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            AS owner_before
    FROM months AS m
    LEFT JOIN in_month AS r ON r.territory_id = m.territory_id AND r.period_start = m.period_start
    LEFT JOIN held AS h ON h.territory_id = m.territory_id AND h.period_start = m.period_start
),
closed AS (
    SELECT
        territory_id, period_start, period_start + INTERVAL '1' MONTH AS period_end,
        coalesce(owner_start, owner_before) AS owner_start,
        coalesce(owner_end, owner_before) AS owner_end,
        coalesce(ownership_changes, 0) AS ownership_changes,
        coalesce(record_count, 0) AS record_count,
        coalesce(seconds, 0) AS seconds,
        period_start + INTERVAL '1' MONTH - coalesce(last_at, period_start) AS rest
    FROM chained
    WHERE coalesce(owner_end, owner_before) IS NOT NULL
)
SELECT
    territory_id,
    period_start,
    period_end,
    'monthly' AS period_type,
    nullif(owner_start, 0) AS faction_id_start,
    nullif(owner_end, 0) AS faction_id_end,
    ownership_changes,
    CAST(CASE WHEN owner_end = 0 THEN 0 ELSE floor((
        seconds + EXTRACT(DAY FROM rest) * 86400 + EXTRACT(HOUR FROM rest) * 3600 + EXTRACT(MINUTE FROM rest) * 60
            + EXTRACT(SECOND FROM rest)) / 86400) END AS BIGINT) AS days_owned,
    record_count
FROM closed
WHERE period_end <= (SELECT max(now) FROM lake_settings)
  AND NOT EXISTS (
      SELECT 1 FROM lake_territory_stored AS s
      WHERE s.territory_id = closed.territory_id AND s.period_start = closed.period_start)
UNION ALL
SELECT
    territory_id, period_start, period_end, period_type, faction_id_start, faction_id_end, ownership_changes,
    days_owned, record_count
FROM lake_territory_stored
WHERE period_end <= (SELECT max(now) FROM lake_settings)
