-- Clears the daily buckets that were read under a clock that was ahead, so that they are read next.
--
-- :limit     unix seconds; records of this machine dated later were made under a clock that was ahead
-- :horizon   unix seconds; planned times and Torn's timestamps are wrong if they are later
UPDATE player_polls
SET bucket_asked_at = iif(bucket_asked_at > :limit, NULL, bucket_asked_at),
    bucket_at = iif(bucket_at > :horizon, NULL, bucket_at)
WHERE (bucket_asked_at > :limit OR bucket_at > :horizon) AND polled_at <= :limit
