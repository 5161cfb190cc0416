-- Records that the list of a faction's tiles was read. The answer belongs to the last period of the faction, or begins a new
-- one if that is over or has ended :max_gap seconds ago. An incomplete list begins none, because a tile that is not on it
-- may be held for years.
--
-- :at            unix seconds; when Torn answered
-- :is_complete   0: a part of the list could not be decoded
INSERT INTO faction_tile_polls (faction_id, first_at, last_at)
SELECT :faction_id, coalesce(first_at, :at), :at
FROM (SELECT (
    SELECT first_at FROM faction_tile_polls
    WHERE faction_id = :faction_id AND NOT is_over AND last_at >= :at - :max_gap
    ORDER BY first_at DESC LIMIT 1) AS first_at)
WHERE first_at IS NOT NULL OR :is_complete
ON CONFLICT (faction_id, first_at) DO UPDATE SET last_at = max(last_at, excluded.last_at), is_over = 0
