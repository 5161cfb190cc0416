-- Forgets that summaries of wars in a month were imported, once the history rows say the same.
-- wars.sql has joined them with these rows before. A summary that still tells more of the war stays marked.
--
-- :history                     'war_status_history'
-- :period_start, :period_end   unix seconds; the month as a half-open interval
DELETE FROM imported_summaries
WHERE history = :history AND period_start = :period_start AND +entity IN (
    SELECT summary.war_type || ' ' || summary.war_id
    FROM war_summary AS summary
    JOIN war_status_history AS newest ON newest.id = (
        SELECT id FROM war_status_history INDEXED BY idx_war_status_war_time
        WHERE war_type = summary.war_type AND war_id = summary.war_id
          AND recorded_at >= :period_start AND recorded_at < :period_end
        ORDER BY recorded_at DESC, id DESC LIMIT 1)
    WHERE summary.period_type = 'monthly' AND summary.period_start = :period_start
      AND (summary.final_attacking_score, summary.final_defending_score, summary.winner_faction_id)
       IS (newest.attacking_score, newest.defending_score, iif(newest.status = 'completed', newest.winner_faction_id, NULL))
      AND coalesce(summary.duration_seconds, 0) <= max(0, coalesce(
          iif(newest.status IN ('completed', 'cancelled'), coalesce(newest.ends_at, newest.recorded_at), newest.recorded_at)
              - newest.started_at, 0))
      AND summary.record_count = (
          SELECT count(*) FROM war_status_history INDEXED BY idx_war_status_war_time
          WHERE war_type = summary.war_type AND war_id = summary.war_id
            AND recorded_at >= :period_start AND recorded_at < :period_end)
)
