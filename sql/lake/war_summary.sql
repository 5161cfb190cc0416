-- The monthly summary of each war, computed from the merged history, with the columns and values of `tornsnap summarize`.
--
-- Sides and scores are those of the last row of the month. The winner is set only if that row is 'completed'.
-- duration_seconds: from the start of the war to its end, or to the last row if it has not ended. It is never negative,
-- although a war may be recorded before it starts. war_id is unique only together with war_type.
-- Only months that are over at lake_settings.now have one.
-- If the lake lacks rows of the month, the summary is that of `tornsnap`: see war_stored.sql.
WITH
placed AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY war_type, war_id, period_start ORDER BY place DESC) AS place_from_end,
        count(*) OVER (PARTITION BY war_type, war_id, period_start) AS record_count
    FROM (SELECT h.*, date_trunc('month', h.recorded_at) AS period_start FROM lake_war_changes AS h) AS h
),
newest AS (
    SELECT
        *,
        CASE WHEN status IN ('completed', 'cancelled') THEN coalesce(ends_at, recorded_at) ELSE recorded_at END - started_at
            AS duration
    FROM placed
    WHERE place_from_end = 1
)
SELECT
    war_id,
    war_type,
    territory_id,
    period_start,
    period_start + INTERVAL '1' MONTH AS period_end,
    'monthly' AS period_type,
    attacking_faction_id,
    defending_faction_id,
    attacking_score AS final_attacking_score,
    defending_score AS final_defending_score,
    CASE WHEN status = 'completed' THEN winner_faction_id END AS winner_faction_id,
    CAST(CASE
        WHEN duration IS NULL THEN NULL
        WHEN EXTRACT(DAY FROM duration) * 86400 + EXTRACT(HOUR FROM duration) * 3600 + EXTRACT(MINUTE FROM duration) * 60
            + EXTRACT(SECOND FROM duration) < 0 THEN 0
        ELSE EXTRACT(DAY FROM duration) * 86400 + EXTRACT(HOUR FROM duration) * 3600 + EXTRACT(MINUTE FROM duration) * 60
            + EXTRACT(SECOND FROM duration) END AS BIGINT) AS duration_seconds,
    record_count
FROM newest
WHERE period_start + INTERVAL '1' MONTH <= (SELECT max(now) FROM lake_settings)
  AND NOT EXISTS (
      SELECT 1 FROM lake_war_stored AS s
      WHERE s.war_type = newest.war_type AND s.war_id = newest.war_id AND s.period_start = newest.period_start)
UNION ALL
SELECT
    war_id, war_type, territory_id, period_start, period_end, period_type, attacking_faction_id, defending_faction_id,
    final_attacking_score, final_defending_score, winner_faction_id, duration_seconds, record_count
FROM lake_war_stored
WHERE period_end <= (SELECT max(now) FROM lake_settings)
