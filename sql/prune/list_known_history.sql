-- Lists the history rows of a step that the attached archive has already under another id.
--
-- A prune while the clock was ahead moved such a row to the archive, `prune --future` opened its month again, and an import
-- brought it back under a new id. Two rows are the same if they have the same entity, time and values.
-- With the rows of that month, the last known values from before it come back, and they may be from any earlier month.
-- A row that was here before the month was opened again is not listed: it may repeat an archived row of the same second.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables. It finds the
-- list of columns only on one line. The first column is the id, the last one is data_source.
--
-- :from, :until   unix seconds; half-open interval within one month
-- :last_id        highest id when the month was summarized; rows with a higher id are not in the summary
-- :entities       JSON list of the entities of the step (see list_step_entities.sql)
-- :kept           JSON list of the ids that are kept (see list_kept_players.sql)
WITH
reopened AS MATERIALIZED (
    SELECT reopened_last_id AS last_id
    FROM main.month_states
    WHERE history = 'player_stats_history' AND period_start >= unixepoch(:from, 'unixepoch', 'start of month')
      AND reopened_last_id IS NOT NULL
),
archived AS MATERIALIZED (
    SELECT
        json_remove(json_array(
            id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
        ), '$[0]', '$[#-1]') AS fact,
        min(id) AS first_id
    FROM archive.player_stats_history INDEXED BY idx_player_stats_player_time
    WHERE player_id IN (SELECT value FROM json_each(:entities))
      AND timestamp >= :from AND timestamp < :until AND EXISTS (SELECT 1 FROM reopened)
    GROUP BY fact
)
SELECT id
FROM main.player_stats_history INDEXED BY idx_player_stats_player_time
CROSS JOIN archived ON archived.fact = json_remove(json_array(
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
), '$[0]', '$[#-1]')
WHERE player_id IN (SELECT value FROM json_each(:entities))
  AND timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
  AND EXISTS (SELECT 1 FROM reopened WHERE last_id >= first_id AND last_id < id)
