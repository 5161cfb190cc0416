-- Writes the summary of one month for each war that has history rows in it.
--
-- Sides and scores are those of the last row of the month. The winner is set only if that row is 'completed'.
-- duration_seconds: from the start of the war to its end, or to the last row if it has not ended. It is never negative,
-- although a war may be recorded before it starts. NULL: the difference overflows a 64-bit integer.
-- war_id is unique only together with war_type. Summaries that are already correct are not written again.
-- The statement joins the history rows with the table imported_wars, which has the facts of imported summaries alone. The higher
-- scores are the later ones, because scores only grow.
-- If the scores are equal, an imported duration counts if its summary names the winner: then it is that of the whole war. It also
-- counts if its summary has more rows than are known here: one of them may be a change after the last row here.
-- A known winner stays. The imported number of rows stays if it is larger than that of the rows here together with those that an
-- import has left out because they repeat known values. A war whose winner an imported summary of an earlier month names was not
-- decided in this month. But if the history keeps every poll, each row that tells the end again counts.
-- The + keeps SQLite from reading all earlier summaries for each war, through the index on period_type.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
-- :allows_loss                 1: also replace a summary that was made from more than twice as many history rows
-- :created_at                  unix seconds; NULL: now
-- :every_poll                  1: the history keeps rows that repeat the last known values; NULL: 0
INSERT INTO war_summary (
    war_id, war_type, period_start, period_end, period_type,
    territory_id, attacking_faction_id, defending_faction_id, final_attacking_score, final_defending_score,
    winner_faction_id, duration_seconds, record_count, created_at
)
WITH
fought AS MATERIALIZED (
    SELECT war_type, war_id, count(*) AS record_count
    FROM war_status_history INDEXED BY idx_war_status_timestamp
    WHERE recorded_at >= :period_start AND recorded_at < :period_end
    GROUP BY war_type, war_id
),
ended AS (
    SELECT
        fought.war_type, fought.war_id, fought.record_count,
        newest.territory_id, newest.attacking_faction_id, newest.defending_faction_id,
        newest.attacking_score AS final_attacking_score, newest.defending_score AS final_defending_score,
        iif(newest.status = 'completed', newest.winner_faction_id, NULL) AS winner_faction_id,
        iif(newest.status IN ('completed', 'cancelled'),
            coalesce(newest.ends_at, newest.recorded_at),
            newest.recorded_at) - newest.started_at AS duration
    FROM fought
    JOIN war_status_history AS newest ON newest.id = (
        SELECT id FROM war_status_history INDEXED BY idx_war_status_war_time
        WHERE war_type = fought.war_type AND war_id = fought.war_id AND recorded_at < :period_end
        ORDER BY recorded_at DESC, id DESC LIMIT 1
    )
),
seen AS (
    SELECT *, CASE typeof(duration) WHEN 'integer' THEN max(0, duration) END AS duration_seconds
    FROM ended
),
told AS (
    SELECT
        seen.*, imported.record_count AS imported_count, imported.winner_faction_id AS imported_winner,
        imported.territory_id AS imported_territory,
        imported.attacking_faction_id AS imported_attacker, imported.defending_faction_id AS imported_defender,
        imported.final_attacking_score AS imported_attacking_score,
        imported.final_defending_score AS imported_defending_score, imported.duration_seconds AS imported_duration,
        imported.most_rows, imported.most_rows_duration,
        coalesce(seen.final_attacking_score, 0) + coalesce(seen.final_defending_score, 0) AS score,
        coalesce(imported.final_attacking_score, 0) + coalesce(imported.final_defending_score, 0) AS imported_score,
        seen.record_count + coalesce((
            SELECT sum(rows) FROM repeated_rows
            WHERE history = 'war_status_history' AND entity = seen.war_type || ' ' || seen.war_id
              AND at >= :period_start AND at < :period_end), 0) AS known_rows,
        NOT coalesce(:every_poll, 0) AND EXISTS (
            SELECT 1 FROM war_summary AS earlier
            WHERE earlier.war_type = seen.war_type AND earlier.war_id = seen.war_id
              AND +earlier.period_type = 'monthly' AND earlier.period_start < :period_start
              AND earlier.winner_faction_id IS NOT NULL
              AND EXISTS (
                  SELECT 1 FROM imported_summaries AS mark
                  WHERE mark.history = 'war_status_history' AND mark.period_start = earlier.period_start
                    AND mark.entity = seen.war_type || ' ' || seen.war_id)) AS was_decided
    FROM seen
    LEFT JOIN imported_wars AS imported ON imported.war_type = seen.war_type AND imported.war_id = seen.war_id
        AND imported.period_start = :period_start
),
joined AS (
    SELECT
        *,
        (imported_score, coalesce(later_duration, -1)) > (score, coalesce(duration_seconds, -1)) AS is_imported_later
    FROM (
        SELECT
            *,
            CASE
                WHEN imported_score <> score OR imported_winner IS NOT NULL OR duration_seconds IS NULL THEN imported_duration
                WHEN most_rows > known_rows THEN most_rows_duration
            END AS later_duration
        FROM told
    )
),
month AS MATERIALIZED (
    SELECT
        war_type, war_id,
        iif(is_imported_later, imported_territory, territory_id) AS territory_id,
        iif(is_imported_later, imported_attacker, attacking_faction_id) AS attacking_faction_id,
        iif(is_imported_later, imported_defender, defending_faction_id) AS defending_faction_id,
        iif(is_imported_later, imported_attacking_score, final_attacking_score) AS final_attacking_score,
        iif(is_imported_later, imported_defending_score, final_defending_score) AS final_defending_score,
        iif(was_decided, NULL, coalesce(winner_faction_id, imported_winner)) AS winner_faction_id,
        iif(is_imported_later, later_duration, duration_seconds) AS duration_seconds,
        iif(known_rows < imported_count, imported_count, record_count) AS record_count
    FROM joined
)
SELECT
    war_id, war_type, :period_start, :period_end, 'monthly',
    territory_id, attacking_faction_id, defending_faction_id, final_attacking_score, final_defending_score,
    winner_faction_id, duration_seconds, record_count, coalesce(:created_at, unixepoch())
