-- Returns whether a fetch between two times found that the clock of this machine agrees with Torn's.
-- A fetch that received an answer of Torn has compared the two clocks.
--
-- :from, :now   unix seconds, both included
SELECT EXISTS (
    SELECT 1 FROM fetch_runs
    WHERE clock_ahead IS NULL AND (entities > 0 OR (status = 'ok' AND requests > 0))
      AND finished_at BETWEEN :from AND :now
) AS is_confirmed
