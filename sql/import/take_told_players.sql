-- Sets the values in the states of players that were told later than the stored ones, each value on its own.
-- The larger of two values of the same time counts, so that the order of imports does not matter.
UPDATE main.players AS stored
SET
    level = CASE
        WHEN stored.level IS NULL
          OR (told.level_at, told.level) > (told.stored_level_at, stored.level)
            THEN coalesce(told.level, stored.level)
        ELSE stored.level END,
    life_maximum = CASE
        WHEN stored.life_maximum IS NULL
          OR (told.life_maximum_at, told.life_maximum) > (told.stored_life_maximum_at, stored.life_maximum)
            THEN coalesce(told.life_maximum, stored.life_maximum)
        ELSE stored.life_maximum END
FROM (
    SELECT
        newest.player_id,
        newest.level,
        coalesce(newest.level_at, 0) AS level_at,
        coalesce(times.level_at, 0) AS stored_level_at,
        newest.life_maximum,
        coalesce(newest.life_maximum_at, 0) AS life_maximum_at,
        coalesce(times.life_maximum_at, 0) AS stored_life_maximum_at
    FROM temp.told_players AS newest
    LEFT JOIN main.player_value_times AS times ON times.player_id = newest.player_id
) AS told
WHERE told.player_id = stored.player_id
