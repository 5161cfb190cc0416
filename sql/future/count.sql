-- Counts the rows of the future in each table: the rows to remove, the rows to keep with corrected times, and the oldest
-- and newest of their times.
-- The conditions are those of the other statements in this folder.
--
-- :now       unix seconds
-- :month     first second of the running month
-- :limit     unix seconds; what is later lies in the future
-- :horizon   unix seconds; Torn's own times and planned times are wrong when they are later
SELECT 'player_stats_history' AS table_name,
       count(*) AS removed,
       0 AS mended,
       min(timestamp) AS oldest, max(timestamp) AS newest
FROM player_stats_history
WHERE timestamp > :limit
UNION ALL
SELECT 'faction_history' AS table_name,
       count(*) AS removed,
       0 AS mended,
       min(timestamp) AS oldest, max(timestamp) AS newest
FROM faction_history
WHERE timestamp > :limit
UNION ALL
SELECT 'war_status_history' AS table_name,
       count(*) AS removed,
       0 AS mended,
       min(recorded_at) AS oldest, max(recorded_at) AS newest
FROM war_status_history
WHERE recorded_at > :limit
UNION ALL
SELECT 'territory_ownership_history' AS table_name,
       count(*) AS removed,
       0 AS mended,
       min(recorded_at) AS oldest, max(recorded_at) AS newest
FROM territory_ownership_history
WHERE recorded_at > :limit
UNION ALL
SELECT 'player_observations' AS table_name,
       count(*) FILTER (WHERE first_at > :limit) AS removed,
       count(*) FILTER (WHERE first_at <= :limit) AS mended,
       min(last_at) AS oldest, max(last_at) AS newest
FROM player_observations
WHERE last_at > :limit
UNION ALL
SELECT 'faction_observations' AS table_name,
       count(*) FILTER (WHERE first_at > :limit) AS removed,
       count(*) FILTER (WHERE first_at <= :limit) AS mended,
       min(last_at) AS oldest, max(last_at) AS newest
FROM faction_observations
WHERE last_at > :limit
UNION ALL
SELECT 'territory_observations' AS table_name,
       count(*) FILTER (WHERE first_at > :limit) AS removed,
       count(*) FILTER (WHERE first_at <= :limit) AS mended,
       min(last_at) AS oldest, max(last_at) AS newest
FROM territory_observations
WHERE last_at > :limit
UNION ALL
SELECT 'player_stats_summary' AS table_name,
       count(*) FILTER (WHERE period_end > :limit) AS removed,
       count(*) FILTER (WHERE period_end <= :limit) AS mended,
       min(max(created_at, period_start)) AS oldest, max(max(created_at, period_start)) AS newest
FROM player_stats_summary
WHERE period_end > :limit OR created_at > :limit
UNION ALL
SELECT 'faction_summary' AS table_name,
       count(*) FILTER (WHERE period_end > :limit) AS removed,
       count(*) FILTER (WHERE period_end <= :limit) AS mended,
       min(max(created_at, period_start)) AS oldest, max(max(created_at, period_start)) AS newest
FROM faction_summary
WHERE period_end > :limit OR created_at > :limit
UNION ALL
SELECT 'war_summary' AS table_name,
       count(*) FILTER (WHERE period_end > :limit) AS removed,
       count(*) FILTER (WHERE period_end <= :limit) AS mended,
       min(max(created_at, period_start)) AS oldest, max(max(created_at, period_start)) AS newest
FROM war_summary
WHERE period_end > :limit OR created_at > :limit
UNION ALL
SELECT 'territory_ownership_summary' AS table_name,
       count(*) FILTER (WHERE period_end > :limit) AS removed,
       count(*) FILTER (WHERE period_end <= :limit) AS mended,
       min(max(created_at, period_start)) AS oldest, max(max(created_at, period_start)) AS newest
FROM territory_ownership_summary
WHERE period_end > :limit OR created_at > :limit
UNION ALL
SELECT 'month_states' AS table_name,
       count(*) FILTER (WHERE period_start >= :month) AS removed,
       count(*) FILTER (WHERE period_start < :month) AS mended,
       min(max(coalesce(summarized_at, 0), coalesce(pruned_at, 0), coalesce(purged_at, 0))) AS oldest,
       max(max(coalesce(summarized_at, 0), coalesce(pruned_at, 0), coalesce(purged_at, 0))) AS newest
FROM month_states
WHERE period_start >= :month OR summarized_at > :limit OR pruned_at > :limit OR purged_at > :limit
UNION ALL
SELECT 'backup_folders' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(last_backup_at) AS oldest, max(last_backup_at) AS newest
FROM backup_folders
WHERE last_backup_at > :limit
UNION ALL
SELECT 'fetch_runs' AS table_name,
       count(*) FILTER (WHERE started_at > :limit) AS removed,
       count(*) FILTER (WHERE started_at <= :limit) AS mended,
       min(coalesce(finished_at, started_at)) AS oldest, max(coalesce(finished_at, started_at)) AS newest
