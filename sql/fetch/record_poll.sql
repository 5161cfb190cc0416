-- Records that Torn answered about a player, and the newest daily bucket in the answer.
-- A daily bucket is never replaced by an older one, unless it is dated more than a day ahead: then it was recorded
-- while the clock was wrong.
--
-- :at             unix seconds; when Torn answered
-- :asked_bucket   1: the answer has personalstats
-- :bucket_at      unix seconds; Torn's timestamp of the daily bucket; NULL: none
INSERT INTO player_polls (player_id, polled_at, bucket_asked_at, bucket_at)
VALUES (:player_id, :at, iif(:asked_bucket, :at, NULL), :bucket_at)
ON CONFLICT (player_id) DO UPDATE SET
    polled_at = excluded.polled_at,
    bucket_asked_at = coalesce(excluded.bucket_asked_at, bucket_asked_at),
    bucket_at = iif(bucket_at > :at + 86400,
                    excluded.bucket_at,
                    coalesce(max(excluded.bucket_at, bucket_at), excluded.bucket_at, bucket_at))
