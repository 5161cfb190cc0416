-- Forgets the values of the history rows of pruned months that imports have left out. Their number stays: count_repeated.sql.
DELETE FROM repeated_rows
WHERE row <> ''
  AND (history, unixepoch(at, 'unixepoch', 'start of month')) IN (
      SELECT history, period_start FROM month_states WHERE pruned_at IS NOT NULL)
