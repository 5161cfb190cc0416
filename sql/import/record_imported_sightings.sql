-- Records the sightings of the source that stay. The rows of the players are there already.
--
-- A source without an id has told the stay of a player already if its newest sighting is an earlier one in the same
-- faction. So the sightings of a player are no more than the moves and the sources, however often a growing file is
-- imported.
--
-- The state is searched by the column of the other temporary table, because a column with a type uses no index of one without.
--
-- :source   'plan' or 'csv'; NULL: the source is a database of tornsnap
INSERT INTO main.membership_sightings (player_id, at, faction_id, joined_at, has_left)
SELECT player_id, at, faction_id, joined_at, has_left
FROM temp.imported_membership_sightings
WHERE newest_of IS NULL
UNION ALL
SELECT player_id, first_seen_at, faction_id, joined_at, 0
FROM temp.imported_faction_membership AS imported
WHERE (left_at IS NULL OR left_at > first_seen_at)
  AND NOT EXISTS (
    SELECT 1 FROM main.membership_sightings AS told
    JOIN temp.imported_players AS state ON state.player_id = imported.player_id
    WHERE told.player_id = imported.player_id AND told.newest_of = :source
      AND told.faction_id = imported.faction_id AND told.at < imported.first_seen_at
      AND state.last_updated = imported.first_seen_at)
UNION ALL
SELECT player_id, left_at, faction_id, NULL, 1
FROM temp.imported_faction_membership
WHERE left_at IS NOT NULL
ON CONFLICT DO NOTHING