FROM month
WHERE NOT EXISTS (
    SELECT 1 FROM war_summary AS written
    WHERE written.war_type = month.war_type AND written.war_id = month.war_id
      AND written.period_start = :period_start AND written.period_end = :period_end AND written.period_type = 'monthly'
      AND (
          written.territory_id, written.attacking_faction_id, written.defending_faction_id,
          written.final_attacking_score, written.final_defending_score,
          written.winner_faction_id, written.duration_seconds, written.record_count
      ) IS (
          month.territory_id, month.attacking_faction_id, month.defending_faction_id,
          month.final_attacking_score, month.final_defending_score,
          month.winner_faction_id, month.duration_seconds, month.record_count
      )
)
ORDER BY war_type, war_id
ON CONFLICT (war_type, war_id, period_start, period_end, period_type) DO UPDATE SET
    territory_id = excluded.territory_id,
    attacking_faction_id = excluded.attacking_faction_id,
    defending_faction_id = excluded.defending_faction_id,
    final_attacking_score = excluded.final_attacking_score,
    final_defending_score = excluded.final_defending_score,
    winner_faction_id = excluded.winner_faction_id,
    duration_seconds = excluded.duration_seconds,
    record_count = excluded.record_count,
    created_at = excluded.created_at
WHERE EXISTS (
        SELECT 1 FROM imported_summaries
        WHERE history = 'war_status_history' AND period_start = excluded.period_start
          AND entity = excluded.war_type || ' ' || excluded.war_id)
    OR coalesce(:allows_loss, 0)
    OR excluded.record_count * 2 >= war_summary.record_count
