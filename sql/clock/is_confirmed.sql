-- Returns whether the newest fetch that has compared the clock of this machine with Torn's was made between two times, and
-- found that the two agree. A fetch after :now shows that the clock has gone back.
-- A fetch that received an answer of Torn has compared the two clocks.
--
-- :from, :now   unix seconds, both included
SELECT coalesce((
    SELECT clock_ahead IS NULL AND finished_at BETWEEN :from AND :now
    FROM fetch_runs
    WHERE clock_ahead IS NOT NULL OR entities > 0 OR (status = 'ok' AND requests > 0)
    ORDER BY id DESC
    LIMIT 1
), 0) AS is_confirmed
