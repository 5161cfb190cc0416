-- Returns the war with the most history rows.
SELECT war_id FROM war_status_history GROUP BY war_id ORDER BY count(*) DESC, war_id LIMIT 1
