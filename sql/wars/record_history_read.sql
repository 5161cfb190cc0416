-- Records that the lists of a faction's past wars were read.
--
-- :at   unix seconds; when Torn answered
INSERT INTO faction_war_polls (faction_id, history_read_at)
VALUES (:faction_id, :at)
ON CONFLICT (faction_id) DO UPDATE SET history_read_at = excluded.history_read_at
