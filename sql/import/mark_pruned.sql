-- Records that the history rows of a month were pruned elsewhere, because only its summary was imported.
-- A month that has a record keeps it, unless its summaries were made from fewer rows than the imported ones.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history                     name of the history table
-- :period_start, :period_end   unix seconds; the month as a half-open interval
-- :is_thin                     1: the imported summaries have replaced those that were computed here
-- :now                         unix seconds
INSERT INTO main.month_states (
    history, period_start, summarized_at, counted_rows, last_id, observed, pruned_at, imported_at
)
VALUES (
    :history, :period_start, :now,
    (SELECT count(*) FROM main.player_stats_history WHERE timestamp >= :period_start AND timestamp < :period_end),
    (SELECT coalesce(max(id), 0) FROM main.player_stats_history),
    0, :now, :now
)
ON CONFLICT (history, period_start) DO UPDATE SET
    summarized_at = excluded.summarized_at,
    counted_rows = excluded.counted_rows,
    last_id = excluded.last_id,
    pruned_at = excluded.pruned_at,
    imported_at = excluded.imported_at
WHERE :is_thin AND pruned_at IS NULL
