-- How many wars has each faction won and lost, in all and against whom? One row per faction, opponent and type of war.
WITH
sides AS (
    SELECT war_type, status, winner_faction_id, started_at, attacking_faction_id AS faction_id, attacking_score AS score,
        defending_faction_id AS opponent_id, defending_score AS opponent_score
    FROM lake_war_latest
    UNION ALL
    SELECT war_type, status, winner_faction_id, started_at, defending_faction_id, defending_score, attacking_faction_id,
        attacking_score
    FROM lake_war_latest
)
SELECT
    s.faction_id,
    max(f.name) AS name,
    s.opponent_id,                                -- NULL: not known
    max(o.name) AS opponent_name,
    s.war_type,
    count(*) AS wars,
    sum(CASE WHEN s.status = 'completed' AND s.winner_faction_id = s.faction_id THEN 1 ELSE 0 END) AS won,
    sum(CASE WHEN s.status = 'completed' AND s.winner_faction_id <> s.faction_id THEN 1 ELSE 0 END) AS lost,
    sum(CASE WHEN s.status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled,
    sum(s.score) AS score,
    sum(s.opponent_score) AS opponent_score,
    max(s.started_at) AS last_started_at
FROM sides AS s
LEFT JOIN lake_faction_names AS f ON f.faction_id = s.faction_id
LEFT JOIN lake_faction_names AS o ON o.faction_id = s.opponent_id
WHERE s.faction_id IS NOT NULL
GROUP BY s.faction_id, s.opponent_id, s.war_type
