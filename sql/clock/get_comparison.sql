-- Returns the newest fetch that has compared the clock of this machine with Torn's: one that received an answer with Torn's time.
--
-- clock_ahead: seconds that the clock of this machine was ahead of Torn's; NULL: the two agreed
SELECT torn_at, clock_ahead
FROM fetch_runs
WHERE torn_at IS NOT NULL
ORDER BY id DESC
LIMIT 1
