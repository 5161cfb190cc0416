-- Sets the values in the states of factions that were told later than the stored ones, each value on its own.
-- The larger of two values of the same time counts, so that the order of imports does not matter.
UPDATE main.factions AS stored
SET
    respect = CASE
        WHEN stored.respect IS NULL
          OR (told.respect_at, told.respect) > (told.stored_respect_at, stored.respect)
            THEN coalesce(told.respect, stored.respect)
        ELSE stored.respect END,
    member_count = CASE
        WHEN stored.member_count IS NULL
          OR (told.member_count_at, told.member_count) > (told.stored_member_count_at, stored.member_count)
            THEN coalesce(told.member_count, stored.member_count)
        ELSE stored.member_count END,
    best_chain = CASE
        WHEN stored.best_chain IS NULL
          OR (told.best_chain_at, told.best_chain) > (told.stored_best_chain_at, stored.best_chain)
            THEN coalesce(told.best_chain, stored.best_chain)
        ELSE stored.best_chain END
FROM (
    SELECT
        newest.faction_id,
        newest.respect,
        coalesce(newest.respect_at, 0) AS respect_at,
        coalesce(times.respect_at, 0) AS stored_respect_at,
        newest.member_count,
        coalesce(newest.member_count_at, 0) AS member_count_at,
        coalesce(times.member_count_at, 0) AS stored_member_count_at,
        newest.best_chain,
        coalesce(newest.best_chain_at, 0) AS best_chain_at,
        coalesce(times.best_chain_at, 0) AS stored_best_chain_at
    FROM temp.told_factions AS newest
    LEFT JOIN main.faction_value_times AS times ON times.faction_id = newest.faction_id
) AS told
WHERE told.faction_id = stored.faction_id
