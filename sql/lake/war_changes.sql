-- The history of all wars: the rows of all databases without those that are no change, as `tornsnap import` of all of them
-- into a new database merges them, in any order.
--
-- The rows are in the order of time. Of the rows of one second, the one that is further ahead comes later, because nothing
-- tells which database asked first: status, higher score, lower score, then the other values. But if only one database tells
-- this second, or all tell the same, its rows are in the order of their ids. `place` is the number of a row in this order.
--
-- A row stays if it differs from what was known before its second, and from the rows of the second before it. What it does
-- not say is taken from the rows before. The sides of a ranked war have the order of its first second. A completed war stays
-- completed, and a row of its end that names no winner has the newest one that any row names. The required score of a war
-- that is over, or that a row does not name, is the lowest one that any database has seen by then, because it only decays and
-- Torn does not name it once the war is over. A lake of one database: all rows stay as they are. lake_settings.every_poll:
-- all rows stay, but equal facts of one second count once.
WITH
scored AS (
    SELECT
        h.*,
        h.status IN ('completed', 'cancelled') AS is_over,
        min(h.required_score) OVER (PARTITION BY h.war_type, h.war_id ORDER BY h.recorded_at) AS lowest,
        min(CASE WHEN h.status IN ('completed', 'cancelled') THEN h.required_score END) OVER (
            PARTITION BY h.war_type, h.war_id) AS lowest_at_end,
        max_by(h.winner_faction_id,
            CASE WHEN h.winner_faction_id IS NOT NULL AND h.status = 'completed' THEN h.recorded_at END) OVER (
            PARTITION BY h.war_type, h.war_id) AS newest_winner,
        row_number() OVER (PARTITION BY h.war_type, h.war_id, h.recorded_at, h.database_id ORDER BY h.id) AS own_place
    FROM war_status_history AS h
    WHERE (SELECT count(*) FROM lake_databases) > 1
),
carried AS (
    SELECT
        *,
        CASE
            WHEN is_over THEN CASE WHEN lowest_at_end < lowest OR lowest IS NULL THEN lowest_at_end ELSE lowest END
            ELSE coalesce(required_score, lowest) END AS carried_score,
        coalesce(winner_faction_id, CASE WHEN status = 'completed' AND (
            attacking_faction_id IS NULL OR attacking_faction_id = newest_winner
            OR defending_faction_id IS NULL OR defending_faction_id = newest_winner) THEN newest_winner END) AS told_winner,
        CASE status WHEN 'scheduled' THEN 1 WHEN 'ongoing' THEN 2 WHEN 'cancelled' THEN 3 WHEN 'completed' THEN 4 ELSE 0 END
            AS progress,
        greatest(coalesce(attacking_score, -1), coalesce(defending_score, -1)) AS higher,
        least(coalesce(attacking_score, -1), coalesce(defending_score, -1)) AS lesser,
        least(coalesce(attacking_faction_id, -1), coalesce(defending_faction_id, -1)) AS lower_id,
        greatest(coalesce(attacking_faction_id, -1), coalesce(defending_faction_id, -1)) AS higher_id,
        CASE WHEN coalesce(attacking_faction_id, -1) <= coalesce(defending_faction_id, -1)
            THEN coalesce(attacking_score, -1) ELSE coalesce(defending_score, -1) END AS score_of_lower_id
    FROM scored
),
counted AS (
    SELECT
        *,
        sum(CASE WHEN own_place = 1 THEN 1 ELSE 0 END) OVER (PARTITION BY war_type, war_id, recorded_at) AS tellers,
        count(*) OVER alike AS alike,
        min(own_place) OVER alike AS first_place,
        max(own_place) OVER alike AS last_place
    FROM carried
    WINDOW alike AS (
        PARTITION BY war_type, war_id, recorded_at, progress, higher, lesser, score_of_lower_id, carried_score, lower_id,
            higher_id, ends_at, told_winner, end_reason, started_at, territory_id)
),
-- has_one_order: only one database tells this second, or all tell the same.
once AS (
    SELECT
        *,
        tellers = 1 OR min(CASE WHEN alike = tellers AND first_place = last_place THEN 1 ELSE 0 END) OVER (
            PARTITION BY war_type, war_id, recorded_at) = 1 AS has_one_order
    FROM counted
),
numbered AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY war_type, war_id
            ORDER BY
                recorded_at, CASE WHEN has_one_order THEN own_place END NULLS FIRST,
                progress, higher, lesser, score_of_lower_id, carried_score DESC NULLS FIRST, lower_id, higher_id,
                ends_at NULLS FIRST, told_winner NULLS FIRST, end_reason NULLS FIRST, started_at NULLS FIRST,
                territory_id NULLS FIRST, database_id, id) AS n,
        dense_rank() OVER (PARTITION BY war_type, war_id ORDER BY recorded_at) AS moment
    FROM once
),
-- The order of the sides in the first second of each war; that of the ids, if its rows tell both.
sides AS (
    SELECT war_type, war_id, min(attacking_faction_id) AS first_attacker, max(defending_faction_id) AS first_defender
    FROM numbered
    WHERE moment = 1
    GROUP BY war_type, war_id
),
turned AS (
    SELECT
        h.*,
        h.war_type = 'ranked' AND s.first_attacker IS NOT DISTINCT FROM h.defending_faction_id
            AND s.first_defender IS NOT DISTINCT FROM h.attacking_faction_id
            AND h.attacking_faction_id IS DISTINCT FROM h.defending_faction_id AS is_turned,
        lag(h.status) OVER (PARTITION BY h.war_type, h.war_id ORDER BY h.n) IS DISTINCT FROM h.status
            AND max_by(h.status, h.n) OVER (
                PARTITION BY h.war_type, h.war_id ORDER BY h.moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            IS DISTINCT FROM h.status AS is_new_status
    FROM numbered AS h
    JOIN sides AS s ON s.war_type = h.war_type AND s.war_id = h.war_id
),
-- The values of each row in the order of sides of the first row, here and in the next step.
placed AS (
    SELECT
        *,
        CASE WHEN is_turned THEN defending_faction_id ELSE attacking_faction_id END AS one_faction,
        CASE WHEN is_turned THEN attacking_faction_id ELSE defending_faction_id END AS other_faction,
        CASE WHEN is_turned THEN defending_score ELSE attacking_score END AS one_score,
        CASE WHEN is_turned THEN attacking_score ELSE defending_score END AS other_score
    FROM turned
),
completed AS (
    SELECT
        *,
        max_by(territory_id, CASE WHEN territory_id IS NOT NULL THEN n END) OVER so_far AS known_territory,
        max_by(one_faction, CASE WHEN one_faction IS NOT NULL THEN n END) OVER so_far AS known_one,
        max_by(other_faction, CASE WHEN other_faction IS NOT NULL THEN n END) OVER so_far AS known_other,
        max_by(one_score, CASE WHEN one_score IS NOT NULL THEN n END) OVER so_far AS known_one_score,
        max_by(other_score, CASE WHEN other_score IS NOT NULL THEN n END) OVER so_far AS known_other_score,
        max_by(started_at, CASE WHEN started_at IS NOT NULL THEN n END) OVER so_far AS known_start,
        -- The target no longer decays once the war is over, so the first row that says so has it.
        CASE WHEN is_over THEN coalesce(
            max_by(carried_score, CASE WHEN is_new_status AND carried_score IS NOT NULL THEN n END) OVER so_far_alike,
                carried_score)
            ELSE carried_score END AS known_required,
        max_by(end_reason, CASE WHEN end_reason IS NOT NULL THEN n END) OVER so_far_alike AS known_reason,
        coalesce(max(CASE WHEN status = 'completed' THEN n END) OVER (
            PARTITION BY war_type, war_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0
            AND status <> 'completed' AS is_behind
    FROM placed
    WINDOW
        so_far AS (PARTITION BY war_type, war_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        so_far_alike AS (
            PARTITION BY war_type, war_id, status ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
-- All facts of a row, completed, as one text.
told AS (
    SELECT
        *,
        concat_ws('|', coalesce(known_territory, '-'),
            coalesce(CAST(known_one AS VARCHAR(20)), '-'), coalesce(CAST(known_other AS VARCHAR(20)), '-'),
            coalesce(CAST(known_one_score AS VARCHAR(20)), '-'), coalesce(CAST(known_other_score AS VARCHAR(20)), '-'),
            coalesce(CAST(known_required AS VARCHAR(20)), '-'), coalesce(status, '-'), coalesce(known_reason, '-'),
            coalesce(CAST(told_winner AS VARCHAR(20)), '-'), coalesce(CAST(known_start AS VARCHAR(40)), '-'),
            coalesce(CAST(ends_at AS VARCHAR(40)), '-')) AS told_facts
    FROM completed
),
-- A row that is behind says what the completed war was, if it stays at all. `result`: the number of the row with its facts.
behind AS (
    SELECT
        *,
        CASE WHEN is_behind THEN max(CASE WHEN NOT is_behind THEN n END) OVER before ELSE n END AS result,
        CASE WHEN is_behind THEN max_by(told_facts, CASE WHEN NOT is_behind THEN n END) OVER before ELSE told_facts END
            AS facts
    FROM told
    WINDOW before AS (PARTITION BY war_type, war_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
copies AS (
    SELECT
        war_type, war_id, n, moment, facts, result,
        row_number() OVER (PARTITION BY war_type, war_id, moment, facts ORDER BY n) AS copy
    FROM behind
),
-- Different facts, with those before them and the second after them.
facts_in_order AS (
    SELECT
        war_type, war_id, n, moment, facts, result,
        lag(facts) OVER in_order AS previous_facts, lag(moment) OVER in_order AS previous_moment,
        lead(moment) OVER in_order AS next_moment
    FROM copies
    WHERE copy = 1
    WINDOW in_order AS (PARTITION BY war_type, war_id ORDER BY n)
),
-- A second ends with its last facts (`top`). But if these were known before it and the second tells other ones, they are no
-- change, and the second ends with the facts before them (`below`). The facts known after the second before decide which.
seconds AS (
    SELECT
        war_type, war_id, moment, facts AS top, CASE WHEN previous_moment = moment THEN previous_facts END AS below
    FROM facts_in_order
    WHERE next_moment IS DISTINCT FROM moment
),
chained AS (
    SELECT
        *,
        lag(top) OVER in_order AS last_top, lag(below) OVER in_order AS last_below
    FROM seconds
    WINDOW in_order AS (PARTITION BY war_type, war_id ORDER BY moment)
),
-- after_top, after_below: 1 if `top` is known after this second, if `top` or `below` is known after the one before.
decided AS (
    SELECT
        *,
        CASE WHEN below IS NULL OR last_top IS DISTINCT FROM top THEN 1 ELSE 0 END AS after_top,
        CASE WHEN below IS NULL OR coalesce(last_below, last_top) IS DISTINCT FROM top THEN 1 ELSE 0 END AS after_below
    FROM chained
),
-- The facts are known after a second whose both results are the same. After it, the seconds that swap the two are counted.
turns AS (
    SELECT
        *,
        sum(CASE WHEN after_top < after_below THEN 1 ELSE 0 END) OVER so_far AS turned_times
    FROM decided
    WINDOW so_far AS (PARTITION BY war_type, war_id ORDER BY moment ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
since AS (
    SELECT
        *,
        max_by(after_top, CASE WHEN after_top = after_below THEN moment END) OVER so_far
            + turned_times - max_by(turned_times, CASE WHEN after_top = after_below THEN moment END) OVER so_far AS turns
    FROM turns
    WINDOW so_far AS (PARTITION BY war_type, war_id ORDER BY moment ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
before_second AS (
    SELECT
        war_type, war_id, moment,
        lag(CASE WHEN turns % 2 = 1 THEN top ELSE below END) OVER (PARTITION BY war_type, war_id ORDER BY moment) AS known_facts
    FROM since
)
SELECT
    k.id, k.war_id, k.war_type, r.known_territory AS territory_id, r.known_one AS attacking_faction_id,
    r.known_other AS defending_faction_id, r.known_one_score AS attacking_score, r.known_other_score AS defending_score,
    r.known_required AS required_score, r.status, r.known_reason AS end_reason, r.told_winner AS winner_faction_id,
    r.known_start AS started_at, r.ends_at, k.recorded_at, k.data_source, k.database_id, k.n AS place
FROM facts_in_order AS f
JOIN before_second AS b ON b.war_type = f.war_type AND b.war_id = f.war_id AND b.moment = f.moment
JOIN completed AS k ON k.war_type = f.war_type AND k.war_id = f.war_id AND k.n = f.n
JOIN completed AS r ON r.war_type = f.war_type AND r.war_id = f.war_id AND r.n = f.result
WHERE b.known_facts IS DISTINCT FROM f.facts OR (SELECT max(every_poll) FROM lake_settings)
UNION ALL
SELECT
    id, war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score, defending_score,
    required_score, status, end_reason, winner_faction_id, started_at, ends_at, recorded_at, data_source, database_id,
    row_number() OVER (PARTITION BY war_type, war_id ORDER BY recorded_at, id) AS place
FROM war_status_history
WHERE (SELECT count(*) FROM lake_databases) = 1
