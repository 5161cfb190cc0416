-- Lists the followed factions, with the last answer about each and the last time its list of wars was read.
-- If listed_at is NULL, `prune --future` has cleared it, and the last answer about the faction takes its place.
-- Factions that Torn does not know are left out, because fetch asks about them less often.
--
-- :factions   JSON list of the ids in [track] factions
-- :horizon    unix seconds; later timestamps were recorded while the clock was wrong
SELECT
    'faction ' || wanted.value AS target,
    nullif(factions.name, 'Faction ' || wanted.value) AS name,
    1 AS is_named,
    nullif(factions.last_updated, 0) AS answered_at,
    coalesce(
        faction_war_polls.listed_at,
        iif(faction_war_polls.faction_id IS NULL, NULL, nullif(factions.last_updated, 0))
    ) AS listed_at,
    NULL AS known_since
FROM json_each(:factions) AS wanted
LEFT JOIN factions ON factions.faction_id = wanted.value
LEFT JOIN faction_war_polls ON faction_war_polls.faction_id = wanted.value
WHERE NOT EXISTS (
    SELECT 1 FROM missing_entities
    WHERE kind = 'faction' AND entity_id = wanted.value AND last_miss <= :horizon
)
ORDER BY wanted.value
