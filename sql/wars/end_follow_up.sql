-- Torn has told what was wanted, or a list has the war again.
DELETE FROM war_follow_ups WHERE war_type = :war_type AND war_id = :war_id
