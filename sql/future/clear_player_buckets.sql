-- Clears bucket_asked_at if it is after :limit, and bucket_at if it is after :horizon, so that the next fetch asks for
-- the daily bucket.
-- remove_player_polls.sql deletes the rows whose polled_at is after :limit.
--
-- :limit     unix seconds; later records were made while the clock was ahead
-- :horizon   unix seconds; later pauses and later timestamps from Torn are wrong
UPDATE player_polls
SET bucket_asked_at = iif(bucket_asked_at > :limit, NULL, bucket_asked_at),
    bucket_at = iif(bucket_at > :horizon, NULL, bucket_at)
WHERE (bucket_asked_at > :limit OR bucket_at > :horizon) AND polled_at <= :limit
