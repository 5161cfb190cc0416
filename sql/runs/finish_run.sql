-- Records the end of a run.
-- If the clocks of this machine and of Torn differ, either may be the wrong one. The run gets the earlier of the two times, so that
-- it is never in the future.
--
-- :finished_at          unix seconds
-- :torn_at              unix seconds, from Torn; NULL: no answer named its time
-- :clock_ahead          seconds that the clock of this machine is ahead of Torn's; NULL: the clock is right
-- :status               result, as in the table fetch_runs
-- :error                first failure; NULL: none
-- :cause                kind of that failure, as in the table fetch_runs; NULL: none, or not known
-- :requests … :failed   counts, as in the table fetch_runs
UPDATE fetch_runs
SET finished_at = iif(:clock_ahead > 0, :torn_at, :finished_at),
    started_at = iif(:clock_ahead > 0, :torn_at, started_at),
    torn_at = :torn_at,
    clock_ahead = :clock_ahead,
    status = :status,
    error = :error,
    cause = :cause,
    requests = :requests,
    entities = :entities,
    appended = :appended,
    unchanged = :unchanged,
    failed = :failed
WHERE id = :id
