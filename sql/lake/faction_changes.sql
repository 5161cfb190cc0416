-- The history of all factions: the rows of all databases without those that are no change, as `tornsnap import` of all of them
-- into a new database merges them, in any order.
--
-- The rows are in the order of time. The rows of one second are in the order of their values, because nothing tells which
-- database asked first: unknown ones first, then the lower ones, column by column. But if only one database tells this
-- second, or all tell the same, its rows are in the order of their ids. `place` is the number of a row in this order.
--
-- A second is a change if one of its rows has a known value that differs from the last known one before. All its rows stay
-- then, and none otherwise; equal ones count once. So what was known before a second does not depend on which rows stay. A
-- lake of one database: all rows stay. lake_settings.every_poll: all seconds stay.
WITH
told AS (
    SELECT
        h.id, h.faction_id, h.timestamp, h.respect, h.member_count, h.best_chain, h.data_source, h.database_id,
        row_number() OVER (PARTITION BY h.faction_id, h.timestamp, h.database_id ORDER BY h.id) AS own_place
    FROM faction_history AS h
    WHERE (SELECT count(*) FROM lake_databases) > 1
),
counted AS (
    SELECT
        *,
        sum(CASE WHEN own_place = 1 THEN 1 ELSE 0 END) OVER (PARTITION BY faction_id, timestamp) AS tellers,
        count(*) OVER alike AS alike,
        min(own_place) OVER alike AS first_place,
        max(own_place) OVER alike AS last_place,
        row_number() OVER (
            PARTITION BY faction_id, timestamp, respect,
                member_count, best_chain
            ORDER BY database_id, id) AS copy
    FROM told
    WINDOW alike AS (
        PARTITION BY faction_id, timestamp, respect,
            member_count, best_chain)
),
-- has_one_order: only one database tells this second, or all tell the same.
once AS (
    SELECT
        *,
        tellers = 1 OR min(CASE WHEN alike = tellers AND first_place = last_place THEN 1 ELSE 0 END) OVER (
            PARTITION BY faction_id, timestamp) = 1 AS has_one_order
    FROM counted
),
placed AS (
    SELECT
        *,
        dense_rank() OVER (PARTITION BY faction_id ORDER BY timestamp) AS moment,
        row_number() OVER (
            PARTITION BY faction_id
            ORDER BY
                timestamp, CASE WHEN has_one_order THEN own_place END NULLS FIRST,
                respect NULLS FIRST, member_count NULLS FIRST, best_chain NULLS FIRST, id) AS place
    FROM once
    WHERE copy = 1
),
known AS (
    SELECT
        *,
        max_by(respect, CASE WHEN respect IS NOT NULL THEN place END) OVER earlier AS before_respect,
        max_by(member_count, CASE WHEN member_count IS NOT NULL THEN place END) OVER earlier AS before_member_count,
        max_by(best_chain, CASE WHEN best_chain IS NOT NULL THEN place END) OVER earlier AS before_best_chain
    FROM placed
    WINDOW earlier AS (PARTITION BY faction_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- The values before the second are those before its first row.
before_second AS (
    SELECT
        *,
        first_value(before_respect) OVER in_second AS last_respect,
        first_value(before_member_count) OVER in_second AS last_member_count,
        first_value(before_best_chain) OVER in_second AS last_best_chain
    FROM known
    WINDOW in_second AS (PARTITION BY faction_id, moment ORDER BY place)
),
compared AS (
    SELECT
        *,
        max(CASE
            WHEN (respect IS NOT NULL AND respect IS DISTINCT FROM last_respect)
            OR (member_count IS NOT NULL AND member_count IS DISTINCT FROM last_member_count)
            OR (best_chain IS NOT NULL AND best_chain IS DISTINCT FROM last_best_chain)
            THEN 1 ELSE 0 END) OVER (PARTITION BY faction_id, moment) AS is_change
    FROM before_second
)
SELECT
    id, faction_id, timestamp, respect, member_count, best_chain, data_source, database_id, place
FROM compared
WHERE is_change = 1 OR (SELECT max(every_poll) FROM lake_settings)
UNION ALL
SELECT
    id, faction_id, timestamp, respect, member_count, best_chain, data_source, database_id,
    row_number() OVER (PARTITION BY faction_id ORDER BY timestamp, id) AS place
FROM faction_history
WHERE (SELECT count(*) FROM lake_databases) = 1
