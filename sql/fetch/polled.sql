-- The player was asked about; with personalstats, which daily bucket came.
INSERT INTO player_polls (player_id, polled_at, bucket_asked_at, bucket_at)
VALUES (:player_id, :now, CASE WHEN :asked_bucket THEN :now END, :bucket_at)
ON CONFLICT (player_id) DO UPDATE
SET polled_at = excluded.polled_at,
    bucket_asked_at = coalesce(excluded.bucket_asked_at, bucket_asked_at),
    bucket_at = coalesce(excluded.bucket_at, bucket_at)
