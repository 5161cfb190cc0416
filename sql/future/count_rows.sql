-- Counts the rows in each table that were recorded while the clock was ahead.
--
-- removed: rows that `prune --future` deletes. mended: rows that it keeps with corrected timestamps. oldest, newest:
-- range of the wrong timestamps.
-- The conditions must match those of the clamp_*, clear_*, remove_* and reset_* statements in this folder. Each branch
-- aggregates its own table: one GROUP BY over all branches would sort every row if the clock is behind.
--
-- :now       unix seconds
-- :month     unix seconds; start of the current month
-- :limit     unix seconds; later records were made while the clock was ahead
-- :horizon   unix seconds; later pauses and later timestamps from Torn are wrong
WITH ahead (table_name, rows, removed, oldest, newest) AS (
    SELECT 'player_stats_history', count(*), count(*), min(timestamp), max(timestamp)
    FROM player_stats_history WHERE timestamp > :limit
    UNION ALL
    SELECT 'faction_history', count(*), count(*), min(timestamp), max(timestamp)
    FROM faction_history WHERE timestamp > :limit
    UNION ALL
    SELECT 'war_status_history', count(*), count(*), min(recorded_at), max(recorded_at)
    FROM war_status_history WHERE recorded_at > :limit
    UNION ALL
    SELECT 'territory_ownership_history', count(*), count(*), min(recorded_at), max(recorded_at)
    FROM territory_ownership_history WHERE recorded_at > :limit
    UNION ALL
    SELECT 'player_observations', count(*), sum(first_at > :limit), min(last_at), max(last_at)
    FROM player_observations WHERE last_at > :limit
    UNION ALL
    SELECT 'faction_observations', count(*), sum(first_at > :limit), min(last_at), max(last_at)
    FROM faction_observations WHERE last_at > :limit
    UNION ALL
    SELECT 'territory_observations', count(*), sum(first_at > :limit), min(last_at), max(last_at)
    FROM territory_observations WHERE last_at > :limit
    UNION ALL
    SELECT 'player_stats_summary', count(*), sum(period_end > :limit),
           min(max(created_at, period_start)),
           max(max(created_at, period_start))
    FROM player_stats_summary WHERE period_end > :limit OR created_at > :limit
    UNION ALL
    SELECT 'faction_summary', count(*), sum(period_end > :limit),
           min(max(created_at, period_start)),
           max(max(created_at, period_start))
    FROM faction_summary WHERE period_end > :limit OR created_at > :limit
    UNION ALL
    SELECT 'war_summary', count(*), sum(period_end > :limit),
           min(max(created_at, period_start)),
           max(max(created_at, period_start))
    FROM war_summary WHERE period_end > :limit OR created_at > :limit
    UNION ALL
    SELECT 'territory_ownership_summary', count(*), sum(period_end > :limit),
           min(max(created_at, period_start)),
           max(max(created_at, period_start))
    FROM territory_ownership_summary WHERE period_end > :limit OR created_at > :limit
    UNION ALL
    SELECT 'month_states', count(*),
           sum(period_start > :month
               OR (period_start = :month AND NOT coalesce(pruned_at > :limit AND purged_at IS NULL, 0)
                   AND reopened_at IS NULL)),
           min(max(coalesce(summarized_at, 0), coalesce(pruned_at, 0), coalesce(purged_at, 0))),
           max(max(coalesce(summarized_at, 0), coalesce(pruned_at, 0), coalesce(purged_at, 0)))
    FROM month_states
    WHERE period_start > :month OR (period_start = :month AND reopened_at IS NULL)
       OR summarized_at > :limit OR pruned_at > :limit OR purged_at > :limit
    UNION ALL
    SELECT 'imported_summaries', count(*), count(*), min(period_start), max(period_start)
    FROM imported_summaries WHERE period_start >= :month
    UNION ALL
    SELECT 'imported_wars', count(*), count(*), min(period_start), max(period_start)
    FROM imported_wars WHERE period_start >= :month
    UNION ALL
    SELECT 'repeated_rows', count(*), count(*), min(at), max(at)
    FROM repeated_rows WHERE at > :limit
    UNION ALL
    SELECT 'backup_folders', count(*), 0, min(last_backup_at), max(last_backup_at)
    FROM backup_folders WHERE last_backup_at > :limit
    UNION ALL
    SELECT 'fetch_runs', count(*), sum(started_at > :limit),
           min(coalesce(finished_at, started_at)),
           max(coalesce(finished_at, started_at))
    FROM fetch_runs WHERE started_at > :limit OR finished_at > :limit
    UNION ALL
    SELECT 'rejected_payloads', count(*), sum(recorded_at > :limit),
           min(max(recorded_at, last_seen_at)),
           max(max(recorded_at, last_seen_at))
    FROM rejected_payloads WHERE recorded_at > :limit OR last_seen_at > :limit
    UNION ALL
    SELECT 'prune_runs', count(*), 0,
           min(max(started_at, coalesce(finished_at, 0), cutoff)),
           max(max(started_at, coalesce(finished_at, 0), cutoff))
    FROM prune_runs WHERE started_at > :limit OR finished_at > :limit OR cutoff > :month
    UNION ALL
    SELECT 'player_polls', count(*), sum(polled_at > :limit),
           min(max(polled_at, coalesce(bucket_asked_at, 0), coalesce(bucket_at, 0))),
           max(max(polled_at, coalesce(bucket_asked_at, 0), coalesce(bucket_at, 0)))
    FROM player_polls WHERE polled_at > :limit OR bucket_asked_at > :limit OR bucket_at > :horizon
    UNION ALL
    SELECT 'player_value_times', count(*), 0, min(newest_at), max(newest_at)
    FROM (SELECT max(
               coalesce(strength_at, 0), coalesce(defense_at, 0), coalesce(speed_at, 0), coalesce(dexterity_at, 0),
               coalesce(total_stats_at, 0), coalesce(level_at, 0), coalesce(life_maximum_at, 0), coalesce(networth_at, 0)
               ) AS newest_at
        FROM player_value_times)
    WHERE newest_at > :limit
    UNION ALL
    SELECT 'faction_value_times', count(*), 0, min(newest_at), max(newest_at)
    FROM (SELECT max(
               coalesce(respect_at, 0), coalesce(member_count_at, 0), coalesce(best_chain_at, 0)) AS newest_at
        FROM faction_value_times)
    WHERE newest_at > :limit
    UNION ALL
    SELECT 'missing_entities', count(*), count(*), min(max(first_miss, last_miss)), max(max(first_miss, last_miss))
    FROM missing_entities WHERE first_miss > :limit OR last_miss > :limit
    UNION ALL
    SELECT 'war_follow_ups', count(*), sum(first_asked_at > :limit),
           min(max(first_asked_at, last_asked_at)),
           max(max(first_asked_at, last_asked_at))
    FROM war_follow_ups WHERE first_asked_at > :limit OR last_asked_at > :limit
    UNION ALL
    SELECT 'faction_war_polls', count(*), 0,
           min(max(coalesce(listed_at, 0), coalesce(history_read_at, 0))),
           max(max(coalesce(listed_at, 0), coalesce(history_read_at, 0)))
    FROM faction_war_polls WHERE listed_at > :limit OR history_read_at > :limit
    UNION ALL
    SELECT 'faction_tile_polls', count(*), sum(first_at > :limit), min(last_at), max(last_at)
    FROM faction_tile_polls WHERE first_at > :limit OR last_at > :limit
    UNION ALL
    SELECT 'refreshes', count(*), count(*), min(refreshed_at), max(refreshed_at)
    FROM refreshes WHERE refreshed_at > :limit
    UNION ALL
    SELECT 'key_checks', count(*), 0, min(checked_at), max(checked_at)
    FROM key_checks WHERE checked_at > :limit
    UNION ALL
    SELECT 'api_keys', count(*), 0,
           min(max(coalesce(paused_until, 0), coalesce(last_used_at, 0))),
           max(max(coalesce(paused_until, 0), coalesce(last_used_at, 0)))
    FROM api_keys WHERE paused_until > :horizon OR last_used_at > :limit
    UNION ALL
    SELECT 'api_pauses', count(*), count(*), min(until), max(until)
    FROM api_pauses WHERE until > :horizon
    UNION ALL
    SELECT 'faction_membership', count(*), 0,
           min(max(first_seen_at, coalesce(left_at, 0))),
           max(max(first_seen_at, coalesce(left_at, 0)))
    FROM faction_membership
    WHERE (first_seen_at > :now OR joined_at > :now OR left_at > :now)
      AND player_id IN (SELECT player_id FROM faction_membership
                        WHERE first_seen_at > :limit OR joined_at > :limit OR left_at > :limit)
    UNION ALL
    SELECT 'membership_sightings', count(*), count(*), min(at), max(at) FROM membership_sightings WHERE at > :limit
    UNION ALL
    SELECT 'players', count(*), 0, min(max(created_at, last_updated)), max(max(created_at, last_updated))
    FROM players WHERE created_at > :limit OR last_updated > :limit
    UNION ALL
    SELECT 'factions', count(*), 0, min(max(created_at, last_updated)), max(max(created_at, last_updated))
    FROM factions WHERE created_at > :limit OR last_updated > :limit
    UNION ALL
    SELECT 'territories', count(*), 0, min(max(created_at, last_updated)), max(max(created_at, last_updated))
    FROM territories WHERE created_at > :limit OR last_updated > :limit
)
SELECT table_name, removed, rows - removed AS mended, oldest, newest
FROM ahead
WHERE rows > 0
