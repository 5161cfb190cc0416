-- Sets the times of faction memberships to now, for players who have a time after :limit.
-- All times of such a player that are after :now are corrected, so that the memberships stay in order.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE faction_membership
SET first_seen_at = min(first_seen_at, :now),
    joined_at = iif(joined_at > :now, :now, joined_at),
    left_at = iif(left_at > :now, :now, left_at)
WHERE (first_seen_at > :now OR joined_at > :now OR left_at > :now)
  AND player_id IN (SELECT player_id FROM faction_membership
                    WHERE first_seen_at > :limit OR joined_at > :limit OR left_at > :limit)
