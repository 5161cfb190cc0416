-- How many wars did each faction fight and win in each month that is over? won + lost + no_known_winner = wars.
WITH
fought AS (
    SELECT period_start, war_type, winner_faction_id, attacking_faction_id AS faction_id, final_attacking_score AS score
    FROM lake_war_summary
    UNION ALL
    SELECT period_start, war_type, winner_faction_id, defending_faction_id, final_defending_score
    FROM lake_war_summary
    WHERE attacking_faction_id IS DISTINCT FROM defending_faction_id
)
SELECT
    substr(CAST(w.period_start AS VARCHAR(40)), 1, 7) AS month,
    w.faction_id,
    max(f.name) AS name,
    w.war_type,
    count(*) AS wars,                             -- with history rows in the month
    sum(CASE WHEN w.winner_faction_id = w.faction_id THEN 1 ELSE 0 END) AS won, -- decided in the month
    sum(CASE WHEN w.winner_faction_id <> w.faction_id THEN 1 ELSE 0 END) AS lost,
    sum(CASE WHEN w.winner_faction_id IS NULL THEN 1 ELSE 0 END) AS no_known_winner,
    sum(w.score) AS score,                        -- points at the end of the war, or of the month
    w.period_start
FROM fought AS w
LEFT JOIN lake_faction_names AS f ON f.faction_id = w.faction_id
WHERE w.faction_id IS NOT NULL
GROUP BY w.period_start, w.faction_id, w.war_type
