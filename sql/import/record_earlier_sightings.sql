-- Records the imported states in no faction that are older than the newest one of the same source, or that lose to it in the
-- same second. The stays in a faction are memberships.
--
-- :source   'plan' or 'csv', if the source says in which faction each player is; NULL: it has sightings, or none
INSERT INTO main.membership_sightings (player_id, at, has_left)
SELECT imported.player_id, imported.last_updated, 0
FROM temp.imported_players AS imported
JOIN main.membership_sightings AS newest
  ON newest.player_id = imported.player_id AND newest.newest_of = :source
 AND (newest.at > imported.last_updated OR (newest.at = imported.last_updated AND newest.faction_id IS NOT NULL))
WHERE imported.faction_id IS NULL AND imported.last_updated > 0
ON CONFLICT DO NOTHING
