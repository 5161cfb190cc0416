-- Lists the war history rows that a prune keeps although they are older than the cut-off.
-- They are the newest row of each war before the cut-off. fetch compares new values with it.
--
-- :cutoff   unix seconds; only older rows are listed
WITH wars AS MATERIALIZED (SELECT DISTINCT war_type, war_id FROM war_status_history)
SELECT newest.id, newest.recorded_at AS moment
FROM wars
JOIN war_status_history AS newest ON newest.id = (
    SELECT id FROM war_status_history INDEXED BY idx_war_status_war_time
    WHERE war_type = wars.war_type AND war_id = wars.war_id AND recorded_at < :cutoff
    ORDER BY recorded_at DESC, id DESC LIMIT 1
)
ORDER BY moment, id
