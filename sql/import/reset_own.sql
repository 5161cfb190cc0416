-- Sets the numbers of rows to 0 in the summaries computed here that imported ones replace. So each of these has the higher rank.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
UPDATE main.player_stats_summary AS summary
SET record_count = 0
FROM temp.own_rows AS own
WHERE own.entity = CAST(player_id AS TEXT) AND own.period_start = summary.period_start
  AND +summary.period_type = 'monthly'
