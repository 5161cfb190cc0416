-- Records that the list of a faction's current wars was read.
--
-- :at   unix seconds; when Torn answered
INSERT INTO faction_war_polls (faction_id, listed_at)
VALUES (:faction_id, :at)
ON CONFLICT (faction_id) DO UPDATE SET listed_at = excluded.listed_at
