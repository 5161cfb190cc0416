-- Returns Torn's timestamp (unix seconds) of the newest stored daily bucket of a player, or no row.
SELECT bucket_at FROM player_polls WHERE player_id = :player_id AND bucket_at IS NOT NULL
