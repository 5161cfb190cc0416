-- The newest daily bucket of this player that was seen.
SELECT bucket_at FROM player_polls WHERE player_id = :player_id AND bucket_at IS NOT NULL
