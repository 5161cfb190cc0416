-- Lets the summaries of factions that are not computed from the rows that are here begin with the values that the ones before
-- them end with: the imported summaries, and those of pruned months.
--
-- The other collector may have seen a change of an earlier month only in this one. Without this, the changes of consecutive
-- months would not add up. The summaries end with the values that they were imported with, unknown ones too.
-- An unknown end is not stored as the value before it, because the next import would take that for an observation.
-- The + keeps SQLite from reading all earlier summaries for each one, through the index on period_type.
--
-- :period_start   unix seconds; start of the first month to look at
UPDATE faction_summary AS summary SET
    respect_start = chained.respect,
    respect_change = respect_end - chained.respect,
    member_count_start = chained.member_count,
    member_count_change = member_count_end - chained.member_count,
    best_chain_start = chained.best_chain,
    best_chain_change = best_chain_end - chained.best_chain
FROM (
    SELECT
        imported.id,
        coalesce(
            (SELECT respect_end FROM faction_summary AS earlier
             WHERE earlier.faction_id = imported.faction_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND respect_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.respect_start
        ) AS respect,
        coalesce(
            (SELECT member_count_end FROM faction_summary AS earlier
             WHERE earlier.faction_id = imported.faction_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND member_count_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.member_count_start
        ) AS member_count,
        coalesce(
            (SELECT best_chain_end FROM faction_summary AS earlier
             WHERE earlier.faction_id = imported.faction_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND best_chain_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.best_chain_start
        ) AS best_chain
    FROM faction_summary AS imported
    WHERE imported.period_type = 'monthly' AND imported.period_start >= :period_start
      AND (
          imported.period_start IN (
              SELECT period_start FROM month_states
              WHERE history = 'faction_history' AND pruned_at IS NOT NULL)
          OR (CAST(imported.faction_id AS TEXT), imported.period_start) IN (
              SELECT entity, period_start FROM imported_summaries WHERE history = 'faction_history'))
) AS chained
WHERE summary.id = chained.id
  AND (
      summary.respect_start, summary.member_count_start, summary.best_chain_start
  ) IS NOT (
      chained.respect, chained.member_count, chained.best_chain
  )
RETURNING period_start
