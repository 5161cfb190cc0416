-- Lets the summaries of tiles that are not computed from the rows that are here begin with the values that the ones before
-- them end with: the imported summaries, and those of pruned months.
--
-- The other collector may have seen a change of an earlier month only in this one. Without this, the changes of consecutive
-- months would not add up. The summaries end with the values that they were imported with.
-- Their number of changes then fits the owners at both ends: none or more than one for the same owner, one or more for another.
-- The + keeps SQLite from reading all earlier summaries for each one, through the index on period_type.
--
-- :period_start   unix seconds; start of the first month to look at
UPDATE territory_ownership_summary AS summary SET
    faction_id_start = chained.faction_id,
    ownership_changes = CASE
        WHEN chained.faction_id IS NOT faction_id_end THEN max(ownership_changes, 1)
        WHEN ownership_changes = 1 THEN 0
        ELSE ownership_changes END
FROM (
    SELECT
        imported.id,
        (SELECT faction_id_end FROM territory_ownership_summary AS earlier
         WHERE earlier.territory_id = imported.territory_id AND +earlier.period_type = 'monthly'
           AND earlier.period_start < imported.period_start
         ORDER BY earlier.period_start DESC LIMIT 1) AS faction_id
    FROM territory_ownership_summary AS imported
    WHERE imported.period_type = 'monthly' AND imported.period_start >= :period_start
      AND (
          imported.period_start IN (
              SELECT period_start FROM month_states
              WHERE history = 'territory_ownership_history' AND pruned_at IS NOT NULL)
          OR (imported.territory_id, imported.period_start) IN (
              SELECT entity, period_start FROM imported_summaries WHERE history = 'territory_ownership_history'))
      AND EXISTS (
          SELECT 1 FROM territory_ownership_summary AS earlier
          WHERE earlier.territory_id = imported.territory_id AND +earlier.period_type = 'monthly'
            AND earlier.period_start < imported.period_start)
) AS chained
WHERE summary.id = chained.id AND summary.faction_id_start IS NOT chained.faction_id
RETURNING period_start
