-- The monthly summary of each faction, computed from the merged history, with the columns and values of `tornsnap
-- summarize`.
--
-- start: last known value before the month, or the first in it. end: last known value before the end of the month. NULL: not
-- known. A faction gets a summary if there are history rows in the month, or older ones and an observation in the month.
-- Only months that are over at lake_settings.now have one.
-- If the lake lacks rows of the month, the summary is that of `tornsnap`: see faction_stored.sql.
WITH
dated AS (
    SELECT h.*, date_trunc('month', h.timestamp) AS period_start
    FROM lake_faction_changes AS h
),
in_month AS (
    SELECT
        faction_id, period_start, count(*) AS record_count,
        min_by(respect, CASE WHEN respect IS NOT NULL THEN place END) AS first_respect,
        max_by(respect, CASE WHEN respect IS NOT NULL THEN place END) AS last_respect,
        min_by(member_count, CASE WHEN member_count IS NOT NULL THEN place END) AS first_member_count,
        max_by(member_count, CASE WHEN member_count IS NOT NULL THEN place END) AS last_member_count,
        min_by(best_chain, CASE WHEN best_chain IS NOT NULL THEN place END) AS first_best_chain,
        max_by(best_chain, CASE WHEN best_chain IS NOT NULL THEN place END) AS last_best_chain
    FROM dated
    GROUP BY faction_id, period_start
),
-- The months in which the faction was only observed have no values of their own.
months AS (
    SELECT faction_id, period_start FROM in_month
    UNION
    SELECT faction_id, period_start FROM faction_observations
),
chained AS (
    SELECT
        m.faction_id, m.period_start, coalesce(r.record_count, 0) AS record_count,
        sum(coalesce(r.record_count, 0)) OVER (PARTITION BY m.faction_id ORDER BY m.period_start) AS rows_so_far,
        r.first_respect, r.last_respect,
        r.first_member_count, r.last_member_count,
        r.first_best_chain, r.last_best_chain
    FROM months AS m
    LEFT JOIN in_month AS r ON r.faction_id = m.faction_id AND r.period_start = m.period_start
),
before_month AS (
    SELECT
        *,
        max_by(last_respect, CASE WHEN last_respect IS NOT NULL THEN period_start END) OVER earlier AS before_respect,
        max_by(last_member_count, CASE WHEN last_member_count IS NOT NULL THEN period_start END) OVER earlier
            AS before_member_count,
        max_by(last_best_chain, CASE WHEN last_best_chain IS NOT NULL THEN period_start END) OVER earlier
            AS before_best_chain
    FROM chained
    WINDOW earlier AS (PARTITION BY faction_id ORDER BY period_start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
known AS (
    SELECT
        faction_id, period_start, record_count,
        coalesce(before_respect, first_respect) AS respect_start,
        coalesce(last_respect, before_respect) AS respect_end,
        coalesce(before_member_count, first_member_count) AS member_count_start,
        coalesce(last_member_count, before_member_count) AS member_count_end,
        coalesce(before_best_chain, first_best_chain) AS best_chain_start,
        coalesce(last_best_chain, before_best_chain) AS best_chain_end
    FROM before_month
    WHERE rows_so_far > 0
)
SELECT
    faction_id,
    period_start,
    period_start + INTERVAL '1' MONTH AS period_end,
    'monthly' AS period_type,
    respect_start,
    respect_end,
    respect_end - respect_start AS respect_change,
    member_count_start,
    member_count_end,
    member_count_end - member_count_start AS member_count_change,
    best_chain_start,
    best_chain_end,
    best_chain_end - best_chain_start AS best_chain_change,
    record_count
FROM known
WHERE period_start + INTERVAL '1' MONTH <= (SELECT max(now) FROM lake_settings)
  AND NOT EXISTS (
      SELECT 1 FROM lake_faction_stored AS s WHERE s.faction_id = known.faction_id AND s.period_start = known.period_start)
UNION ALL
SELECT
    faction_id, period_start, period_end, period_type, respect_start, respect_end, respect_change, member_count_start,
    member_count_end, member_count_change, best_chain_start, best_chain_end, best_chain_change, record_count
FROM lake_faction_stored
WHERE period_end <= (SELECT max(now) FROM lake_settings)
