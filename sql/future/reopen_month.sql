-- Opens a month again that a prune closed while the clock was ahead: the prune was too early, so the rows that it deleted may be
-- imported from a backup. The running month counts as not summarized.
-- Rows that are imported get higher ids than reopened_last_id. So a later prune finds those that the archive has already.
--
-- :history         name of the history table
-- :period_start    unix seconds; start of the month
-- :expected_rows   history rows up to :now, with those that the prune deleted
-- :now             unix seconds
-- :month           unix seconds; start of the current month
UPDATE month_states
SET reopened_at = :now,
    expected_rows = :expected_rows,
    reopened_last_id = coalesce((SELECT seq FROM sqlite_sequence WHERE name = :history), 0),
    pruned_at = NULL,
    summarized_at = iif(period_start >= :month, NULL, min(summarized_at, :now))
WHERE history = :history AND period_start = :period_start
