-- How many tiles did each faction hold, gain and lose in each month that is over? start + gained - lost = end.
-- A tile that is lost and won back counts in both. A tile that is first observed in the month counts as held at its start:
-- when the lists of tiles were read, which the program's view of this name asks, is not in a lake.
WITH
steps AS (
    SELECT territory_id, date_trunc('month', recorded_at) AS period_start, coalesce(faction_id, 0) AS owner,
        lag(coalesce(faction_id, 0)) OVER (PARTITION BY territory_id ORDER BY place) AS owner_before
    FROM lake_ownership_changes
),
counted AS (
    SELECT period_start, faction_id_start AS faction_id, 1 AS tiles_start, 0 AS tiles_end, 0 AS gained, 0 AS lost, 0 AS days
    FROM lake_territory_ownership_summary
    UNION ALL
    SELECT period_start, faction_id_end, 0, 1, 0, 0, days_owned
    FROM lake_territory_ownership_summary
    UNION ALL
    SELECT period_start, owner, 0, 0, 1, 0, 0 FROM steps WHERE owner_before <> owner
    UNION ALL
    SELECT period_start, owner_before, 0, 0, 0, 1, 0 FROM steps WHERE owner_before <> owner
)
SELECT
    substr(CAST(c.period_start AS VARCHAR(40)), 1, 7) AS month,
    c.faction_id,
    max(f.name) AS name,
    CAST(sum(c.tiles_start) AS BIGINT) AS tiles_start, -- at the start of the month, or when first observed in it
    CAST(sum(c.tiles_end) AS BIGINT) AS tiles_end,
    CAST(sum(c.gained) AS BIGINT) AS gained,
    CAST(sum(c.lost) AS BIGINT) AS lost,
    CAST(sum(c.days) AS BIGINT) AS tile_days,     -- whole days, of the tiles held at the end of the month
    c.period_start
FROM counted AS c
LEFT JOIN lake_faction_names AS f ON f.faction_id = c.faction_id
WHERE c.faction_id > 0 AND c.period_start + INTERVAL '1' MONTH <= (SELECT max(now) FROM lake_settings)
GROUP BY c.period_start, c.faction_id
