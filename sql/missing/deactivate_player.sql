-- Marks a player as one that Torn no longer knows.
-- A player about whom Torn answered within the last day is not changed, because a roster still lists the player.
--
-- :at   unix seconds; when Torn answered
UPDATE players SET is_active = 0 WHERE player_id = :entity_id AND last_updated <= :at - 86400
