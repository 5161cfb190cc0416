-- Lists the followed ids that Torn did not know when it was last asked, longest missing first.
-- is_named: 0 for a member of a followed faction.
--
-- :tiles      JSON list of the ids in [track] territories
-- :players    JSON list of the ids in [track] players
-- :factions   JSON list of the ids in [track] factions
-- :members    1: the members of these factions are followed too
SELECT
    missing.kind,
    CAST(missing.entity_id AS TEXT) AS entity_id,
    missing.last_miss,
    iif(missing.first_miss > 0, missing.first_miss, missing.last_miss) AS since,
    nullif(coalesce(players.name, factions.name),
           iif(missing.kind = 'player', 'Player ', 'Faction ') || missing.entity_id) AS name,
    missing.entity_id IN (
        SELECT value
        FROM json_each(CASE missing.kind WHEN 'player' THEN :players WHEN 'faction' THEN :factions ELSE :tiles END)
    ) AS is_named
FROM missing_entities AS missing
LEFT JOIN players ON missing.kind = 'player' AND players.player_id = missing.entity_id
LEFT JOIN factions ON missing.kind = 'faction' AND factions.faction_id = missing.entity_id
WHERE is_named OR (:members AND players.faction_id IN (SELECT value FROM json_each(:factions)))
ORDER BY since, missing.kind, missing.entity_id
