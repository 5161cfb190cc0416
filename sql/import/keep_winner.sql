-- Keeps the winner of a war that a summary names which is not taken.
--
-- :war_type, :war_id     the war
-- :period_start          unix seconds; start of the month of the summary
-- :winner_faction_id     id of the faction
INSERT INTO temp.known_winners (war_type, war_id, period_start, winner_faction_id)
VALUES (:war_type, :war_id, :period_start, :winner_faction_id)
