-- How many rows are not in the attached archive, value for value: none may be deleted before this is 0.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see factions_kept.sql)
SELECT count(*) AS rows
FROM main.faction_history AS here INDEXED BY idx_faction_history_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
  AND NOT EXISTS (
      SELECT 1 FROM archive.faction_history AS there
      WHERE there.id = here.id
        AND (
            there.faction_id, there.timestamp, there.respect, there.member_count, there.best_chain,
            there.data_source
        ) IS (
            here.faction_id, here.timestamp, here.respect, here.member_count, here.best_chain,
            here.data_source
        )
  )
