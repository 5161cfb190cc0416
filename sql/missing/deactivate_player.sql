-- A player whom Torn no longer knows. A roster that lists the player says otherwise.
UPDATE players SET is_active = 0 WHERE player_id = :entity_id AND last_updated <= :at - 86400
