-- The newest id and moment of war_status_history, and how many rows are of the running month or later.
--
-- :since   unix seconds
SELECT
    coalesce(max(id), 0) AS last_id,
    (SELECT max(recorded_at) FROM war_status_history) AS newest,
    (SELECT count(*) FROM war_status_history WHERE recorded_at >= :since) AS recent
FROM war_status_history
