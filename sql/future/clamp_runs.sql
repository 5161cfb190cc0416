-- Sets the end of fetch runs to now, if it is later and their start is not.
--
-- :now     unix seconds
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE fetch_runs SET finished_at = max(started_at, :now) WHERE finished_at > :limit AND started_at <= :limit
