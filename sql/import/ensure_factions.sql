-- Makes sure that each faction that an imported row names has a row, so that other rows can refer to it.
-- A new faction gets a placeholder for its name. Its last_updated is 0, because it was not observed itself.
--
-- :now   unix seconds
INSERT INTO main.factions (faction_id, name, created_at, last_updated)
SELECT named.faction_id, 'Faction ' || named.faction_id, :now, 0
FROM (
    SELECT faction_id FROM temp.imported_players
    UNION SELECT faction_id FROM temp.imported_territories
    UNION SELECT faction_id FROM temp.imported_faction_history
    UNION SELECT attacking_faction_id FROM temp.imported_war_status_history
    UNION SELECT defending_faction_id FROM temp.imported_war_status_history
    UNION SELECT winner_faction_id FROM temp.imported_war_status_history
    UNION SELECT faction_id FROM temp.imported_territory_ownership_history
    UNION SELECT faction_id FROM temp.imported_faction_observations
    UNION SELECT faction_id FROM temp.imported_faction_membership
    UNION SELECT faction_id FROM temp.imported_membership_sightings
    UNION SELECT faction_id FROM temp.imported_faction_summary
    UNION SELECT attacking_faction_id FROM temp.imported_war_summary
    UNION SELECT defending_faction_id FROM temp.imported_war_summary
    UNION SELECT winner_faction_id FROM temp.imported_war_summary
    UNION SELECT winner_faction_id FROM temp.known_winners
    UNION SELECT faction_id_start FROM temp.imported_territory_ownership_summary
    UNION SELECT faction_id_end FROM temp.imported_territory_ownership_summary
) AS named
WHERE named.faction_id IS NOT NULL
ORDER BY named.faction_id
ON CONFLICT (faction_id) DO NOTHING
