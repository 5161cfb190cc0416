-- The lists of this faction's past wars were read.
INSERT INTO faction_war_polls (faction_id, history_read_at)
VALUES (:faction_id, :at)
ON CONFLICT (faction_id) DO UPDATE SET history_read_at = excluded.history_read_at
