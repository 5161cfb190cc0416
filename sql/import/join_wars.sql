-- Adds the imported summaries of wars, and joins them with the stored ones.
-- The higher scores are the later ones, because scores only grow; of equal scores, the longer duration. A known winner stays.
-- The larger number of rows stays. So the result does not depend on the order of the imports.
--
-- :now         unix seconds
-- :keeps_ids   1: the rows keep their ids
INSERT INTO main.war_summary AS stored (
    id, war_id, war_type, territory_id, period_start, period_end, attacking_faction_id, defending_faction_id,
    final_attacking_score, final_defending_score, winner_faction_id, duration_seconds, record_count, created_at
)
SELECT
    iif(:keeps_ids, source_id, NULL), war_id, war_type, territory_id, period_start,
    unixepoch(period_start, 'unixepoch', '+1 month'), attacking_faction_id, defending_faction_id,
    final_attacking_score, final_defending_score, winner_faction_id, duration_seconds, record_count,
    coalesce(nullif(created_at, 0), :now)
FROM temp.imported_war_summary
WHERE true
ORDER BY rowid
ON CONFLICT DO UPDATE SET
    (
        territory_id, attacking_faction_id, defending_faction_id, final_attacking_score, final_defending_score,
        winner_faction_id, duration_seconds, record_count, created_at
    ) = (
        SELECT
            iif(is_later, excluded.territory_id, stored.territory_id),
            iif(is_later, excluded.attacking_faction_id, stored.attacking_faction_id),
            iif(is_later, excluded.defending_faction_id, stored.defending_faction_id),
            iif(is_later, excluded.final_attacking_score, stored.final_attacking_score),
            iif(is_later, excluded.final_defending_score, stored.final_defending_score),
            max(coalesce(stored.winner_faction_id, winner), coalesce(winner, stored.winner_faction_id)),
            iif(is_later, excluded.duration_seconds, stored.duration_seconds),
            max(coalesce(stored.record_count, 0), coalesce(excluded.record_count, 0)),
            excluded.created_at
        FROM (
            SELECT
                (
                    coalesce(excluded.final_attacking_score, 0) + coalesce(excluded.final_defending_score, 0),
                    coalesce(excluded.duration_seconds, -1)
                ) > (
                    coalesce(stored.final_attacking_score, 0) + coalesce(stored.final_defending_score, 0),
                    coalesce(stored.duration_seconds, -1)
                ) AS is_later,
                iif(excluded.winner_faction_id IN (
                    coalesce(excluded.attacking_faction_id, excluded.winner_faction_id),
                    coalesce(excluded.defending_faction_id, excluded.winner_faction_id)),
                    excluded.winner_faction_id, NULL) AS winner
        )
    )
WHERE EXISTS (
        SELECT 1 FROM temp.counted
        WHERE counted.entity = excluded.war_type || ' ' || excluded.war_id
          AND counted.period_start = excluded.period_start)
  AND (
      (
          coalesce(excluded.final_attacking_score, 0) + coalesce(excluded.final_defending_score, 0),
          coalesce(excluded.duration_seconds, -1)
      ) > (
          coalesce(stored.final_attacking_score, 0) + coalesce(stored.final_defending_score, 0),
          coalesce(stored.duration_seconds, -1)
      )
      OR (excluded.winner_faction_id IN (
              coalesce(excluded.attacking_faction_id, excluded.winner_faction_id),
              coalesce(excluded.defending_faction_id, excluded.winner_faction_id))
          AND excluded.winner_faction_id > coalesce(stored.winner_faction_id, 0))
      OR excluded.record_count > coalesce(stored.record_count, 0) + coalesce((
          SELECT rows FROM main.repeated_rows
          WHERE history = 'war_status_history' AND entity = excluded.war_type || ' ' || excluded.war_id
            AND repeated_rows.period_start = excluded.period_start), 0)
  )
RETURNING war_type || ' ' || war_id AS entity, period_start
