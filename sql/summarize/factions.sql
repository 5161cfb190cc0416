-- Writes one month of every faction: what was known when it began and when it ended, and the difference.
--
-- start: the last known value before the month, else the first in it. end: the last known value before the month's end.
-- So the changes of consecutive months add up to the whole change. NULL: never known up to then.
-- A faction gets a row when it has detail in the month, or has some from before and was still followed.
-- Each value is one step in an index, however long the month: only the count walks the month's index entries.
-- Rows that are right already are not touched.
--
-- :period_start, :period_end   the month, half-open, unix seconds
-- :previous_is_pruned          1: detail of the month before has gone, so its summary says what this month began with
-- :created_at                  unix seconds; NULL: now
INSERT INTO faction_summary (
    faction_id, period_start, period_end, period_type,
    respect_start, respect_end, respect_change, member_count_start, member_count_end,
    member_count_change, best_chain_start, best_chain_end, best_chain_change, record_count, created_at
)
WITH
followed AS MATERIALIZED (
    SELECT
        factions.faction_id,
        previous.respect_end AS previous_respect,
        previous.member_count_end AS previous_member_count,
        previous.best_chain_end AS previous_best_chain,
        (SELECT count(*) FROM faction_history INDEXED BY idx_faction_history_faction_time
         WHERE faction_id = factions.faction_id AND timestamp >= :period_start AND timestamp < :period_end
        ) AS record_count,
        factions.last_updated >= :period_start AND (
            previous.faction_id IS NOT NULL
            OR EXISTS (SELECT 1 FROM faction_history INDEXED BY idx_faction_history_faction_time
                       WHERE faction_id = factions.faction_id AND timestamp < :period_start)
        ) AS is_carried
    FROM factions
    LEFT JOIN faction_summary AS previous
        ON previous.faction_id = factions.faction_id AND previous.period_end = :period_start
        AND previous.period_type = 'monthly' AND :previous_is_pruned
),
carried AS MATERIALIZED (
    SELECT
        faction_id, record_count,
        coalesce(
            followed.previous_respect,
            (SELECT respect FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = followed.faction_id AND timestamp < :period_start AND respect IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS respect,
        coalesce(
            followed.previous_member_count,
            (SELECT member_count FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = followed.faction_id AND timestamp < :period_start AND member_count IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS member_count,
        coalesce(
            followed.previous_best_chain,
            (SELECT best_chain FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = followed.faction_id AND timestamp < :period_start AND best_chain IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS best_chain
    FROM followed
    WHERE record_count > 0 OR is_carried
),
known AS MATERIALIZED (
    SELECT
        faction_id, record_count,
        coalesce(
            carried.respect,
            (SELECT respect FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = carried.faction_id AND timestamp >= :period_start AND timestamp < :period_end AND respect IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS respect_start,
        coalesce(
            (SELECT respect FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = carried.faction_id AND timestamp >= :period_start AND timestamp < :period_end AND respect IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.respect
        ) AS respect_end,
        coalesce(
            carried.member_count,
            (SELECT member_count FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = carried.faction_id AND timestamp >= :period_start AND timestamp < :period_end AND member_count IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS member_count_start,
        coalesce(
            (SELECT member_count FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = carried.faction_id AND timestamp >= :period_start AND timestamp < :period_end AND member_count IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.member_count
        ) AS member_count_end,
        coalesce(
            carried.best_chain,
            (SELECT best_chain FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = carried.faction_id AND timestamp >= :period_start AND timestamp < :period_end AND best_chain IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS best_chain_start,
        coalesce(
            (SELECT best_chain FROM faction_history INDEXED BY idx_faction_history_faction_time
             WHERE faction_id = carried.faction_id AND timestamp >= :period_start AND timestamp < :period_end AND best_chain IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.best_chain
        ) AS best_chain_end
    FROM carried
),
month AS MATERIALIZED (
    SELECT
        faction_id, record_count,
        respect_start, respect_end, respect_end - respect_start AS respect_change,
        member_count_start, member_count_end, member_count_end - member_count_start AS member_count_change,
        best_chain_start, best_chain_end, best_chain_end - best_chain_start AS best_chain_change
    FROM known
)
SELECT
    faction_id, :period_start, :period_end, 'monthly',
    respect_start, respect_end, respect_change, member_count_start, member_count_end,
    member_count_change, best_chain_start, best_chain_end, best_chain_change, record_count,
    coalesce(:created_at, unixepoch())
FROM month
WHERE NOT EXISTS (
    SELECT 1 FROM faction_summary AS written
    WHERE written.faction_id = month.faction_id AND written.period_start = :period_start
      AND written.period_end = :period_end AND written.period_type = 'monthly'
      AND (
          written.respect_start, written.respect_end, written.respect_change, written.member_count_start,
          written.member_count_end, written.member_count_change, written.best_chain_start,
          written.best_chain_end, written.best_chain_change, written.record_count
      ) IS (
          month.respect_start, month.respect_end, month.respect_change, month.member_count_start,
          month.member_count_end, month.member_count_change, month.best_chain_start, month.best_chain_end,
          month.best_chain_change, month.record_count
      )
)
ORDER BY faction_id
ON CONFLICT (faction_id, period_start, period_end, period_type) DO UPDATE SET
    respect_start = excluded.respect_start,
    respect_end = excluded.respect_end,
    respect_change = excluded.respect_change,
    member_count_start = excluded.member_count_start,
    member_count_end = excluded.member_count_end,
    member_count_change = excluded.member_count_change,
    best_chain_start = excluded.best_chain_start,
    best_chain_end = excluded.best_chain_end,
    best_chain_change = excluded.best_chain_change,
    record_count = excluded.record_count,
    created_at = excluded.created_at
