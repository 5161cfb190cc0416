-- How many wars did each faction fight and win in each month that is over?
-- won + lost + cancelled + no_known_winner + not_ended = wars.
--
-- A war that has ended counts once as ended, in the month in which it ended, also if the collector was off then: the month of
-- ends_at or, without it, of the first row with its last status. In earlier months with history rows, it was not ended.
WITH
placed AS (
    SELECT
        *,
        date_trunc('month', recorded_at) AS period_start,
        row_number() OVER (PARTITION BY war_type, war_id ORDER BY place DESC) AS from_end,
        row_number() OVER (
            PARTITION BY war_type, war_id, date_trunc('month', recorded_at) ORDER BY place DESC) AS from_end_of_month,
        min(recorded_at) OVER (PARTITION BY war_type, war_id, status) AS first_at
    FROM lake_war_changes
),
dated AS (
    SELECT
        *,
        max(CASE WHEN from_end = 1 AND status IN ('completed', 'cancelled')
            THEN date_trunc('month', coalesce(ends_at, first_at)) END) OVER (PARTITION BY war_type, war_id) AS end_month
    FROM placed
),
wars AS (
    SELECT
        war_type, winner_faction_id, attacking_faction_id, defending_faction_id, attacking_score, defending_score,
        CASE WHEN from_end = 1 AND end_month IS NOT NULL THEN end_month ELSE period_start END AS period_start,
        CASE WHEN from_end = 1 AND end_month IS NOT NULL THEN status ELSE 'not ended' END AS status
    FROM dated
    WHERE (from_end = 1 AND end_month IS NOT NULL)
        OR (from_end_of_month = 1 AND (end_month IS NULL OR period_start < end_month))
),
sides AS (
    SELECT
        w.period_start, w.war_type, w.status, w.winner_faction_id,
        CASE WHEN s.side = 1 THEN w.attacking_faction_id ELSE w.defending_faction_id END AS faction_id,
        CASE WHEN w.status = 'not ended' THEN NULL WHEN s.side = 1 THEN w.attacking_score ELSE w.defending_score END
            AS score
    FROM wars AS w
    CROSS JOIN (SELECT 1 AS side UNION ALL SELECT 2) AS s
    WHERE s.side = 1 OR w.attacking_faction_id IS DISTINCT FROM w.defending_faction_id
)
SELECT
    substr(CAST(s.period_start AS VARCHAR(40)), 1, 7) AS month,
    s.faction_id,
    max(f.name) AS name,
    s.war_type,
    count(*) AS wars,                             -- that ended in the month, or have history rows in it
    CAST(sum(CASE WHEN s.status = 'completed' AND s.winner_faction_id = s.faction_id THEN 1 ELSE 0 END) AS BIGINT) AS won,
    CAST(sum(CASE WHEN s.status = 'completed' AND s.winner_faction_id <> s.faction_id THEN 1 ELSE 0 END) AS BIGINT) AS lost,
    CAST(sum(CASE WHEN s.status = 'cancelled' THEN 1 ELSE 0 END) AS BIGINT) AS cancelled, -- a truce, for example
    CAST(sum(CASE WHEN s.status = 'completed' AND s.winner_faction_id IS NULL THEN 1 ELSE 0 END) AS BIGINT)
        AS no_known_winner,                       -- completed
    CAST(sum(CASE WHEN s.status = 'not ended' THEN 1 ELSE 0 END) AS BIGINT) AS not_ended, -- at the end of the month
    CAST(sum(s.score) AS BIGINT) AS score,        -- points in the wars that ended in the month; NULL: not known
    s.period_start
FROM sides AS s
LEFT JOIN lake_faction_names AS f ON f.faction_id = s.faction_id
WHERE s.faction_id IS NOT NULL AND s.period_start + INTERVAL '1' MONTH <= (SELECT max(now) FROM lake_settings)
GROUP BY s.period_start, s.faction_id, s.war_type
