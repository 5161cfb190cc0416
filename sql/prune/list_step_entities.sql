-- Counts the history rows of each entity in a span of time, in the order of the index by entity.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :from, :until   unix seconds; half-open interval within one month
-- :last_id        highest id when the month was summarized; rows with a higher id are not in the summary
SELECT json_quote(player_id) AS entity, count(*) AS rows
FROM player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
GROUP BY player_id
ORDER BY player_id
