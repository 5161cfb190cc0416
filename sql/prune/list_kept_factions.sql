-- Lists the faction history rows that a prune keeps although they are older than the cut-off.
-- They are the newest row of each faction before the cut-off, and the newest row in which each value is known. The next
-- month's summary starts with these values, and fetch compares new values with them.
--
-- :cutoff   unix seconds; only older rows are listed
WITH
history AS NOT MATERIALIZED (
    SELECT * FROM faction_history INDEXED BY idx_faction_history_faction_time WHERE timestamp < :cutoff
),
newest AS MATERIALIZED (
    SELECT json_array(
        (SELECT id FROM history WHERE faction_id = factions.faction_id
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM history WHERE faction_id = factions.faction_id AND respect IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM history WHERE faction_id = factions.faction_id AND member_count IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM history WHERE faction_id = factions.faction_id AND best_chain IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1)
    ) AS ids
    FROM factions
)
SELECT DISTINCT kept.id, kept.timestamp AS moment
FROM newest, json_each(newest.ids) AS ids
CROSS JOIN faction_history AS kept ON kept.id = ids.value
ORDER BY moment, kept.id
