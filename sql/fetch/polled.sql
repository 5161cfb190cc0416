-- The player was asked about. With personalstats, the newest daily bucket is remembered; it never goes back, unless a
-- clock that was ahead has written it.
INSERT INTO player_polls (player_id, polled_at, bucket_asked_at, bucket_at)
VALUES (:player_id, :at, iif(:asked_bucket, :at, NULL), :bucket_at)
ON CONFLICT (player_id) DO UPDATE
SET polled_at = excluded.polled_at,
    bucket_asked_at = coalesce(excluded.bucket_asked_at, bucket_asked_at),
    bucket_at = iif(bucket_at > :at + 86400, excluded.bucket_at,
                    coalesce(max(excluded.bucket_at, bucket_at), excluded.bucket_at, bucket_at))
