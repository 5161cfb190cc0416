-- Forgets the values of the history rows of pruned months that imports have left out. Their number stays.
UPDATE repeated_rows SET row = NULL
WHERE row IS NOT NULL
  AND (history, unixepoch(at, 'unixepoch', 'start of month')) IN (
      SELECT history, period_start FROM month_states WHERE pruned_at IS NOT NULL)
