-- The players to ask about, stalest first: those wanted by id, and the members of the wanted factions.
-- Those that Torn does not know any more are asked about only now and then.
WITH wanted (player_id) AS (
    SELECT value FROM json_each(:players)
    UNION
    SELECT player_id FROM players WHERE faction_id IN (SELECT value FROM json_each(:factions))
)
SELECT wanted.player_id, player_polls.bucket_asked_at, player_polls.bucket_at
FROM wanted
LEFT JOIN player_polls ON player_polls.player_id = wanted.player_id
LEFT JOIN missing_entities AS missing ON missing.kind = 'player' AND missing.entity_id = wanted.player_id
WHERE :even_missing OR missing.misses IS NULL OR missing.misses < :enough OR missing.last_miss <= :recheck_before
ORDER BY coalesce(player_polls.polled_at, 0), wanted.player_id
