-- Facts that distinguish a clock that was ahead before from a clock that is behind now.
--
-- named_by_torn is the latest time that Torn itself has named: the day of a daily value or the end of a war. Such times do
-- not come from the clock of this machine, so a right clock is never behind them. newest_before, oldest_after and days_after
-- tell how the records of this machine lie around its clock: a clock that is behind has them without a gap.
--
-- :limit   unix seconds; what is later lies in the future
WITH tables (newest_before, oldest_after) AS (
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
ahead (moment) AS (
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
SELECT (SELECT count(*) FROM player_stats_history) + (SELECT count(*) FROM faction_history)
           + (SELECT count(*) FROM war_status_history)
           + (SELECT count(*) FROM territory_ownership_history) AS history_rows,
       (SELECT sum(deleted) FROM prune_runs WHERE started_at > :limit) AS pruned_rows,
       (SELECT max(moment)
        FROM (SELECT max(bucket_at) AS moment FROM player_polls
              UNION ALL
              SELECT max(ends_at) FROM war_status_history WHERE status = 'completed')) AS named_by_torn,
       (SELECT max(newest_before) FROM tables) AS newest_before,
       (SELECT min(oldest_after) FROM tables) AS oldest_after,
       (SELECT count(DISTINCT moment / 86400) FROM ahead) AS days_after
