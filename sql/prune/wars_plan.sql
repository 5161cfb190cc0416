-- From when to when the rows are that go, and how many stay.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows with a higher id are in no summary, and stay
-- :kept           JSON list of the ids that stay (see wars_kept.sql)
SELECT
    (SELECT count(*) FROM json_each(:kept) AS ids CROSS JOIN war_status_history AS stays ON stays.id = ids.value
     WHERE stays.recorded_at >= :from AND stays.recorded_at < :until AND stays.id <= :last_id) AS stay,
    (SELECT recorded_at FROM war_status_history INDEXED BY idx_war_status_timestamp
     WHERE recorded_at >= :from AND recorded_at < :until AND id <= :last_id AND id NOT IN (SELECT value FROM json_each(:kept))
     ORDER BY recorded_at LIMIT 1) AS oldest,
    (SELECT recorded_at FROM war_status_history INDEXED BY idx_war_status_timestamp
     WHERE recorded_at >= :from AND recorded_at < :until AND id <= :last_id AND id NOT IN (SELECT value FROM json_each(:kept))
     ORDER BY recorded_at DESC LIMIT 1) AS newest
