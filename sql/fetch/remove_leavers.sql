-- Removes from a faction the players who are not on its roster. The roster must be complete.
-- Their new faction is unknown until Torn answers about them. A player about whom a newer answer is stored is left
-- alone.
--
-- :members   JSON list of objects with id, name, level, state and description
-- :at        unix seconds; when Torn answered
UPDATE players
SET faction_id = NULL, last_updated = :at
WHERE faction_id = :faction_id
  AND last_updated <= :at
  AND player_id NOT IN (SELECT value ->> 'id' FROM json_each(:members))
