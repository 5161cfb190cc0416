-- Members who are no longer on the complete roster are in no faction, as far as is known. A later answer that says
-- otherwise stays.
UPDATE players
SET faction_id = NULL, last_updated = :at
WHERE faction_id = :faction_id
  AND last_updated <= :at
  AND player_id NOT IN (SELECT value ->> 'id' FROM json_each(:members))
