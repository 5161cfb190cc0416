-- The history of all tiles: the rows of all databases without those that are no change, as `tornsnap import` of all of them
-- into a new database merges them, in any order.
--
-- The rows are in the order of time. The rows of one second are in the order of their values, because nothing tells which
-- database asked first: unknown ones first, then the lower ones, column by column. But if only one database tells this
-- second, or all tell the same, its rows are in the order of their ids. `place` is the number of a row in this order.
--
-- A second is a change if one of its rows tells another owner, racket or war than was known before. A war that is not known
-- is no change, and neither is an unknown level of the same racket. All rows of the second stay then, and none otherwise;
-- equal ones count once. So what was known before a second does not depend on which rows stay. A lake of one database: all
-- rows stay. lake_settings.every_poll: all seconds stay.
WITH
-- Texts and numbers that no row has stand for NULL, so that plain comparisons do.
told AS (
    SELECT
        h.*,
        coalesce(h.faction_id, 0) AS owner, coalesce(h.racket_type, '') AS racket,
        coalesce(h.racket_level, -1) AS racket_value, coalesce(h.war_status, '') AS war,
        row_number() OVER (PARTITION BY h.territory_id, h.recorded_at, h.database_id ORDER BY h.id) AS own_place
    FROM territory_ownership_history AS h
    WHERE (SELECT count(*) FROM lake_databases) > 1
),
counted AS (
    SELECT
        *,
        sum(CASE WHEN own_place = 1 THEN 1 ELSE 0 END) OVER (PARTITION BY territory_id, recorded_at) AS tellers,
        count(*) OVER alike AS alike,
        min(own_place) OVER alike AS first_place,
        max(own_place) OVER alike AS last_place,
        row_number() OVER (
            PARTITION BY territory_id, recorded_at, owner, racket_value, racket, war ORDER BY database_id, id) AS copy
    FROM told
    WINDOW alike AS (PARTITION BY territory_id, recorded_at, owner, racket_value, racket, war)
),
-- has_one_order: only one database tells this second, or all tell the same.
once AS (
    SELECT
        *,
        tellers = 1 OR min(CASE WHEN alike = tellers AND first_place = last_place THEN 1 ELSE 0 END) OVER (
            PARTITION BY territory_id, recorded_at) = 1 AS has_one_order
    FROM counted
),
placed AS (
    SELECT
        *,
        dense_rank() OVER (PARTITION BY territory_id ORDER BY recorded_at) AS moment,
        row_number() OVER (
            PARTITION BY territory_id
            ORDER BY
                recorded_at, CASE WHEN has_one_order THEN own_place END NULLS FIRST, owner, racket_value, racket, war,
                id) AS place
    FROM once
    WHERE copy = 1
),
followed AS (
    SELECT *, lag(racket) OVER (PARTITION BY territory_id ORDER BY place) AS previous_racket
    FROM placed
),
-- run: the number of the racket. It has the level that was last told of it.
numbered AS (
    SELECT
        *,
        sum(CASE WHEN racket IS DISTINCT FROM previous_racket THEN 1 ELSE 0 END) OVER (
            PARTITION BY territory_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
    FROM followed
),
completed AS (
    SELECT
        *,
        coalesce(
            CASE WHEN racket = '' THEN racket_value END,
            max_by(racket_value, CASE WHEN racket_value <> -1 THEN place END) OVER (
                PARTITION BY territory_id, run ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
            -1) AS known_value,
        coalesce(
            max_by(war, CASE WHEN war <> '' THEN place END) OVER (
                PARTITION BY territory_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
            '') AS known_war
    FROM numbered
),
known AS (
    SELECT
        *,
        max_by(owner, place) OVER earlier AS before_owner,
        max_by(racket, place) OVER earlier AS before_racket,
        max_by(known_value, place) OVER earlier AS before_value,
        max_by(known_war, place) OVER earlier AS before_war
    FROM completed
    WINDOW earlier AS (PARTITION BY territory_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- The values before the second are those before its first row.
before_second AS (
    SELECT
        *,
        first_value(before_owner) OVER in_second AS last_owner,
        first_value(before_racket) OVER in_second AS last_racket,
        first_value(before_value) OVER in_second AS last_value,
        first_value(before_war) OVER in_second AS last_war
    FROM known
    WINDOW in_second AS (PARTITION BY territory_id, moment ORDER BY place)
),
compared AS (
    SELECT
        *,
        max(CASE
            WHEN last_owner IS NULL OR owner <> last_owner OR racket <> last_racket OR (war <> '' AND war <> last_war)
                OR (racket_value <> last_value AND (racket_value <> -1 OR racket = ''))
            THEN 1 ELSE 0 END) OVER (PARTITION BY territory_id, moment) AS is_change
    FROM before_second
)
SELECT
    id, territory_id, faction_id, sector, coordinate_x, coordinate_y, racket_level, racket_type, war_status, recorded_at,
    data_source, database_id, place
FROM compared
WHERE is_change = 1 OR (SELECT max(every_poll) FROM lake_settings)
UNION ALL
SELECT
    id, territory_id, faction_id, sector, coordinate_x, coordinate_y, racket_level, racket_type, war_status, recorded_at,
    data_source, database_id,
    row_number() OVER (PARTITION BY territory_id ORDER BY recorded_at, id) AS place
FROM territory_ownership_history
WHERE (SELECT count(*) FROM lake_databases) = 1
