-- Records that the whole list of a faction's tiles was read. The first time stays.
--
-- :at   unix seconds; when Torn answered
INSERT INTO faction_tile_polls (faction_id, first_at) VALUES (:faction_id, :at)
ON CONFLICT (faction_id) DO NOTHING
