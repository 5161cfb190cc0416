-- Adds the imported summaries of wars, and joins them with the stored ones.
-- The higher scores are the later ones, because scores only grow. If the scores are equal, the summary with the longer duration
-- is the later one. A known winner stays, unless an imported summary of an earlier month names it: the war was decided then.
-- The larger number of rows stays. A number that the rows here, and those that an import has left out because they repeat known
-- values, account for is no larger one. So the result does not depend on the order of the imports.
-- The + keeps SQLite from reading all summaries for each one, through the index on period_type.
--
-- :now         unix seconds
-- :keeps_ids   1: the rows keep their ids
-- :every_poll  1: the history keeps rows that repeat the last known values, so each month that tells the end names the winner
INSERT INTO main.war_summary AS stored (
    id, war_id, war_type, territory_id, period_start, period_end, attacking_faction_id, defending_faction_id,
    final_attacking_score, final_defending_score, winner_faction_id, duration_seconds, record_count, created_at
)
SELECT
    iif(:keeps_ids, source_id, NULL), war_id, war_type, territory_id, imported.period_start,
    unixepoch(imported.period_start, 'unixepoch', '+1 month'), attacking_faction_id, defending_faction_id,
    final_attacking_score, final_defending_score,
    iif(NOT :every_poll AND EXISTS (
            SELECT 1 FROM temp.decided_wars AS earlier
            WHERE earlier.war_type = imported.war_type AND earlier.war_id = imported.war_id
              AND earlier.period_start < imported.period_start),
        NULL, winner_faction_id),
    duration_seconds,
    CASE
        WHEN coalesce(record_count > own.known, true) THEN record_count
        WHEN EXISTS (
            SELECT 1 FROM main.war_summary AS present
            WHERE present.war_type = imported.war_type AND present.war_id = imported.war_id
              AND present.period_start = imported.period_start AND +present.period_type = 'monthly') THEN 0
        ELSE own.rows
    END,
    coalesce(nullif(created_at, 0), :now)
FROM temp.imported_war_summary AS imported
LEFT JOIN temp.own_rows AS own
    ON own.entity = imported.war_type || ' ' || imported.war_id AND own.period_start = imported.period_start
WHERE true
ORDER BY imported.rowid
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
      OR excluded.record_count > coalesce(stored.record_count, 0)
  )
RETURNING war_type || ' ' || war_id AS entity, period_start
