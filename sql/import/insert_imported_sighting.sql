-- Adds a sighting of another database of tornsnap.
INSERT INTO temp.imported_membership_sightings (player_id, at, faction_id, joined_at, has_left, newest_of)
VALUES (?, ?, ?, ?, ?, ?)
