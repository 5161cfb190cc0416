-- Records what the imported summaries of wars tell. They are joined with those of earlier imports, but not with the history rows.
-- The higher scores are the later ones, because scores only grow. If the scores are equal, the summary with the longer duration
-- is the later one. A winner and the larger number of rows stay. The duration that the most rows of these scores tell stays beside
-- it. So the result does not depend on the order of the imports.
-- If a month is pruned here and no summary of the war was imported, the stored summary tells what its history rows have told.
INSERT INTO main.imported_wars AS known (
    war_type, war_id, period_start, territory_id, attacking_faction_id, defending_faction_id, final_attacking_score,
    final_defending_score, winner_faction_id, duration_seconds, record_count,
    most_rows, most_rows_duration, own_rows, own_score, own_duration
)
SELECT
    imported.war_type, imported.war_id, imported.period_start, imported.territory_id, imported.attacking_faction_id,
    imported.defending_faction_id, imported.final_attacking_score, imported.final_defending_score,
    imported.winner_faction_id, imported.duration_seconds, coalesce(imported.record_count, 0),
    coalesce(imported.record_count, 0), imported.duration_seconds,
    own.rows, own.score, own.duration
FROM temp.imported_war_summary AS imported
LEFT JOIN temp.own_rows AS own
    ON own.entity = imported.war_type || ' ' || imported.war_id AND own.period_start = imported.period_start
WHERE true
ORDER BY imported.rowid
ON CONFLICT DO UPDATE SET
    (
        territory_id, attacking_faction_id, defending_faction_id, final_attacking_score, final_defending_score,
        duration_seconds, most_rows, most_rows_duration
    ) = (
        SELECT
            iif(is_later, excluded.territory_id, known.territory_id),
            iif(is_later, excluded.attacking_faction_id, known.attacking_faction_id),
            iif(is_later, excluded.defending_faction_id, known.defending_faction_id),
            iif(is_later, excluded.final_attacking_score, known.final_attacking_score),
            iif(is_later, excluded.final_defending_score, known.final_defending_score),
            iif(is_later, excluded.duration_seconds, known.duration_seconds),
            iif(has_more_rows, excluded.most_rows, known.most_rows),
            iif(has_more_rows, excluded.most_rows_duration, known.most_rows_duration)
        FROM (
            SELECT known.record_count IS NULL OR (
                coalesce(excluded.final_attacking_score, 0) + coalesce(excluded.final_defending_score, 0),
                coalesce(excluded.duration_seconds, -1)
            ) > (
                coalesce(known.final_attacking_score, 0) + coalesce(known.final_defending_score, 0),
                coalesce(known.duration_seconds, -1)
            ) AS is_later,
            known.record_count IS NULL OR (
                coalesce(excluded.final_attacking_score, 0) + coalesce(excluded.final_defending_score, 0),
                excluded.most_rows, coalesce(excluded.most_rows_duration, -1)
            ) > (
                coalesce(known.final_attacking_score, 0) + coalesce(known.final_defending_score, 0),
                known.most_rows, coalesce(known.most_rows_duration, -1)
            ) AS has_more_rows
        )
    ),
    winner_faction_id = max(
        coalesce(known.winner_faction_id, excluded.winner_faction_id),
        coalesce(excluded.winner_faction_id, known.winner_faction_id)),
    record_count = max(coalesce(known.record_count, 0), excluded.record_count)
