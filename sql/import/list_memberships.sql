-- Lists the stored memberships of a player in the order of their times.
SELECT faction_id, first_seen_at, joined_at, left_at
FROM main.faction_membership
WHERE player_id = :player_id
ORDER BY first_seen_at, id
