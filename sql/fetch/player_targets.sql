-- The players to ask about, stalest first: those wanted by id, and the members of the wanted factions. A poll of a
-- clock that was ahead counts as none.
WITH wanted (player_id, is_named) AS (
    SELECT value, 1 FROM json_each(:players)
    UNION
    SELECT player_id, 0 FROM players
    WHERE faction_id IN (SELECT value FROM json_each(:factions))
      AND player_id NOT IN (SELECT value FROM json_each(:players))
)
SELECT wanted.player_id, player_polls.bucket_asked_at, player_polls.bucket_at,
       missing.misses, missing.last_miss,
       wanted.is_named OR coalesce(players.last_updated, 0) > :now - 86400 AS is_listed
FROM wanted
LEFT JOIN players ON players.player_id = wanted.player_id
LEFT JOIN player_polls ON player_polls.player_id = wanted.player_id
LEFT JOIN missing_entities AS missing ON missing.kind = 'player' AND missing.entity_id = wanted.player_id
ORDER BY coalesce(iif(player_polls.polled_at > :now + 86400, 0, player_polls.polled_at), 0), wanted.player_id
