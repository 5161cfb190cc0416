-- Copies detail to the attached archive, under the same ids; what is there already is left as it is.
-- The rows that stay here are not copied: no row is in both.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see factions_kept.sql)
INSERT OR IGNORE INTO archive.faction_history (
    id, faction_id, timestamp, respect, member_count, best_chain, data_source
)
SELECT
    id, faction_id, timestamp, respect, member_count, best_chain, data_source
FROM main.faction_history INDEXED BY idx_faction_history_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
ORDER BY id
