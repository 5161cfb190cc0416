-- Finds what the history rows here tell of the wars of this import: their number, the score of the last one, and the duration as
-- in summarize/wars.sql. They are counted in each month of which a summary is imported or stored.
-- The rows of a month that is pruned here are gone: imported_wars has what they have told. If no summary of the war was imported,
-- the stored one tells it. Rows that imports have left out or removed, because they repeat known values, are known, too.
-- The + keeps SQLite from reading all summaries for each war, through the index on period_type.
INSERT INTO temp.own_rows (entity, period_start, rows, known, score, duration)
WITH
months AS (
    SELECT war_type, war_id, period_start FROM temp.imported_war_summary
    UNION
    SELECT stored.war_type, stored.war_id, stored.period_start
    FROM temp.wars_of_import AS war
    CROSS JOIN main.war_summary AS stored ON stored.war_type = war.war_type AND stored.war_id = war.war_id
    WHERE +stored.period_type = 'monthly'
),
present AS (
    SELECT
        months.war_type, months.war_id, months.period_start, count(*) OVER one_month AS rows,
        row_number() OVER (one_month ORDER BY own.recorded_at DESC, own.id DESC) AS place,
        coalesce(own.attacking_score, 0) + coalesce(own.defending_score, 0) AS score,
        iif(own.status IN ('completed', 'cancelled'), coalesce(own.ends_at, own.recorded_at), own.recorded_at)
            - own.started_at AS duration
    FROM months
    CROSS JOIN main.war_status_history AS own ON own.war_type = months.war_type AND own.war_id = months.war_id
        AND own.recorded_at >= months.period_start
        AND own.recorded_at < unixepoch(months.period_start, 'unixepoch', '+1 month')
    WHERE months.period_start NOT IN (SELECT period_start FROM temp.pruned_months)
    WINDOW one_month AS (PARTITION BY months.war_type, months.war_id, months.period_start)
),
own (entity, period_start, rows, score, duration) AS (
    SELECT
        war_type || ' ' || war_id, period_start, rows, score, CASE typeof(duration) WHEN 'integer' THEN max(0, duration) END
    FROM present
    WHERE place = 1
    UNION ALL
    SELECT
        months.war_type || ' ' || months.war_id, months.period_start,
        iif(known.war_id IS NULL, stored.record_count, known.own_rows),
        iif(known.war_id IS NULL,
            coalesce(stored.final_attacking_score, 0) + coalesce(stored.final_defending_score, 0), known.own_score),
        iif(known.war_id IS NULL, stored.duration_seconds, known.own_duration)
    FROM months
    LEFT JOIN main.imported_wars AS known ON known.war_type = months.war_type AND known.war_id = months.war_id
        AND known.period_start = months.period_start
    LEFT JOIN main.war_summary AS stored ON stored.war_type = months.war_type AND stored.war_id = months.war_id
        AND stored.period_start = months.period_start AND +stored.period_type = 'monthly'
    WHERE months.period_start IN (SELECT period_start FROM temp.pruned_months)
      AND (known.own_rows IS NOT NULL OR known.war_id IS NULL AND stored.war_id IS NOT NULL)
)
SELECT
    entity, period_start, rows,
    rows + coalesce((
        SELECT sum(repeated.rows) FROM main.repeated_rows AS repeated
        WHERE repeated.history = 'war_status_history' AND repeated.entity = own.entity
          AND repeated.at >= own.period_start
          AND repeated.at < unixepoch(own.period_start, 'unixepoch', '+1 month')), 0),
    score, duration
FROM own