FROM fetch_runs
WHERE started_at > :limit OR finished_at > :limit
UNION ALL
SELECT 'rejected_payloads' AS table_name,
       count(*) FILTER (WHERE recorded_at > :limit) AS removed,
       count(*) FILTER (WHERE recorded_at <= :limit) AS mended,
       min(max(recorded_at, last_seen_at)) AS oldest, max(max(recorded_at, last_seen_at)) AS newest
FROM rejected_payloads
WHERE recorded_at > :limit OR last_seen_at > :limit
UNION ALL
SELECT 'prune_runs' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(max(started_at, coalesce(finished_at, 0), cutoff)) AS oldest, max(max(started_at, coalesce(finished_at, 0), cutoff)) AS newest
FROM prune_runs
WHERE started_at > :limit OR finished_at > :limit OR cutoff > :month
UNION ALL
SELECT 'player_polls' AS table_name,
       count(*) FILTER (WHERE polled_at > :limit) AS removed,
       count(*) FILTER (WHERE polled_at <= :limit) AS mended,
       min(max(polled_at, coalesce(bucket_asked_at, 0), coalesce(bucket_at, 0))) AS oldest, max(max(polled_at, coalesce(bucket_asked_at, 0), coalesce(bucket_at, 0))) AS newest
FROM player_polls
WHERE polled_at > :limit OR bucket_asked_at > :limit OR bucket_at > :horizon
UNION ALL
SELECT 'missing_entities' AS table_name,
       count(*) AS removed,
       0 AS mended,
       min(max(first_miss, last_miss)) AS oldest, max(max(first_miss, last_miss)) AS newest
FROM missing_entities
WHERE first_miss > :limit OR last_miss > :limit
UNION ALL
SELECT 'war_follow_ups' AS table_name,
       count(*) FILTER (WHERE first_asked_at > :limit) AS removed,
       count(*) FILTER (WHERE first_asked_at <= :limit) AS mended,
       min(max(first_asked_at, last_asked_at)) AS oldest, max(max(first_asked_at, last_asked_at)) AS newest
FROM war_follow_ups
WHERE first_asked_at > :limit OR last_asked_at > :limit
UNION ALL
SELECT 'faction_war_polls' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(max(coalesce(listed_at, 0), coalesce(history_read_at, 0))) AS oldest, max(max(coalesce(listed_at, 0), coalesce(history_read_at, 0))) AS newest
FROM faction_war_polls
WHERE listed_at > :limit OR history_read_at > :limit
UNION ALL
SELECT 'refreshes' AS table_name,
       count(*) AS removed,
       0 AS mended,
       min(refreshed_at) AS oldest, max(refreshed_at) AS newest
FROM refreshes
WHERE refreshed_at > :limit
UNION ALL
SELECT 'key_checks' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(checked_at) AS oldest, max(checked_at) AS newest
FROM key_checks
WHERE checked_at > :limit
UNION ALL
SELECT 'api_keys' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(max(coalesce(paused_until, 0), coalesce(last_used_at, 0))) AS oldest, max(max(coalesce(paused_until, 0), coalesce(last_used_at, 0))) AS newest
FROM api_keys
WHERE paused_until > :horizon OR last_used_at > :limit
UNION ALL
SELECT 'api_pauses' AS table_name,
       count(*) AS removed,
       0 AS mended,
       min(until) AS oldest, max(until) AS newest
FROM api_pauses
WHERE until > :horizon
UNION ALL
SELECT 'faction_membership' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(max(first_seen_at, coalesce(left_at, 0))) AS oldest, max(max(first_seen_at, coalesce(left_at, 0))) AS newest
FROM faction_membership
WHERE (first_seen_at > :now OR joined_at > :now OR left_at > :now)
  AND player_id IN (SELECT player_id FROM faction_membership
                    WHERE first_seen_at > :limit OR joined_at > :limit OR left_at > :limit)
UNION ALL
SELECT 'players' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(max(created_at, last_updated)) AS oldest, max(max(created_at, last_updated)) AS newest
FROM players
WHERE created_at > :limit OR last_updated > :limit
UNION ALL
SELECT 'factions' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(max(created_at, last_updated)) AS oldest, max(max(created_at, last_updated)) AS newest
FROM factions
WHERE created_at > :limit OR last_updated > :limit
UNION ALL
SELECT 'territories' AS table_name,
       0 AS removed,
       count(*) AS mended,
       min(max(created_at, last_updated)) AS oldest, max(max(created_at, last_updated)) AS newest
FROM territories
WHERE created_at > :limit OR last_updated > :limit
