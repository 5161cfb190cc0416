-- Lists the followed tiles, with the last time the owner of each was observed.
-- Tiles that Torn does not know are left out, because fetch asks about them less often.
--
-- :horizon    unix seconds; later timestamps were recorded while the clock was wrong
-- :tiles      JSON list of the ids in [track] territories
-- :factions   JSON list of the factions whose tiles are followed
-- :all        1: all tiles are followed
WITH wanted (territory_id, is_named) AS (
    SELECT value, 1 FROM json_each(:tiles)
    UNION
    SELECT territory_id, 0 FROM territories
    WHERE :all OR faction_id IN (SELECT value FROM json_each(:factions))
)
SELECT
    'tile ' || wanted.territory_id AS target,
    NULL AS name,
    is_named,
    nullif(territories.last_updated, 0) AS answered_at,
    territories.created_at AS known_since
FROM wanted
LEFT JOIN territories ON territories.territory_id = wanted.territory_id
WHERE NOT EXISTS (
    SELECT 1 FROM missing_entities
    WHERE kind = 'tile' AND entity_id = wanted.territory_id AND last_miss <= :horizon
)
ORDER BY wanted.territory_id
