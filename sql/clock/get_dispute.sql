-- Returns the newest fetch that shows whether the clock of this machine is right.
-- A fetch that received an answer of Torn has compared the two clocks.
--
-- clock_ahead: seconds that the clock of this machine was ahead of Torn's; NULL: the two agreed
-- finished_at: Torn's time, if they did not agree
SELECT finished_at, clock_ahead
FROM fetch_runs
WHERE clock_ahead IS NOT NULL OR entities > 0 OR (status = 'ok' AND requests > 0)
ORDER BY id DESC
LIMIT 1
