-- The history of all factions: the rows of all databases without those that are no change, as `tornsnap import` merges them.
--
-- A row stays if a value that is known differs from the last known one before its second; the rows of all databases count
-- for that, in the order of time, database and id. An entity that only one database has is left as it is. A row of the first
-- database that repeats what this database told before stays, too: it was recorded as a poll, or its neighbours were
-- deleted. Other databases add a row of a second only once. lake_settings.every_poll: all rows stay, but equal facts of one
-- second count once.
--
-- Whether a row stays can change what the last value was only if the databases gave different answers in the same second. So
-- it is decided four times, each time without the rows of such seconds that fell out before. Only after more than four such
-- seconds one directly after the other may a repeated row stay, or a change fall out.
WITH
shared AS (
    SELECT faction_id, min(database_id) AS first_database
    FROM faction_history
    GROUP BY faction_id
    HAVING min(database_id) <> max(database_id)
),
numbered AS (
    SELECT
        h.id, h.faction_id, h.timestamp, h.respect, h.member_count, h.best_chain, h.data_source, h.database_id,
        h.database_id = s.first_database AS is_first,
        row_number() OVER (PARTITION BY h.faction_id ORDER BY h.timestamp, h.database_id, h.id) AS n,
        dense_rank() OVER (PARTITION BY h.faction_id ORDER BY h.timestamp) AS moment,
        h.database_id <> s.first_database AND row_number() OVER (
            PARTITION BY h.faction_id, h.timestamp, h.respect, h.member_count, h.best_chain
            ORDER BY h.database_id, h.id) > 1 AS is_double
    FROM faction_history AS h
    JOIN shared AS s ON s.faction_id = h.faction_id
),
-- Where only one row of a second counts, the values after it are known, whether it stays or repeats them.
placed AS (
    SELECT
        *,
        NOT is_double AND min(CASE WHEN NOT is_double THEN n END) OVER (PARTITION BY faction_id, moment)
            = max(CASE WHEN NOT is_double THEN n END) OVER (PARTITION BY faction_id, moment) AS is_alone
    FROM numbered
),
once_known AS (
    SELECT
        *,
        max_by(respect, CASE WHEN is_first AND respect IS NOT NULL THEN n END) OVER earlier AS own_respect,
        max_by(member_count, CASE WHEN is_first AND member_count IS NOT NULL THEN n END) OVER earlier AS own_member_count,
        max_by(best_chain, CASE WHEN is_first AND best_chain IS NOT NULL THEN n END) OVER earlier AS own_best_chain,
        max_by(respect, CASE WHEN NOT is_double AND respect IS NOT NULL THEN n END) OVER earlier AS last_respect,
        max_by(member_count, CASE WHEN NOT is_double AND member_count IS NOT NULL THEN n END) OVER earlier
            AS last_member_count,
        max_by(best_chain, CASE WHEN NOT is_double AND best_chain IS NOT NULL THEN n END) OVER earlier AS last_best_chain
    FROM placed
    WINDOW earlier AS (PARTITION BY faction_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
once AS (
    SELECT
        id, faction_id, timestamp, respect, member_count, best_chain, data_source, database_id,
        moment, n, is_first, is_double, is_alone,
        ((respect IS NOT NULL AND respect IS DISTINCT FROM own_respect)
            OR (member_count IS NOT NULL AND member_count IS DISTINCT FROM own_member_count)
            OR (best_chain IS NOT NULL AND best_chain IS DISTINCT FROM own_best_chain)) AS is_own_change,
        NOT is_double AND (((respect IS NOT NULL AND respect IS DISTINCT FROM last_respect)
            OR (member_count IS NOT NULL AND member_count IS DISTINCT FROM last_member_count)
            OR (best_chain IS NOT NULL AND best_chain IS DISTINCT FROM last_best_chain))
            OR (is_first AND NOT is_own_change)) AS is_kept
    FROM once_known
),
twice_known AS (
    SELECT
        *,
        max_by(respect, CASE WHEN (is_kept OR is_alone) AND respect IS NOT NULL THEN n END) OVER earlier AS last_respect,
        max_by(member_count, CASE WHEN (is_kept OR is_alone) AND member_count IS NOT NULL THEN n END) OVER earlier
            AS last_member_count,
        max_by(best_chain, CASE WHEN (is_kept OR is_alone) AND best_chain IS NOT NULL THEN n END) OVER earlier
            AS last_best_chain
    FROM once
    WINDOW earlier AS (PARTITION BY faction_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
twice AS (
    SELECT
        id, faction_id, timestamp, respect, member_count, best_chain, data_source, database_id,
        moment, n, is_first, is_double, is_alone,
        is_own_change,
        NOT is_double AND (((respect IS NOT NULL AND respect IS DISTINCT FROM last_respect)
            OR (member_count IS NOT NULL AND member_count IS DISTINCT FROM last_member_count)
            OR (best_chain IS NOT NULL AND best_chain IS DISTINCT FROM last_best_chain))
            OR (is_first AND NOT is_own_change)) AS is_kept
    FROM twice_known
),
thrice_known AS (
    SELECT
        *,
        max_by(respect, CASE WHEN (is_kept OR is_alone) AND respect IS NOT NULL THEN n END) OVER earlier AS last_respect,
        max_by(member_count, CASE WHEN (is_kept OR is_alone) AND member_count IS NOT NULL THEN n END) OVER earlier
            AS last_member_count,
        max_by(best_chain, CASE WHEN (is_kept OR is_alone) AND best_chain IS NOT NULL THEN n END) OVER earlier
            AS last_best_chain
    FROM twice
    WINDOW earlier AS (PARTITION BY faction_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
thrice AS (
    SELECT
        id, faction_id, timestamp, respect, member_count, best_chain, data_source, database_id,
        moment, n, is_first, is_double, is_alone,
        is_own_change,
        NOT is_double AND (((respect IS NOT NULL AND respect IS DISTINCT FROM last_respect)
            OR (member_count IS NOT NULL AND member_count IS DISTINCT FROM last_member_count)
            OR (best_chain IS NOT NULL AND best_chain IS DISTINCT FROM last_best_chain))
            OR (is_first AND NOT is_own_change)) AS is_kept
    FROM thrice_known
),
decided_known AS (
    SELECT
        *,
        max_by(respect, CASE WHEN (is_kept OR is_alone) AND respect IS NOT NULL THEN n END) OVER earlier AS last_respect,
        max_by(member_count, CASE WHEN (is_kept OR is_alone) AND member_count IS NOT NULL THEN n END) OVER earlier
            AS last_member_count,
        max_by(best_chain, CASE WHEN (is_kept OR is_alone) AND best_chain IS NOT NULL THEN n END) OVER earlier
            AS last_best_chain
    FROM thrice
    WINDOW earlier AS (PARTITION BY faction_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
decided AS (
    SELECT
        id, faction_id, timestamp, respect, member_count, best_chain, data_source, database_id,
        moment, n, is_first, is_double, is_alone,
        is_own_change,
        NOT is_double AND (((respect IS NOT NULL AND respect IS DISTINCT FROM last_respect)
            OR (member_count IS NOT NULL AND member_count IS DISTINCT FROM last_member_count)
            OR (best_chain IS NOT NULL AND best_chain IS DISTINCT FROM last_best_chain))
            OR (is_first AND NOT is_own_change)) AS is_kept
    FROM decided_known
)
SELECT id, faction_id, timestamp, respect, member_count, best_chain, data_source, database_id
FROM decided
WHERE is_kept OR (NOT is_double AND (SELECT max(every_poll) FROM lake_settings))
UNION ALL
SELECT h.id, h.faction_id, h.timestamp, h.respect, h.member_count, h.best_chain, h.data_source, h.database_id
FROM faction_history AS h
LEFT JOIN shared AS s ON s.faction_id = h.faction_id
WHERE s.faction_id IS NULL
