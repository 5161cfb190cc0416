-- The newest id and moment of faction_history, and how many rows are of the running month or later.
--
-- :since   unix seconds
SELECT
    coalesce(max(id), 0) AS last_id,
    (SELECT max(timestamp) FROM faction_history) AS newest,
    (SELECT count(*) FROM faction_history WHERE timestamp >= :since) AS recent
FROM faction_history
