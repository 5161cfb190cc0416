-- Returns facts that show whether the clock was ahead earlier or is behind now.
--
-- named_by_torn: latest timestamp that Torn itself has sent: a daily bucket or the end of a war. It does not depend on
-- the clock of this machine, so a right clock is never behind it.
-- newest_before, oldest_after, days_after: newest record up to :limit, oldest record after it, and number of UTC days
-- with records after it. If the clock is behind, the records continue across :limit without a gap.
-- history_rows: all history rows. pruned_rows: history rows that were deleted while the clock was ahead.
-- The five tables are listed twice, because min() and max() over a UNION of them would not use their indexes.
--
-- :limit   unix seconds; later records were made while the clock was ahead
WITH bounds (newest_before, oldest_after) AS (
    SELECT (SELECT max(timestamp) FROM player_stats_history WHERE timestamp <= :limit),
           (SELECT min(timestamp) FROM player_stats_history WHERE timestamp > :limit)
    UNION ALL
    SELECT (SELECT max(timestamp) FROM faction_history WHERE timestamp <= :limit),
           (SELECT min(timestamp) FROM faction_history WHERE timestamp > :limit)
    UNION ALL
    SELECT (SELECT max(recorded_at) FROM war_status_history WHERE recorded_at <= :limit),
           (SELECT min(recorded_at) FROM war_status_history WHERE recorded_at > :limit)
    UNION ALL
    SELECT (SELECT max(recorded_at) FROM territory_ownership_history WHERE recorded_at <= :limit),
           (SELECT min(recorded_at) FROM territory_ownership_history WHERE recorded_at > :limit)
    UNION ALL
    SELECT (SELECT max(started_at) FROM fetch_runs WHERE started_at <= :limit),
           (SELECT min(started_at) FROM fetch_runs WHERE started_at > :limit)
),
ahead (timestamp) AS (
    SELECT timestamp FROM player_stats_history WHERE timestamp > :limit
    UNION ALL
    SELECT timestamp FROM faction_history WHERE timestamp > :limit
    UNION ALL
    SELECT recorded_at FROM war_status_history WHERE recorded_at > :limit
    UNION ALL
    SELECT recorded_at FROM territory_ownership_history WHERE recorded_at > :limit
    UNION ALL
    SELECT started_at FROM fetch_runs WHERE started_at > :limit
)
SELECT
    (SELECT count(*) FROM player_stats_history)
        + (SELECT count(*) FROM faction_history)
        + (SELECT count(*) FROM war_status_history)
        + (SELECT count(*) FROM territory_ownership_history) AS history_rows,
    (SELECT sum(deleted) FROM prune_runs WHERE started_at > :limit) AS pruned_rows,
    (SELECT max(sent_at)
     FROM (SELECT max(bucket_at) AS sent_at FROM player_polls
           UNION ALL
           SELECT max(ends_at) FROM war_status_history WHERE status = 'completed')) AS named_by_torn,
    (SELECT max(newest_before) FROM bounds) AS newest_before,
    (SELECT min(oldest_after) FROM bounds) AS oldest_after,
    (SELECT count(DISTINCT timestamp / 86400) FROM ahead) AS days_after
