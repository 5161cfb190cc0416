-- Which player was in which faction, from when to when? One row per stay, also if several databases have seen it.
--
-- A player is in one faction at a time. So each row of a database tells two things: the player was in the faction at
-- first_seen_at, and no longer at left_at. In the order of time, what repeats the state that is known already is left out.
-- The end of a stay counts only if no database has seen the player in another faction since.
WITH
told AS (
    SELECT player_id, faction_id, first_seen_at AS told_at, joined_at, 0 AS is_end, database_id, id
    FROM faction_membership
    UNION ALL
    SELECT player_id, faction_id, left_at, NULL, 1, database_id, id
    FROM faction_membership
    WHERE left_at IS NOT NULL
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY player_id ORDER BY told_at, database_id, id, is_end) AS n
    FROM told
),
placed AS (
    SELECT
        *,
        max_by(faction_id, CASE WHEN is_end = 0 THEN n END) OVER (PARTITION BY player_id ORDER BY n) AS last_faction_id
    FROM numbered
),
-- The state after each of them: a faction, or 0 for none.
states AS (
    SELECT
        player_id, told_at, joined_at, n,
        CASE WHEN is_end = 0 THEN faction_id ELSE 0 END AS state,
        lag(CASE WHEN is_end = 0 THEN faction_id ELSE 0 END) OVER (PARTITION BY player_id ORDER BY n) AS state_before
    FROM placed
    WHERE is_end = 0 OR faction_id = last_faction_id
),
stays AS (
    SELECT
        player_id, state, told_at, joined_at, state_before,
        lead(told_at) OVER (PARTITION BY player_id ORDER BY n) AS until
    FROM states
    WHERE state IS DISTINCT FROM state_before
)
SELECT
    s.player_id,
    p.name,
    s.state AS faction_id,
    f.name AS faction_name,
    s.told_at AS first_seen_at,                   -- when first seen in the faction
    CASE WHEN s.state_before IS NULL THEN s.joined_at ELSE s.told_at END
        AS joined_at,                             -- when the player joined; NULL: before first_seen_at
    s.until AS left_at                            -- when first seen outside it again; NULL: not seen to leave
FROM stays AS s
LEFT JOIN lake_player_names AS p ON p.player_id = s.player_id
LEFT JOIN lake_faction_names AS f ON f.faction_id = s.state
WHERE s.state > 0
