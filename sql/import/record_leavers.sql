-- Records that an imported player was not on the next roster of the faction that was read here, also if a newer state of
-- the player is known. A membership that is stored here over that roster says that the player was on it.
INSERT INTO main.membership_sightings (player_id, at, faction_id, has_left)
SELECT player_id, at, faction_id, 1
FROM (
    SELECT imported.player_id, imported.faction_id, min(rosters.at) AS at
    FROM temp.imported_players AS imported
    JOIN temp.rosters ON rosters.faction_id = imported.faction_id AND rosters.at > imported.last_updated
    WHERE imported.last_updated > 0
    GROUP BY imported.player_id, imported.faction_id, imported.last_updated
) AS missed
WHERE NOT EXISTS (
    SELECT 1 FROM main.faction_membership AS stored
    WHERE stored.player_id = missed.player_id AND stored.faction_id = missed.faction_id
      AND stored.first_seen_at <= missed.at AND (stored.left_at IS NULL OR stored.left_at > missed.at))
ON CONFLICT DO NOTHING
