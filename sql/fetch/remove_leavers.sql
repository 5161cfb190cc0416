-- Removes players from a faction who are no longer on its roster, which must be complete.
-- Their new faction is unknown until Torn answers about them. A player is left alone if a newer answer says otherwise.
--
-- :members      JSON list of objects with id, name, level, state and description
-- :faction_id   the faction
-- :at           unix seconds; when Torn answered
UPDATE players
SET faction_id = NULL, last_updated = :at
WHERE faction_id = :faction_id
  AND last_updated <= :at
  AND player_id NOT IN (SELECT value ->> 'id' FROM json_each(:members))
