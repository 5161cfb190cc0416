-- The rows from before the cut-off that stay: of each faction the newest, and the newest that knows each value.
-- The next month's start, and the question whether a value has changed, need them.
--
-- :cutoff   unix seconds
WITH newest AS MATERIALIZED (
    SELECT json_array(
        (SELECT id FROM faction_history INDEXED BY idx_faction_history_faction_time
        WHERE faction_id = factions.faction_id AND timestamp < :cutoff
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM faction_history INDEXED BY idx_faction_history_faction_time
        WHERE faction_id = factions.faction_id AND timestamp < :cutoff AND respect IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM faction_history INDEXED BY idx_faction_history_faction_time
        WHERE faction_id = factions.faction_id AND timestamp < :cutoff AND member_count IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM faction_history INDEXED BY idx_faction_history_faction_time
        WHERE faction_id = factions.faction_id AND timestamp < :cutoff AND best_chain IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1)
    ) AS ids
    FROM factions
)
SELECT DISTINCT stays.id, stays.timestamp AS moment
FROM newest, json_each(newest.ids) AS ids
CROSS JOIN faction_history AS stays ON stays.id = ids.value
ORDER BY moment, stays.id
