-- Lists the followed players, with the last answer about each.
--
-- A roster updates last_updated of its members too. Once any profile was fetched, the last poll is returned instead.
-- If the profile of a player is known without a poll, `prune --future` has deleted the poll, and last_updated is the
-- newest observation that is left.
-- Players that Torn does not know are left out, because fetch asks about them less often.
--
-- :players    JSON list of the ids in [track] players
-- :factions   JSON list of the ids in [track] factions
-- :members    1: the members of these factions are followed too
-- :horizon    unix seconds; later timestamps were recorded while the clock was wrong
WITH wanted (player_id, is_named) AS (
    SELECT value, 1 FROM json_each(:players)
    UNION
    SELECT player_id, 0 FROM players
    WHERE :members AND faction_id IN (SELECT value FROM json_each(:factions))
      AND player_id NOT IN (SELECT value FROM json_each(:players))
)
SELECT
    'player ' || wanted.player_id AS target,
    nullif(players.name, 'Player ' || wanted.player_id) AS name,
    is_named,
    coalesce(
        player_polls.polled_at,
        iif(players.rank IS NOT NULL OR NOT EXISTS (SELECT 1 FROM player_polls), nullif(players.last_updated, 0), NULL)
    ) AS answered_at,
    players.created_at AS known_since
FROM wanted
LEFT JOIN players ON players.player_id = wanted.player_id
LEFT JOIN player_polls ON player_polls.player_id = wanted.player_id
WHERE NOT EXISTS (
    SELECT 1 FROM missing_entities
    WHERE kind = 'player' AND entity_id = wanted.player_id AND last_miss <= :horizon
)
ORDER BY wanted.player_id
