-- Records what the history rows of a month tell of the wars of which summaries were imported, as wars.sql reads them.
-- An import compares summaries with that after a prune has deleted the rows.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
UPDATE imported_wars AS known
SET (own_rows, own_score, own_duration) = (
    SELECT
        (SELECT count(*) FROM war_status_history INDEXED BY idx_war_status_war_time
         WHERE war_type = known.war_type AND war_id = known.war_id
           AND recorded_at >= :period_start AND recorded_at < :period_end),
        coalesce(attacking_score, 0) + coalesce(defending_score, 0),
        CASE typeof(iif(status IN ('completed', 'cancelled'), coalesce(ends_at, recorded_at), recorded_at) - started_at)
            WHEN 'integer'
            THEN max(0, iif(status IN ('completed', 'cancelled'), coalesce(ends_at, recorded_at), recorded_at) - started_at)
        END
    FROM war_status_history INDEXED BY idx_war_status_war_time
    WHERE war_type = known.war_type AND war_id = known.war_id
      AND recorded_at >= :period_start AND recorded_at < :period_end
    ORDER BY recorded_at DESC, id DESC LIMIT 1
)
WHERE period_start = :period_start
  AND NOT EXISTS (
      SELECT 1 FROM month_states
      WHERE history = 'war_status_history' AND period_start = :period_start AND pruned_at IS NOT NULL)
