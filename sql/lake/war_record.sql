-- How many wars has each faction won and lost, in all and against whom? One row per faction, opponent and type of war.
-- won + lost + cancelled + no_known_winner + not_ended = wars.
WITH
sides AS (
    SELECT
        w.war_type, w.status, w.winner_faction_id, w.started_at,
        CASE WHEN s.side = 1 THEN w.attacking_faction_id ELSE w.defending_faction_id END AS faction_id,
        CASE WHEN s.side = 1 THEN w.attacking_score ELSE w.defending_score END AS score,
        CASE WHEN s.side = 1 THEN w.defending_faction_id ELSE w.attacking_faction_id END AS opponent_id,
        CASE WHEN s.side = 1 THEN w.defending_score ELSE w.attacking_score END AS opponent_score
    FROM lake_war_latest AS w
    CROSS JOIN (SELECT 1 AS side UNION ALL SELECT 2) AS s
    WHERE s.side = 1 OR w.attacking_faction_id IS DISTINCT FROM w.defending_faction_id
)
SELECT
    s.faction_id,
    max(f.name) AS name,
    s.opponent_id,                                -- NULL: not known
    max(o.name) AS opponent_name,
    s.war_type,
    count(*) AS wars,
    CAST(sum(CASE WHEN s.status = 'completed' AND s.winner_faction_id = s.faction_id THEN 1 ELSE 0 END) AS BIGINT) AS won,
    CAST(sum(CASE WHEN s.status = 'completed' AND s.winner_faction_id <> s.faction_id THEN 1 ELSE 0 END) AS BIGINT) AS lost,
    CAST(sum(CASE WHEN s.status = 'cancelled' THEN 1 ELSE 0 END) AS BIGINT) AS cancelled, -- a truce, for example
    CAST(sum(CASE WHEN s.status = 'completed' AND s.winner_faction_id IS NULL THEN 1 ELSE 0 END) AS BIGINT)
        AS no_known_winner,                       -- completed
    CAST(sum(CASE WHEN s.status IN ('completed', 'cancelled') THEN 0 ELSE 1 END) AS BIGINT)
        AS not_ended,                             -- scheduled or ongoing, as far as the lake knows
    CAST(sum(s.score) AS BIGINT) AS score,
    CAST(sum(s.opponent_score) AS BIGINT) AS opponent_score,
    max(s.started_at) AS last_started_at
FROM sides AS s
LEFT JOIN lake_faction_names AS f ON f.faction_id = s.faction_id
LEFT JOIN lake_faction_names AS o ON o.faction_id = s.opponent_id
WHERE s.faction_id IS NOT NULL
GROUP BY s.faction_id, s.opponent_id, s.war_type
