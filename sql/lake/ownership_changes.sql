-- The history of all tiles: the rows of all databases without those that are no change, as `tornsnap import` merges them.
--
-- A row stays if its owner, racket or war differs from the row before it; the rows of all databases count for that, in the
-- order of time, database and id. A war that is not known is no change, and neither is an unknown level of the same racket.
-- A tile that only one database has is left as it is. A row of the first database that repeats what this database told
-- before stays, too: it was recorded as a poll, or its neighbours were deleted. A row of another database falls out if it
-- says what the tile was before its second, or what a row of this second says. lake_settings.every_poll: all rows stay, but
-- equal facts of one second count once.
--
-- Whether a row stays can change what the last value was only if the databases gave different answers in the same second. So
-- it is decided four times, each time without the rows of such seconds that fell out before. Only after more than four such
-- seconds one directly after the other may a repeated row stay, or a change fall out.
WITH
shared AS (
    SELECT territory_id, min(database_id) AS first_database
    FROM territory_ownership_history
    GROUP BY territory_id
    HAVING min(database_id) <> max(database_id)
),
-- Texts and numbers that no row has stand for NULL, so that plain comparisons do.
counted AS (
    SELECT
        h.*,
        coalesce(h.faction_id, 0) AS owner, coalesce(h.racket_type, '') AS racket, coalesce(h.racket_level, -1)
        AS racket_value,
        coalesce(h.war_status, '') AS war,
        h.database_id = s.first_database AS is_first,
        row_number() OVER (PARTITION BY h.territory_id ORDER BY h.recorded_at, h.database_id, h.id) AS n,
        dense_rank() OVER (PARTITION BY h.territory_id ORDER BY h.recorded_at) AS moment
    FROM territory_ownership_history AS h
    JOIN shared AS s ON s.territory_id = h.territory_id
),
-- The row before it completes each row: an unknown level of the same racket, or an unknown war, is that of the row before.
completed AS (
    SELECT
        *,
        min(n) OVER (PARTITION BY territory_id, moment, owner, racket, racket_value, war) < n AS is_repeated,
        CASE WHEN racket_value = -1 AND racket <> '' AND racket = lag(racket) OVER in_order
            THEN lag(racket_value) OVER in_order ELSE racket_value END AS known_value,
        CASE WHEN war = '' THEN coalesce(lag(war) OVER in_order, '') ELSE war END AS known_war
    FROM counted
    WINDOW in_order AS (PARTITION BY territory_id ORDER BY n)
),
-- The facts of each second, with the number of the first row that has them.
said AS (
    SELECT territory_id, moment, owner, racket, racket_value, war, min(n) AS said_n
    FROM counted
    GROUP BY territory_id, moment, owner, racket, racket_value, war
),
-- Whether an earlier row of the second says the same.
numbered AS (
    SELECT r.*, NOT r.is_first AND (r.is_repeated OR coalesce(said.said_n < r.n, false)) AS is_double
    FROM completed AS r
    LEFT JOIN said ON said.territory_id = r.territory_id AND said.moment = r.moment AND said.owner = r.owner
        AND said.racket = r.racket AND said.racket_value = r.known_value AND said.war = r.known_war
),
-- Where only one row of a second counts, the facts after it are known, whether it stays or repeats them.
placed AS (
    SELECT
        *,
        NOT is_double AND war <> '' AND (racket_value <> -1 OR racket = '')
            AND min(CASE WHEN NOT is_double THEN n END) OVER (PARTITION BY territory_id, moment)
            = max(CASE WHEN NOT is_double THEN n END) OVER (PARTITION BY territory_id, moment) AS is_alone
    FROM numbered
),
once_known AS (
    SELECT
        *,
        max_by(owner, CASE WHEN is_first THEN n END) OVER before AS own_owner,
        max_by(racket, CASE WHEN is_first THEN n END) OVER before AS own_racket,
        max_by(racket_value, CASE WHEN is_first THEN n END) OVER before AS own_racket_value,
        max_by(war, CASE WHEN is_first THEN n END) OVER before AS own_war,
        max_by(owner, CASE WHEN NOT is_double THEN n END) OVER before AS last_owner,
        max_by(racket, CASE WHEN NOT is_double THEN n END) OVER before AS last_racket,
        max_by(racket_value, CASE WHEN NOT is_double THEN n END) OVER before AS last_racket_value,
        max_by(war, CASE WHEN NOT is_double THEN n END) OVER before AS last_war,
        max_by(owner, CASE WHEN NOT is_double THEN n END) OVER earlier AS earlier_owner,
        max_by(racket, CASE WHEN NOT is_double THEN n END) OVER earlier AS earlier_racket,
        max_by(racket_value, CASE WHEN NOT is_double THEN n END) OVER earlier AS earlier_racket_value,
        max_by(war, CASE WHEN NOT is_double THEN n END) OVER earlier AS earlier_war
    FROM placed
    WINDOW
        before AS (PARTITION BY territory_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        earlier AS (PARTITION BY territory_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
once_compared AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone,
        (own_owner IS NULL OR owner <> own_owner OR racket <> own_racket OR (war <> '' AND war <> own_war)
            OR (racket_value <> own_racket_value AND (racket_value <> -1 OR racket = ''))) AS is_own_change,
        (last_owner IS NULL OR owner <> last_owner OR racket <> last_racket OR (war <> '' AND war <> last_war)
            OR (racket_value <> last_racket_value AND (racket_value <> -1 OR racket = ''))) AS differs,
        (earlier_owner IS NULL OR owner <> earlier_owner OR racket <> earlier_racket OR (war <> '' AND war <> earlier_war)
            OR (racket_value <> earlier_racket_value AND (racket_value <> -1 OR racket = ''))) AS differs_from_earlier
    FROM once_known
),
once AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone, is_own_change,
        CASE WHEN is_first THEN differs OR NOT is_own_change
            ELSE differs AND differs_from_earlier AND NOT is_double END AS is_kept
    FROM once_compared
),
twice_known AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone, is_own_change,
        max_by(owner, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_owner,
        max_by(racket, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_racket,
        max_by(racket_value, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_racket_value,
        max_by(war, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_war,
        max_by(owner, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_owner,
        max_by(racket, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_racket,
        max_by(racket_value, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_racket_value,
        max_by(war, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_war
    FROM once
    WINDOW
        before AS (PARTITION BY territory_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        earlier AS (PARTITION BY territory_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
twice_compared AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone,
        is_own_change,
        (last_owner IS NULL OR owner <> last_owner OR racket <> last_racket OR (war <> '' AND war <> last_war)
            OR (racket_value <> last_racket_value AND (racket_value <> -1 OR racket = ''))) AS differs,
        (earlier_owner IS NULL OR owner <> earlier_owner OR racket <> earlier_racket OR (war <> '' AND war <> earlier_war)
            OR (racket_value <> earlier_racket_value AND (racket_value <> -1 OR racket = ''))) AS differs_from_earlier
    FROM twice_known
),
twice AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone, is_own_change,
        CASE WHEN is_first THEN differs OR NOT is_own_change
            ELSE differs AND differs_from_earlier AND NOT is_double END AS is_kept
    FROM twice_compared
),
thrice_known AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone, is_own_change,
        max_by(owner, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_owner,
        max_by(racket, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_racket,
        max_by(racket_value, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_racket_value,
        max_by(war, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_war,
        max_by(owner, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_owner,
        max_by(racket, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_racket,
        max_by(racket_value, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_racket_value,
        max_by(war, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_war
    FROM twice
    WINDOW
        before AS (PARTITION BY territory_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        earlier AS (PARTITION BY territory_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
thrice_compared AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone,
        is_own_change,
        (last_owner IS NULL OR owner <> last_owner OR racket <> last_racket OR (war <> '' AND war <> last_war)
            OR (racket_value <> last_racket_value AND (racket_value <> -1 OR racket = ''))) AS differs,
        (earlier_owner IS NULL OR owner <> earlier_owner OR racket <> earlier_racket OR (war <> '' AND war <> earlier_war)
            OR (racket_value <> earlier_racket_value AND (racket_value <> -1 OR racket = ''))) AS differs_from_earlier
    FROM thrice_known
),
thrice AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone, is_own_change,
        CASE WHEN is_first THEN differs OR NOT is_own_change
            ELSE differs AND differs_from_earlier AND NOT is_double END AS is_kept
    FROM thrice_compared
),
decided_known AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone, is_own_change,
        max_by(owner, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_owner,
        max_by(racket, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_racket,
        max_by(racket_value, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_racket_value,
        max_by(war, CASE WHEN is_kept OR is_alone THEN n END) OVER before AS last_war,
        max_by(owner, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_owner,
        max_by(racket, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_racket,
        max_by(racket_value, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_racket_value,
        max_by(war, CASE WHEN is_kept OR is_alone THEN n END) OVER earlier AS earlier_war
    FROM thrice
    WINDOW
        before AS (PARTITION BY territory_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        earlier AS (PARTITION BY territory_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
decided_compared AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone,
        is_own_change,
        (last_owner IS NULL OR owner <> last_owner OR racket <> last_racket OR (war <> '' AND war <> last_war)
            OR (racket_value <> last_racket_value AND (racket_value <> -1 OR racket = ''))) AS differs,
        (earlier_owner IS NULL OR owner <> earlier_owner OR racket <> earlier_racket OR (war <> '' AND war <> earlier_war)
            OR (racket_value <> earlier_racket_value AND (racket_value <> -1 OR racket = ''))) AS differs_from_earlier
    FROM decided_known
),
decided AS (
    SELECT
        territory_id, n, moment, owner, racket, racket_value, war, is_first, is_double, is_alone, is_own_change,
        CASE WHEN is_first THEN differs OR NOT is_own_change
            ELSE differs AND differs_from_earlier AND NOT is_double END AS is_kept
    FROM decided_compared
)
SELECT
    r.id, r.territory_id, r.faction_id, r.sector, r.coordinate_x, r.coordinate_y, r.racket_level, r.racket_type,
    r.war_status, r.recorded_at, r.data_source, r.database_id
FROM counted AS r
JOIN decided AS d ON d.territory_id = r.territory_id AND d.n = r.n
WHERE d.is_kept OR (NOT d.is_double AND (SELECT max(every_poll) FROM lake_settings))
UNION ALL
SELECT
    h.id, h.territory_id, h.faction_id, h.sector, h.coordinate_x, h.coordinate_y, h.racket_level, h.racket_type,
    h.war_status, h.recorded_at, h.data_source, h.database_id
FROM territory_ownership_history AS h
LEFT JOIN shared AS s ON s.territory_id = h.territory_id
WHERE s.territory_id IS NULL
