-- Dates the players that were updated in the future by what is still recorded of them, else 0: never.
-- Run it after the rows of the future are gone.
--
-- :now     unix seconds
-- :limit   unix seconds; what is later lies in the future
UPDATE players
SET created_at = iif(created_at > :limit, :now, created_at),
    last_updated = iif(last_updated > :limit, max(
        coalesce((SELECT max(last_at) FROM player_observations AS seen WHERE seen.player_id = players.player_id), 0),
        coalesce((SELECT max(timestamp) FROM player_stats_history AS seen WHERE seen.player_id = players.player_id), 0)
    ), last_updated)
WHERE created_at > :limit OR last_updated > :limit
