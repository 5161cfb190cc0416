-- The history of all wars: the rows of all databases without those that are no change, as `tornsnap import` merges them.
--
-- A row stays if it differs from the row before it; the rows of all databases count for that, in the order of time, database
-- and id. What a row does not say is taken from the rows before. The sides of a ranked war have the order of the first
-- database. A completed war stays completed. The required score of a war that is over, or that a row does not name, is the
-- lowest one that any database has seen by then, because it only decays and Torn does not name it once the war is over. A
-- war that only one database has is left as it is. A row of the first database that repeats what this database told before
-- stays, too. A row of another database falls out if it says what the war was before its second, or what a row of it says.
-- lake_settings.every_poll: all rows stay, but equal facts of one second count once.
--
-- Whether a row stays can change what the last value was only if the databases gave different answers in the same second. So
-- it is decided four times, each time without the rows of such seconds that fell out before. Only after more than four such
-- seconds one directly after the other may a repeated row stay, or a change fall out.
WITH
shared AS (
    SELECT war_type, war_id, min(database_id) AS first_database
    FROM war_status_history
    GROUP BY war_type, war_id
    HAVING min(database_id) <> max(database_id)
),
numbered AS (
    SELECT
        h.*,
        h.database_id = s.first_database AS is_first,
        row_number() OVER (PARTITION BY h.war_type, h.war_id ORDER BY h.recorded_at, h.database_id, h.id) AS n,
        dense_rank() OVER (PARTITION BY h.war_type, h.war_id ORDER BY h.recorded_at) AS moment,
        h.status IN ('completed', 'cancelled') AS is_over,
        min(h.required_score) OVER (PARTITION BY h.war_type, h.war_id ORDER BY h.recorded_at) AS lowest,
        min(CASE WHEN h.status IN ('completed', 'cancelled') THEN h.required_score END) OVER (
            PARTITION BY h.war_type, h.war_id) AS lowest_at_end
    FROM war_status_history AS h
    JOIN shared AS s ON s.war_type = h.war_type AND s.war_id = h.war_id
),
-- The order of the sides in the first row of each war.
sides AS (
    SELECT war_type, war_id, attacking_faction_id AS first_attacker, defending_faction_id AS first_defender
    FROM numbered
    WHERE n = 1
),
turned AS (
    SELECT
        h.*,
        h.war_type = 'ranked' AND s.first_attacker IS NOT DISTINCT FROM h.defending_faction_id
            AND s.first_defender IS NOT DISTINCT FROM h.attacking_faction_id
            AND h.attacking_faction_id IS DISTINCT FROM h.defending_faction_id AS is_turned,
        CASE
            WHEN h.is_over THEN CASE WHEN h.lowest_at_end < h.lowest OR h.lowest IS NULL
                THEN h.lowest_at_end ELSE h.lowest END
            ELSE coalesce(h.required_score, h.lowest) END AS carried_score,
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
-- All facts of a row as one text: as it is, and completed.
told AS (
    SELECT
        *,
        concat_ws('|', coalesce(territory_id, '-'),
            coalesce(CAST(one_faction AS VARCHAR(20)), '-'), coalesce(CAST(other_faction AS VARCHAR(20)), '-'),
            coalesce(CAST(one_score AS VARCHAR(20)), '-'), coalesce(CAST(other_score AS VARCHAR(20)), '-'),
            coalesce(CAST(required_score AS VARCHAR(20)), '-'), coalesce(status, '-'), coalesce(end_reason, '-'),
            coalesce(CAST(winner_faction_id AS VARCHAR(20)), '-'), coalesce(CAST(started_at AS VARCHAR(40)), '-'),
            coalesce(CAST(ends_at AS VARCHAR(40)), '-')) AS own_facts,
        concat_ws('|', coalesce(known_territory, '-'),
            coalesce(CAST(known_one AS VARCHAR(20)), '-'), coalesce(CAST(known_other AS VARCHAR(20)), '-'),
            coalesce(CAST(known_one_score AS VARCHAR(20)), '-'), coalesce(CAST(known_other_score AS VARCHAR(20)), '-'),
            coalesce(CAST(known_required AS VARCHAR(20)), '-'), coalesce(status, '-'), coalesce(known_reason, '-'),
            coalesce(CAST(winner_faction_id AS VARCHAR(20)), '-'), coalesce(CAST(known_start AS VARCHAR(40)), '-'),
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
known AS (
    SELECT
        *,
        NOT is_first AND row_number() OVER (PARTITION BY war_type, war_id, moment, facts ORDER BY n) > 1 AS is_double
    FROM behind
),
-- Where only one row of a second counts, the facts after it are known, whether it stays or repeats them.
placed_rows AS (
    SELECT
        *,
        NOT is_double AND min(CASE WHEN NOT is_double THEN n END) OVER (PARTITION BY war_type, war_id, moment)
            = max(CASE WHEN NOT is_double THEN n END) OVER (PARTITION BY war_type, war_id, moment) AS is_alone
    FROM known
),
once_before AS (
    SELECT
        *,
        max_by(own_facts, CASE WHEN is_first THEN n END) OVER before AS own_last,
        max_by(facts, CASE WHEN NOT is_double THEN n END) OVER before AS last_facts,
        max_by(facts, CASE WHEN NOT is_double THEN n END) OVER earlier AS earlier_facts
    FROM placed_rows
    WINDOW
        before AS (PARTITION BY war_type, war_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        earlier AS (PARTITION BY war_type, war_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
once AS (
    SELECT
        war_type, war_id, n, moment, facts, is_first, is_turned, is_double, is_alone,
        own_last IS DISTINCT FROM own_facts AS is_own_change,
        CASE WHEN is_first THEN last_facts IS DISTINCT FROM facts OR own_last IS NOT DISTINCT FROM own_facts
            ELSE last_facts IS DISTINCT FROM facts AND earlier_facts IS DISTINCT FROM facts AND NOT is_double END AS is_kept
    FROM once_before
),
twice_before AS (
    SELECT
        war_type, war_id, n, moment, facts, is_first, is_turned, is_double, is_alone, is_own_change,
        max_by(facts, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_facts,
        max_by(facts, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_facts
    FROM once
    WINDOW
        before AS (PARTITION BY war_type, war_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        earlier AS (PARTITION BY war_type, war_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
twice AS (
    SELECT
        war_type, war_id, n, moment, facts, is_first, is_turned, is_double, is_alone, is_own_change,
        CASE WHEN is_first THEN last_facts IS DISTINCT FROM facts OR NOT is_own_change
            ELSE last_facts IS DISTINCT FROM facts AND earlier_facts IS DISTINCT FROM facts AND NOT is_double END AS is_kept
    FROM twice_before
),
thrice_before AS (
    SELECT
        war_type, war_id, n, moment, facts, is_first, is_turned, is_double, is_alone, is_own_change,
        max_by(facts, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_facts,
        max_by(facts, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_facts
    FROM twice
    WINDOW
        before AS (PARTITION BY war_type, war_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        earlier AS (PARTITION BY war_type, war_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
thrice AS (
    SELECT
        war_type, war_id, n, moment, facts, is_first, is_turned, is_double, is_alone, is_own_change,
        CASE WHEN is_first THEN last_facts IS DISTINCT FROM facts OR NOT is_own_change
            ELSE last_facts IS DISTINCT FROM facts AND earlier_facts IS DISTINCT FROM facts AND NOT is_double END AS is_kept
    FROM thrice_before
),
decided_before AS (
    SELECT
        war_type, war_id, n, moment, facts, is_first, is_turned, is_double, is_alone, is_own_change,
        max_by(facts, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_facts,
        max_by(facts, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_facts
    FROM thrice
    WINDOW
        before AS (PARTITION BY war_type, war_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        earlier AS (PARTITION BY war_type, war_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
decided AS (
    SELECT
        war_type, war_id, n, moment, facts, is_first, is_turned, is_double, is_alone, is_own_change,
        CASE WHEN is_first THEN last_facts IS DISTINCT FROM facts OR NOT is_own_change
            ELSE last_facts IS DISTINCT FROM facts AND earlier_facts IS DISTINCT FROM facts AND NOT is_double END AS is_kept
    FROM decided_before
),
placed_sides AS (
    SELECT
        *,
        -- The order of sides of the newest row of the first database, which the rows of others take over.
        max_by(is_turned, CASE WHEN is_first AND (is_kept OR (SELECT max(every_poll) FROM lake_settings)) THEN n END) OVER (
            PARTITION BY war_type, war_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS is_first_turned
    FROM decided
),
kept AS (
    SELECT k.*, CASE WHEN d.is_first THEN d.is_turned ELSE coalesce(d.is_first_turned, false) END AS is_result_turned
    FROM placed_sides AS d
    JOIN behind AS k ON k.war_type = d.war_type AND k.war_id = d.war_id AND k.n = d.n
    WHERE d.is_kept OR (NOT d.is_double AND (SELECT max(every_poll) FROM lake_settings))
)
SELECT
    k.id, k.war_id, k.war_type,
    CASE WHEN k.is_first THEN k.territory_id ELSE r.known_territory END AS territory_id,
    CASE WHEN k.is_first THEN k.attacking_faction_id WHEN k.is_result_turned THEN r.known_other ELSE r.known_one END
        AS attacking_faction_id,
    CASE WHEN k.is_first THEN k.defending_faction_id WHEN k.is_result_turned THEN r.known_one ELSE r.known_other END
        AS defending_faction_id,
    CASE WHEN k.is_first THEN k.attacking_score WHEN k.is_result_turned THEN r.known_other_score ELSE r.known_one_score END
        AS attacking_score,
    CASE WHEN k.is_first THEN k.defending_score WHEN k.is_result_turned THEN r.known_one_score ELSE r.known_other_score END
        AS defending_score,
    CASE WHEN k.is_first THEN k.carried_score ELSE r.known_required END AS required_score,
    CASE WHEN k.is_first THEN k.status ELSE r.status END AS status,
    CASE WHEN k.is_first THEN k.end_reason ELSE r.known_reason END AS end_reason,
    CASE WHEN k.is_first THEN k.winner_faction_id ELSE r.winner_faction_id END AS winner_faction_id,
    CASE WHEN k.is_first THEN k.started_at ELSE r.known_start END AS started_at,
    CASE WHEN k.is_first THEN k.ends_at ELSE r.ends_at END AS ends_at,
    k.recorded_at, k.data_source, k.database_id
FROM kept AS k
JOIN completed AS r ON r.war_type = k.war_type AND r.war_id = k.war_id AND r.n = k.result
UNION ALL
SELECT
    h.id, h.war_id, h.war_type, h.territory_id, h.attacking_faction_id, h.defending_faction_id, h.attacking_score,
    h.defending_score, h.required_score, h.status, h.end_reason, h.winner_faction_id, h.started_at, h.ends_at, h.recorded_at,
    h.data_source, h.database_id
FROM war_status_history AS h
LEFT JOIN shared AS s ON s.war_type = h.war_type AND s.war_id = h.war_id
WHERE s.war_id IS NULL
