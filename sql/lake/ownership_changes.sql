-- The history of all tiles: the rows of all databases without those that are no change, as `tornsnap import` merges them.
--
-- A row stays if its owner, racket or war differs from the row before it; the rows of all databases count for that, in the order
-- of time, database and id. A war that is not known is no change, and neither is an unknown level of the same racket.
-- A tile that only one database has is left as it is. A row of the first database that repeats what this database told before
-- stays, too: it was recorded as a poll, or its neighbours were deleted. A row of another database falls out if it says what the
-- tile was before its second, or what a row of this second says.
-- lake_settings.every_poll: all rows stay, but equal facts of one second count once.
--
-- Whether a row stays decides which row was the last one. That matters only if two databases gave different answers in the same
-- second, so it is decided four times, each time without the rows that fell out before. Only after more than four such seconds
-- one directly after the other may a repeated row stay, or a change fall out.
WITH
shared AS (
    SELECT territory_id, min(database_id) AS first_database
    FROM territory_ownership_history
    GROUP BY territory_id
    HAVING min(database_id) <> max(database_id)
),
counted AS (
    SELECT
        h.id, h.territory_id, h.faction_id, h.sector, h.coordinate_x, h.coordinate_y, h.racket_level, h.racket_type,
        h.war_status, h.recorded_at, h.data_source, h.database_id,
        h.database_id = s.first_database AS is_first,
        row_number() OVER in_order AS n,
        dense_rank() OVER (PARTITION BY h.territory_id ORDER BY h.recorded_at) AS moment,
        lag(h.racket_level) OVER in_order AS previous_level,
        lag(h.racket_type) OVER in_order AS previous_type,
        lag(h.war_status) OVER in_order AS previous_war
    FROM territory_ownership_history AS h
    JOIN shared AS s ON s.territory_id = h.territory_id
    WINDOW in_order AS (PARTITION BY h.territory_id ORDER BY h.recorded_at, h.database_id, h.id)
),
-- What each second says, and the number of the first row that says it.
said AS (
    SELECT territory_id, moment, faction_id, racket_level, racket_type, war_status, min(n) AS said_n
    FROM counted
    GROUP BY territory_id, moment, faction_id, racket_level, racket_type, war_status
),
-- Whether an earlier row of the second says the same as the row, or as the row with what the row before it knows.
numbered AS (
    SELECT
        r.*,
        NOT r.is_first AND (as_is.said_n < r.n OR coalesce(completed.said_n < r.n, false)) AS is_double
    FROM counted AS r
    JOIN said AS as_is ON as_is.territory_id = r.territory_id AND as_is.moment = r.moment
        AND as_is.faction_id IS NOT DISTINCT FROM r.faction_id AND as_is.racket_type IS NOT DISTINCT FROM r.racket_type
        AND as_is.racket_level IS NOT DISTINCT FROM r.racket_level AND as_is.war_status IS NOT DISTINCT FROM r.war_status
    LEFT JOIN said AS completed ON completed.territory_id = r.territory_id AND completed.moment = r.moment
        AND completed.faction_id IS NOT DISTINCT FROM r.faction_id
        AND completed.racket_type IS NOT DISTINCT FROM r.racket_type
        AND completed.racket_level IS NOT DISTINCT FROM coalesce(
            r.racket_level, CASE WHEN r.previous_type = r.racket_type THEN r.previous_level END)
        AND completed.war_status IS NOT DISTINCT FROM coalesce(r.war_status, r.previous_war)
),
facts AS (
    SELECT territory_id, n, faction_id, racket_level, racket_type, war_status FROM numbered
),
-- The numbers of the rows to compare with: of this database, of all, and the last one before the second.
once_before AS (
    SELECT
        *,
        max(CASE WHEN is_first THEN n END) OVER (
            PARTITION BY territory_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS own_n,
        max(CASE WHEN NOT is_double THEN n END) OVER (
            PARTITION BY territory_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_n,
        max(CASE WHEN NOT is_double THEN n END) OVER (
            PARTITION BY territory_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_n
    FROM numbered
),
once AS (
    SELECT
        r.territory_id, r.n, r.moment, r.is_first, r.is_double,
        own.n IS NULL OR own.faction_id IS DISTINCT FROM r.faction_id OR own.racket_type IS DISTINCT FROM r.racket_type
            OR own.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN own.racket_type = r.racket_type THEN own.racket_level END)
            OR own.war_status IS DISTINCT FROM coalesce(r.war_status, own.war_status) AS is_own_change,
        last.n IS NULL OR last.faction_id IS DISTINCT FROM r.faction_id OR last.racket_type IS DISTINCT FROM r.racket_type
            OR last.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN last.racket_type = r.racket_type THEN last.racket_level END)
            OR last.war_status IS DISTINCT FROM coalesce(r.war_status, last.war_status) AS differs,
        earlier.n IS NULL OR earlier.faction_id IS DISTINCT FROM r.faction_id
            OR earlier.racket_type IS DISTINCT FROM r.racket_type
            OR earlier.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN earlier.racket_type = r.racket_type THEN earlier.racket_level END)
            OR earlier.war_status IS DISTINCT FROM coalesce(r.war_status, earlier.war_status) AS differs_from_earlier
    FROM once_before AS r
    LEFT JOIN facts AS own ON own.territory_id = r.territory_id AND own.n = r.own_n
    LEFT JOIN facts AS last ON last.territory_id = r.territory_id AND last.n = r.last_n
    LEFT JOIN facts AS earlier ON earlier.territory_id = r.territory_id AND earlier.n = r.earlier_n
),
once_kept AS (
    SELECT
        territory_id, n, moment, is_first, is_double, is_own_change,
        CASE WHEN is_first THEN differs OR NOT is_own_change
            ELSE differs AND differs_from_earlier AND NOT is_double END AS is_kept
    FROM once
),
twice_before AS (
    SELECT
        k.territory_id, k.n, k.moment, k.is_first, k.is_double, k.is_own_change,
        f.faction_id, f.racket_level, f.racket_type, f.war_status,
        max(CASE WHEN k.is_kept THEN k.n END) OVER (
            PARTITION BY k.territory_id ORDER BY k.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_n,
        max(CASE WHEN k.is_kept THEN k.n END) OVER (
            PARTITION BY k.territory_id ORDER BY k.moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_n
    FROM once_kept AS k
    JOIN facts AS f ON f.territory_id = k.territory_id AND f.n = k.n
),
twice AS (
    SELECT
        r.territory_id, r.n, r.moment, r.is_first, r.is_double, r.is_own_change,
        last.n IS NULL OR last.faction_id IS DISTINCT FROM r.faction_id OR last.racket_type IS DISTINCT FROM r.racket_type
            OR last.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN last.racket_type = r.racket_type THEN last.racket_level END)
            OR last.war_status IS DISTINCT FROM coalesce(r.war_status, last.war_status) AS differs,
        earlier.n IS NULL OR earlier.faction_id IS DISTINCT FROM r.faction_id
            OR earlier.racket_type IS DISTINCT FROM r.racket_type
            OR earlier.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN earlier.racket_type = r.racket_type THEN earlier.racket_level END)
            OR earlier.war_status IS DISTINCT FROM coalesce(r.war_status, earlier.war_status) AS differs_from_earlier
    FROM twice_before AS r
    LEFT JOIN facts AS last ON last.territory_id = r.territory_id AND last.n = r.last_n
    LEFT JOIN facts AS earlier ON earlier.territory_id = r.territory_id AND earlier.n = r.earlier_n
),
twice_kept AS (
    SELECT
        territory_id, n, moment, is_first, is_double, is_own_change,
        CASE WHEN is_first THEN differs OR NOT is_own_change
            ELSE differs AND differs_from_earlier AND NOT is_double END AS is_kept
    FROM twice
),
thrice_before AS (
    SELECT
        k.territory_id, k.n, k.moment, k.is_first, k.is_double, k.is_own_change,
        f.faction_id, f.racket_level, f.racket_type, f.war_status,
        max(CASE WHEN k.is_kept THEN k.n END) OVER (
            PARTITION BY k.territory_id ORDER BY k.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_n,
        max(CASE WHEN k.is_kept THEN k.n END) OVER (
            PARTITION BY k.territory_id ORDER BY k.moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_n
    FROM twice_kept AS k
    JOIN facts AS f ON f.territory_id = k.territory_id AND f.n = k.n
),
thrice AS (
    SELECT
        r.territory_id, r.n, r.moment, r.is_first, r.is_double, r.is_own_change,
        last.n IS NULL OR last.faction_id IS DISTINCT FROM r.faction_id OR last.racket_type IS DISTINCT FROM r.racket_type
            OR last.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN last.racket_type = r.racket_type THEN last.racket_level END)
            OR last.war_status IS DISTINCT FROM coalesce(r.war_status, last.war_status) AS differs,
        earlier.n IS NULL OR earlier.faction_id IS DISTINCT FROM r.faction_id
            OR earlier.racket_type IS DISTINCT FROM r.racket_type
            OR earlier.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN earlier.racket_type = r.racket_type THEN earlier.racket_level END)
            OR earlier.war_status IS DISTINCT FROM coalesce(r.war_status, earlier.war_status) AS differs_from_earlier
    FROM thrice_before AS r
    LEFT JOIN facts AS last ON last.territory_id = r.territory_id AND last.n = r.last_n
    LEFT JOIN facts AS earlier ON earlier.territory_id = r.territory_id AND earlier.n = r.earlier_n
),
thrice_kept AS (
    SELECT
        territory_id, n, moment, is_first, is_double, is_own_change,
        CASE WHEN is_first THEN differs OR NOT is_own_change
            ELSE differs AND differs_from_earlier AND NOT is_double END AS is_kept
    FROM thrice
),
decided_before AS (
    SELECT
        k.territory_id, k.n, k.moment, k.is_first, k.is_double, k.is_own_change,
        f.faction_id, f.racket_level, f.racket_type, f.war_status,
        max(CASE WHEN k.is_kept THEN k.n END) OVER (
            PARTITION BY k.territory_id ORDER BY k.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_n,
        max(CASE WHEN k.is_kept THEN k.n END) OVER (
            PARTITION BY k.territory_id ORDER BY k.moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_n
    FROM thrice_kept AS k
    JOIN facts AS f ON f.territory_id = k.territory_id AND f.n = k.n
),
decided AS (
    SELECT
        r.territory_id, r.n, r.moment, r.is_first, r.is_double, r.is_own_change,
        last.n IS NULL OR last.faction_id IS DISTINCT FROM r.faction_id OR last.racket_type IS DISTINCT FROM r.racket_type
            OR last.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN last.racket_type = r.racket_type THEN last.racket_level END)
            OR last.war_status IS DISTINCT FROM coalesce(r.war_status, last.war_status) AS differs,
        earlier.n IS NULL OR earlier.faction_id IS DISTINCT FROM r.faction_id
            OR earlier.racket_type IS DISTINCT FROM r.racket_type
            OR earlier.racket_level IS DISTINCT FROM coalesce(
                r.racket_level, CASE WHEN earlier.racket_type = r.racket_type THEN earlier.racket_level END)
            OR earlier.war_status IS DISTINCT FROM coalesce(r.war_status, earlier.war_status) AS differs_from_earlier
    FROM decided_before AS r
    LEFT JOIN facts AS last ON last.territory_id = r.territory_id AND last.n = r.last_n
    LEFT JOIN facts AS earlier ON earlier.territory_id = r.territory_id AND earlier.n = r.earlier_n
),
decided_kept AS (
    SELECT
        territory_id, n, moment, is_first, is_double, is_own_change,
        CASE WHEN is_first THEN differs OR NOT is_own_change
            ELSE differs AND differs_from_earlier AND NOT is_double END AS is_kept
    FROM decided
),
kept AS (
    SELECT territory_id, n
    FROM decided_kept
    WHERE is_kept OR (NOT is_double AND (SELECT max(every_poll) FROM lake_settings))
)
SELECT
    r.id, r.territory_id, r.faction_id, r.sector, r.coordinate_x, r.coordinate_y, r.racket_level, r.racket_type,
    r.war_status, r.recorded_at, r.data_source, r.database_id
FROM numbered AS r
JOIN kept AS k ON k.territory_id = r.territory_id AND k.n = r.n
UNION ALL
SELECT
    h.id, h.territory_id, h.faction_id, h.sector, h.coordinate_x, h.coordinate_y, h.racket_level, h.racket_type,
    h.war_status, h.recorded_at, h.data_source, h.database_id
FROM territory_ownership_history AS h
LEFT JOIN shared AS s ON s.territory_id = h.territory_id
WHERE s.territory_id IS NULL
