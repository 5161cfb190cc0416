-- Forgets when daily values were asked for in the future, so that they are asked for next.
--
-- :limit     unix seconds; what is later lies in the future
-- :horizon   unix seconds; Torn's own times and planned times are wrong when they are later
UPDATE player_polls
SET bucket_asked_at = iif(bucket_asked_at > :limit, NULL, bucket_asked_at),
    bucket_at = iif(bucket_at > :horizon, NULL, bucket_at)
WHERE (bucket_asked_at > :limit OR bucket_at > :horizon) AND polled_at <= :limit
