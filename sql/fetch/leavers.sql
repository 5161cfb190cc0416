-- Members who are no longer on the (complete) roster: in no faction, as far as is known.
UPDATE players
SET faction_id = NULL, last_updated = :now
WHERE faction_id = :faction_id
  AND player_id NOT IN (SELECT value ->> 'id' FROM json_each(:members))
