-- A baseline for `tornsnap summarize`: one month with window functions, in the sqlite3 shell.
--
-- It does less than `summarize`: it looks for no value from before the month, does not skip unknown values, and leaves
-- out entities without rows in the month. The benchmark binds :start and :end (unix seconds).

PRAGMA foreign_keys = ON;
BEGIN IMMEDIATE;

CREATE TABLE window_players AS
SELECT DISTINCT
    player_id,
    first_value(strength) OVER month AS strength_start, last_value(strength) OVER month AS strength_end,
    first_value(defense) OVER month AS defense_start, last_value(defense) OVER month AS defense_end,
    first_value(speed) OVER month AS speed_start, last_value(speed) OVER month AS speed_end,
    first_value(dexterity) OVER month AS dexterity_start, last_value(dexterity) OVER month AS dexterity_end,
    first_value(total_stats) OVER month AS total_stats_start, last_value(total_stats) OVER month AS total_stats_end,
    first_value(level) OVER month AS level_start, last_value(level) OVER month AS level_end,
    first_value(life_maximum) OVER month AS life_maximum_start, last_value(life_maximum) OVER month AS life_maximum_end,
    first_value(networth) OVER month AS networth_start, last_value(networth) OVER month AS networth_end,
    count(*) OVER month AS record_count
FROM player_stats_history
WHERE timestamp >= :start AND timestamp < :end
WINDOW month AS (
    PARTITION BY player_id ORDER BY timestamp, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
);

CREATE TABLE window_factions AS
SELECT DISTINCT
    faction_id,
    first_value(respect) OVER month AS respect_start, last_value(respect) OVER month AS respect_end,
    first_value(member_count) OVER month AS member_count_start, last_value(member_count) OVER month AS member_count_end,
    first_value(best_chain) OVER month AS best_chain_start, last_value(best_chain) OVER month AS best_chain_end,
    count(*) OVER month AS record_count
FROM faction_history
WHERE timestamp >= :start AND timestamp < :end
WINDOW month AS (
    PARTITION BY faction_id ORDER BY timestamp, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
);

CREATE TABLE window_wars AS
SELECT DISTINCT
    war_type, war_id,
    last_value(attacking_score) OVER month AS attacking_score,
    last_value(defending_score) OVER month AS defending_score,
    last_value(winner_faction_id) OVER month AS winner_faction_id, count(*) OVER month AS record_count
FROM war_status_history
WHERE recorded_at >= :start AND recorded_at < :end
WINDOW month AS (
    PARTITION BY war_type, war_id ORDER BY recorded_at, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
);

CREATE TABLE window_tiles AS
SELECT DISTINCT
    territory_id,
    first_value(faction_id) OVER month AS faction_id_start, last_value(faction_id) OVER month AS faction_id_end,
    count(*) OVER month AS record_count
FROM territory_ownership_history
WHERE recorded_at >= :start AND recorded_at < :end
WINDOW month AS (
    PARTITION BY territory_id ORDER BY recorded_at, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
);

COMMIT;
