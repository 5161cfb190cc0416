-- Returns the newest fetch that has compared the clock of this machine with Torn's: one that received an answer of Torn.
--
-- clock_ahead: seconds that the clock of this machine was ahead of Torn's; NULL: the two agreed
-- finished_at: Torn's time, if they did not agree
SELECT finished_at, clock_ahead
FROM fetch_runs
WHERE clock_ahead IS NOT NULL OR entities > 0 OR (status = 'ok' AND requests > 0)
ORDER BY id DESC
LIMIT 1
