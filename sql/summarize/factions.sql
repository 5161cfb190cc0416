-- Writes the summary of one month for each faction.
--
-- start: last known value before the month, or the first in it. end: last known value before the end of the month. The
-- changes of consecutive months therefore add up to the whole change. NULL: not known.
-- A faction gets a summary if there are history rows in the month, or older ones and an observation in the month.
-- If history rows were pruned, the values from before the month come from the summaries of the pruned months. Only rows
-- that an import has taken of pruned months are newer than the last of these summaries.
-- Each value has its own look-up: one search in an index, however long the month is.
-- The + keeps SQLite from reading all summaries for each faction, through the index on period_type.
-- Summaries that are already correct are not written again. A summary that was imported is only replaced by one of at least
-- as many history rows; a row that an import has left out, because it repeats known values, counts, too, here and in its source.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
-- :lost_before                 unix seconds; history rows of earlier months were pruned; NULL: none were
-- :allows_loss                 1: also replace a summary that was made from more than twice as many history rows
-- :created_at                  unix seconds; NULL: now
INSERT INTO faction_summary (
    faction_id, period_start, period_end, period_type, respect_start, respect_end, respect_change,
    member_count_start, member_count_end, member_count_change, best_chain_start, best_chain_end,
    best_chain_change, record_count, created_at
)
WITH
history AS NOT MATERIALIZED (SELECT * FROM faction_history INDEXED BY idx_faction_history_faction_time),
in_month AS MATERIALIZED (
    SELECT
        faction_id,
        (SELECT count(*) FROM history
         WHERE faction_id = factions.faction_id AND timestamp >= :period_start AND timestamp < :period_end
        ) AS record_count,
        -- From when on rows precede summaries. An imported row of a pruned month is not late (see import/count_held.sql).
        coalesce((
            SELECT min(taken.timestamp)
            FROM history AS taken
            JOIN month_states AS month ON month.history = 'faction_history'
                AND month.period_start = unixepoch(taken.timestamp, 'unixepoch', 'start of month')
            WHERE taken.faction_id = factions.faction_id AND taken.id <= month.last_id
              AND taken.timestamp < :lost_before AND taken.timestamp >= (
                  SELECT period_end FROM faction_summary
                  WHERE faction_id = factions.faction_id AND +period_type = 'monthly' AND period_end <= :lost_before
                  ORDER BY period_start DESC LIMIT 1)
        ), :lost_before, -1e18) AS known_from
    FROM factions
    WHERE record_count > 0 OR (
        EXISTS (SELECT 1 FROM faction_observations
                WHERE faction_id = factions.faction_id AND period_start = :period_start)
        AND EXISTS (SELECT 1 FROM history WHERE faction_id = factions.faction_id AND timestamp < :period_start)
    )
),
-- Values from before the month. Without pruned months (:lost_before is NULL) the first look-up has no lower bound.
before AS MATERIALIZED (
    SELECT
        faction_id, record_count,
        coalesce(
            (SELECT respect FROM history
             WHERE faction_id = in_month.faction_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND respect IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT respect_end FROM faction_summary
             WHERE faction_id = in_month.faction_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND respect_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT respect FROM history
             WHERE faction_id = in_month.faction_id AND timestamp < :lost_before
               AND respect IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS respect,
        coalesce(
            (SELECT member_count FROM history
             WHERE faction_id = in_month.faction_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND member_count IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT member_count_end FROM faction_summary
             WHERE faction_id = in_month.faction_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND member_count_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT member_count FROM history
             WHERE faction_id = in_month.faction_id AND timestamp < :lost_before
               AND member_count IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS member_count,
        coalesce(
            (SELECT best_chain FROM history
             WHERE faction_id = in_month.faction_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND best_chain IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT best_chain_end FROM faction_summary
             WHERE faction_id = in_month.faction_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND best_chain_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT best_chain FROM history
             WHERE faction_id = in_month.faction_id AND timestamp < :lost_before
               AND best_chain IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS best_chain
    FROM in_month
),
known AS MATERIALIZED (
    SELECT
        faction_id, record_count,
        coalesce(
            respect,
            (SELECT respect FROM history
             WHERE faction_id = before.faction_id AND timestamp >= :period_start AND timestamp < :period_end
               AND respect IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS respect_start,
        coalesce(
            (SELECT respect FROM history
             WHERE faction_id = before.faction_id AND timestamp >= :period_start AND timestamp < :period_end
               AND respect IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            respect
        ) AS respect_end,
        coalesce(
            member_count,
            (SELECT member_count FROM history
             WHERE faction_id = before.faction_id AND timestamp >= :period_start AND timestamp < :period_end
               AND member_count IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS member_count_start,
        coalesce(
            (SELECT member_count FROM history
             WHERE faction_id = before.faction_id AND timestamp >= :period_start AND timestamp < :period_end
               AND member_count IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            member_count
        ) AS member_count_end,
        coalesce(
            best_chain,
            (SELECT best_chain FROM history
             WHERE faction_id = before.faction_id AND timestamp >= :period_start AND timestamp < :period_end
               AND best_chain IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS best_chain_start,
        coalesce(
            (SELECT best_chain FROM history
             WHERE faction_id = before.faction_id AND timestamp >= :period_start AND timestamp < :period_end
               AND best_chain IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            best_chain
        ) AS best_chain_end
    FROM before
),
month AS MATERIALIZED (
    SELECT
        faction_id, record_count, respect_start, respect_end, respect_end - respect_start AS respect_change,
        member_count_start, member_count_end, member_count_end - member_count_start AS member_count_change,
        best_chain_start, best_chain_end, best_chain_end - best_chain_start AS best_chain_change
    FROM known
)
SELECT
    faction_id, :period_start, :period_end, 'monthly', respect_start, respect_end, respect_change,
    member_count_start, member_count_end, member_count_change, best_chain_start, best_chain_end,
    best_chain_change, record_count, coalesce(:created_at, unixepoch())
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
WHERE coalesce(
    (SELECT coalesce(excluded.record_count + coalesce((
         SELECT sum(rows) FROM repeated_rows
         WHERE history = 'faction_history' AND entity = CAST(excluded.faction_id AS TEXT)
           AND at >= excluded.period_start AND at < excluded.period_end), 0) >= faction_summary.record_count + mark.left_out, 0)
     FROM imported_summaries AS mark
     WHERE mark.history = 'faction_history' AND mark.period_start = excluded.period_start
       AND mark.entity = CAST(excluded.faction_id AS TEXT)),
    coalesce(:allows_loss, 0) OR excluded.record_count * 2 >= faction_summary.record_count
)
