-- The newest id and moment of territory_ownership_history, and how many rows are of the running month or later.
--
-- :since   unix seconds
SELECT
    coalesce(max(id), 0) AS last_id,
    (SELECT max(recorded_at) FROM territory_ownership_history) AS newest,
    (SELECT count(*) FROM territory_ownership_history WHERE recorded_at >= :since) AS recent
FROM territory_ownership_history
