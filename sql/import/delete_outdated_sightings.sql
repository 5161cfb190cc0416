-- Deletes the sightings of states for which the same database has told a newer one since. Its memberships tell the moves
-- between the two, and the stays that were merged from the older ones are recorded themselves.
-- So the sightings of a player are no more than the moves and the databases.
DELETE FROM main.membership_sightings
WHERE newest_of IS NOT NULL
  AND at < (
    SELECT max(newer.at) FROM main.membership_sightings AS newer
    WHERE newer.player_id = membership_sightings.player_id AND newer.newest_of = membership_sightings.newest_of)
