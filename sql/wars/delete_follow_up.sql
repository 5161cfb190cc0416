-- Deletes the follow-up of a war, once Torn has answered or a list has the war again.
--
-- :war_type   'ranked' or 'territory'
-- :war_id     unique only together with the type
DELETE FROM war_follow_ups WHERE war_type = :war_type AND war_id = :war_id
