-- Records the winner that a summary of a later month has told for this one. It stays when the month is summarized again.
-- If no summary of the war and month was imported, what the history rows have told is recorded, too: record_imported_wars.sql.
--
-- :period_start, :entity   as in the table imported_summaries
INSERT INTO main.imported_wars (
    war_type, war_id, period_start, winner_faction_id, own_rows, own_score, own_duration
)
SELECT war_type, war_id, stored.period_start, winner_faction_id, own.rows, own.score, own.duration
FROM main.war_summary AS stored
LEFT JOIN temp.own_rows AS own ON own.entity = :entity AND own.period_start = stored.period_start
WHERE period_type = 'monthly' AND stored.period_start = :period_start
  AND war_type = substr(:entity, 1, instr(:entity, ' ') - 1)
  AND war_id = CAST(substr(:entity, instr(:entity, ' ') + 1) AS INTEGER)
ON CONFLICT DO UPDATE SET winner_faction_id = excluded.winner_faction_id
