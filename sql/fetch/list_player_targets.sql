-- Lists the players to request: those named by id and the members of followed factions. The least recently polled
-- player comes first.
--
-- A poll dated more than a day ahead was recorded while the clock was wrong, so it is ignored.
-- is_listed: 1 for a player named by id or updated within the last day. fetch asks about these players daily, even if
-- Torn has not known the id for a long time.
--
-- :players    JSON list of player ids
-- :factions   JSON list of faction ids
-- :now        unix seconds
WITH wanted (player_id, is_named) AS (
    SELECT value, 1 FROM json_each(:players)
    UNION
    SELECT player_id, 0 FROM players
    WHERE faction_id IN (SELECT value FROM json_each(:factions))
      AND player_id NOT IN (SELECT value FROM json_each(:players))
)
SELECT
    wanted.player_id,
    player_polls.bucket_asked_at,
    player_polls.bucket_at,
    missing.misses,
    missing.last_miss,
    wanted.is_named OR coalesce(players.last_updated, 0) > :now - 86400 AS is_listed
FROM wanted
LEFT JOIN players ON players.player_id = wanted.player_id
LEFT JOIN player_polls ON player_polls.player_id = wanted.player_id
LEFT JOIN missing_entities AS missing ON missing.kind = 'player' AND missing.entity_id = wanted.player_id
ORDER BY coalesce(iif(player_polls.polled_at > :now + 86400, 0, player_polls.polled_at), 0), wanted.player_id
