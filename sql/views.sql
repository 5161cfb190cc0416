-- The views, which answer everyday questions without window functions or joins.
-- They are created anew after each migration. A release that changes a view therefore needs a new numbered migration.
--
-- Comments come after AS, because SQLite stores the text from there on: `.schema player_latest` shows them. The first
-- comment of a view is its description in `tornsnap export`.
-- Timestamps are unix seconds, UTC. Beside each one, the column with the suffix _utc has the same time as text, such as
-- 2026-10-31 12:00:00, for programs that show rows as they are (DB Browser, Datasette).
-- Ages are counted back from the newest answer in the database, not from the current time, so that the same database
-- always gives the same rows. Use `unixepoch() - last_updated` for the current age.
-- A WHERE on player_id, faction_id, territory_id or war_id uses an index in each view.

CREATE VIEW newest_answer AS
-- When did Torn last answer about anything? One row.
SELECT
    nullif(max(coalesce(players_at, 0), coalesce(factions_at, 0), coalesce(territories_at, 0), coalesce(wars_at, 0),
        coalesce(fetched_at, 0)), 0) AS answered_at, -- NULL: nothing was fetched yet
    datetime(nullif(max(coalesce(players_at, 0), coalesce(factions_at, 0), coalesce(territories_at, 0),
        coalesce(wars_at, 0), coalesce(fetched_at, 0)), 0), 'unixepoch') AS answered_at_utc,
    players_at,                                   -- newest answer about any player; NULL: none
    datetime(players_at, 'unixepoch') AS players_at_utc,
    factions_at,
    datetime(factions_at, 'unixepoch') AS factions_at_utc,
    wars_at,                                      -- newest answer about wars, also one that no war has changed
    datetime(wars_at, 'unixepoch') AS wars_at_utc,
    territories_at,
    datetime(territories_at, 'unixepoch') AS territories_at_utc
FROM (SELECT
    (SELECT nullif(max(answered_at), 0) FROM (
        SELECT max(last_updated) AS answered_at FROM players
        UNION ALL SELECT max(timestamp) FROM player_stats_history
        UNION ALL SELECT max(last_at) FROM player_observations
            WHERE period_start = (SELECT max(period_start) FROM player_observations))) AS players_at,
    (SELECT nullif(max(answered_at), 0) FROM (
        SELECT max(last_updated) AS answered_at FROM factions
        UNION ALL SELECT max(timestamp) FROM faction_history
        UNION ALL SELECT max(last_at) FROM faction_observations
            WHERE period_start = (SELECT max(period_start) FROM faction_observations))) AS factions_at,
    (SELECT nullif(max(last_updated), 0) FROM territories) AS territories_at,
    (SELECT max(answered_at) FROM (
        SELECT max(recorded_at) AS answered_at FROM war_status_history
        UNION ALL SELECT max(listed_at) FROM faction_war_polls
        UNION ALL SELECT max(history_read_at) FROM faction_war_polls
        UNION ALL SELECT max(finished_at) FROM fetch_runs WHERE kind = 'wars' AND status = 'ok')) AS wars_at,
    (SELECT max(finished_at) FROM fetch_runs WHERE status IN ('ok', 'partial')) AS fetched_at);

-- ---------------------------------------------------------------- players

CREATE VIEW player_latest AS
-- What are the last known values of each player?
WITH
battle AS NOT MATERIALIZED (                      -- the rows in idx_player_stats_battle_known
    SELECT * FROM player_stats_history INDEXED BY idx_player_stats_battle_known
    WHERE coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
),
answers AS NOT MATERIALIZED (                     -- the last answer about each player, also an imported one
    SELECT player_id, nullif(max(
        last_updated,
        coalesce((SELECT max(timestamp) FROM player_stats_history AS h WHERE h.player_id = players.player_id), 0),
        coalesce((SELECT last_at FROM player_observations AS o WHERE o.player_id = players.player_id
            ORDER BY period_start DESC LIMIT 1), 0)), 0) AS answered_at
    FROM players
)
SELECT
    p.player_id,
    p.name,
    p.level,
    p.rank,
    p.faction_id,                                 -- NULL: in no faction
    f.name AS faction_name,
    p.status_state,
    p.status_description,
    p.life_current,
    p.life_maximum,
    (SELECT strength FROM battle WHERE player_id = p.player_id AND strength IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS strength, -- battle stats: NULL without a key of the player
    (SELECT defense FROM battle WHERE player_id = p.player_id AND defense IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS defense,
    (SELECT speed FROM battle WHERE player_id = p.player_id AND speed IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS speed,
    (SELECT dexterity FROM battle WHERE player_id = p.player_id AND dexterity IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS dexterity,
    (SELECT total_stats FROM battle WHERE player_id = p.player_id AND total_stats IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS total_stats,
    (SELECT networth FROM player_stats_history WHERE player_id = p.player_id AND networth IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS networth, -- dollars
    newest.timestamp AS recorded_at,              -- timestamp of the newest history row
    datetime(newest.timestamp, 'unixepoch') AS recorded_at_utc,
    p.is_active,                                  -- 0: Torn no longer knows this id
    answers.answered_at AS last_updated,          -- when Torn last answered about the player; NULL: never
    datetime(answers.answered_at, 'unixepoch') AS last_updated_utc,
    (SELECT answered_at FROM newest_answer) - answers.answered_at AS age_seconds -- from the newest answer
FROM players AS p
JOIN answers ON answers.player_id = p.player_id
LEFT JOIN factions AS f ON f.faction_id = p.faction_id
LEFT JOIN player_stats_history AS newest ON newest.id = (
    SELECT id FROM player_stats_history WHERE player_id = p.player_id ORDER BY timestamp DESC, id DESC LIMIT 1);

CREATE VIEW player_daily AS
-- What were the last known values of each player on each day? One row for each day with history rows.
-- A day has no row if nothing changed, or if the player was not observed.
WITH
battle AS NOT MATERIALIZED (                      -- the rows in idx_player_stats_battle_known
    SELECT * FROM player_stats_history INDEXED BY idx_player_stats_battle_known
    WHERE coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
)
SELECT
    h.player_id,
    p.name,
    date(h.timestamp, 'unixepoch') AS day,        -- UTC
    coalesce(h.level, (
        SELECT level FROM player_stats_history
        WHERE player_id = h.player_id AND level IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS level, -- this and all below: last known by then
    coalesce(h.life_maximum, (
        SELECT life_maximum FROM player_stats_history
        WHERE player_id = h.player_id AND life_maximum IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS life_maximum,
    coalesce(h.strength, (
        SELECT strength FROM battle
        WHERE player_id = h.player_id AND strength IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS strength,
    coalesce(h.defense, (
        SELECT defense FROM battle
        WHERE player_id = h.player_id AND defense IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS defense,
    coalesce(h.speed, (
        SELECT speed FROM battle
        WHERE player_id = h.player_id AND speed IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS speed,
    coalesce(h.dexterity, (
        SELECT dexterity FROM battle
        WHERE player_id = h.player_id AND dexterity IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS dexterity,
    coalesce(h.total_stats, (
        SELECT total_stats FROM battle
        WHERE player_id = h.player_id AND total_stats IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS total_stats,
    coalesce(h.networth, (
        SELECT networth FROM player_stats_history
        WHERE player_id = h.player_id AND networth IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS networth, -- dollars
    h.timestamp,                                  -- of the last row of the day
    datetime(h.timestamp, 'unixepoch') AS timestamp_utc
FROM player_stats_history AS h
JOIN players AS p ON p.player_id = h.player_id
WHERE NOT EXISTS (
    SELECT 1 FROM player_stats_history AS later
    WHERE later.player_id = h.player_id
      AND (later.timestamp, later.id) > (h.timestamp, h.id)
      AND later.timestamp < h.timestamp - h.timestamp % 86400 + 86400);

CREATE VIEW player_gains AS
-- What did each player gain over the last 7 and 30 days, and in the running month? One row per player and period.
-- Period 'month' begins on the 1st of the running month (UTC). Finished months are in player_league.
-- A gain is the last known value minus the last known value before the period, or minus the first known one in it.
-- NULL: not known, also because the value was not told in the period: unchanged is not the same as unknown.
-- Each value has its own look-up, because it can be in another row.
WITH
battle AS NOT MATERIALIZED (                      -- the rows in idx_player_stats_battle_known
    SELECT * FROM player_stats_history INDEXED BY idx_player_stats_battle_known
    WHERE coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
)
SELECT
    p.player_id,
    p.name,
    p.faction_id,
    p.faction_name,
    w.period,                                     -- '7 days', '30 days' or 'month' (running, since the 1st)
    w.since,                                      -- start of the period, counted back from the newest answer
    datetime(w.since, 'unixepoch') AS since_utc,
    iif(told.level_at >= w.since OR EXISTS (SELECT 1 FROM player_stats_history WHERE player_id = p.player_id
            AND level IS NOT NULL AND timestamp >= w.since),
        p.level - level_from.level, NULL) AS level_gain,
    iif(told.strength_at >= w.since OR EXISTS (SELECT 1 FROM battle WHERE player_id = p.player_id
            AND strength IS NOT NULL AND timestamp >= w.since),
        p.strength - coalesce(
            (SELECT strength FROM battle WHERE player_id = p.player_id AND strength IS NOT NULL
                AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT strength FROM battle WHERE player_id = p.player_id AND strength IS NOT NULL
                AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1)), NULL) AS strength_gain,
    iif(told.defense_at >= w.since OR EXISTS (SELECT 1 FROM battle WHERE player_id = p.player_id
            AND defense IS NOT NULL AND timestamp >= w.since),
        p.defense - coalesce(
            (SELECT defense FROM battle WHERE player_id = p.player_id AND defense IS NOT NULL
                AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT defense FROM battle WHERE player_id = p.player_id AND defense IS NOT NULL
                AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1)), NULL) AS defense_gain,
    iif(told.speed_at >= w.since OR EXISTS (SELECT 1 FROM battle WHERE player_id = p.player_id
            AND speed IS NOT NULL AND timestamp >= w.since),
        p.speed - coalesce(
            (SELECT speed FROM battle WHERE player_id = p.player_id AND speed IS NOT NULL
                AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT speed FROM battle WHERE player_id = p.player_id AND speed IS NOT NULL
                AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1)), NULL) AS speed_gain,
    iif(told.dexterity_at >= w.since OR EXISTS (SELECT 1 FROM battle WHERE player_id = p.player_id
            AND dexterity IS NOT NULL AND timestamp >= w.since),
        p.dexterity - coalesce(
            (SELECT dexterity FROM battle WHERE player_id = p.player_id AND dexterity IS NOT NULL
                AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT dexterity FROM battle WHERE player_id = p.player_id AND dexterity IS NOT NULL
                AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1)), NULL) AS dexterity_gain,
    iif(told.total_stats_at >= w.since OR EXISTS (SELECT 1 FROM battle WHERE player_id = p.player_id
            AND total_stats IS NOT NULL AND timestamp >= w.since),
        p.total_stats - coalesce(
            (SELECT total_stats FROM battle WHERE player_id = p.player_id AND total_stats IS NOT NULL
                AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT total_stats FROM battle WHERE player_id = p.player_id AND total_stats IS NOT NULL
                AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1)), NULL) AS total_stats_gain,
    iif(told.networth_at >= w.since OR EXISTS (SELECT 1 FROM player_stats_history WHERE player_id = p.player_id
            AND networth IS NOT NULL AND timestamp >= w.since),
        p.networth - networth_from.networth, NULL) AS networth_gain, -- dollars
    p.last_updated,                               -- when Torn last answered about the player; NULL: never
    p.last_updated_utc,
    max(w.since, first_row.timestamp) AS known_since, -- later than since: the first history row, which gains count from
    datetime(max(w.since, first_row.timestamp), 'unixepoch') AS known_since_utc
FROM player_latest AS p
CROSS JOIN (
    SELECT '7 days' AS period, answered_at - 7 * 86400 AS since FROM newest_answer
    UNION ALL SELECT '30 days', answered_at - 30 * 86400 FROM newest_answer
    UNION ALL SELECT 'month', unixepoch(answered_at, 'unixepoch', 'start of month') FROM newest_answer) AS w
LEFT JOIN player_value_times AS told ON told.player_id = p.player_id
LEFT JOIN player_stats_history AS first_row ON first_row.id = (
    SELECT id FROM player_stats_history WHERE player_id = p.player_id ORDER BY timestamp, id LIMIT 1)
LEFT JOIN player_stats_history AS level_from ON level_from.id = coalesce(
    (SELECT id FROM player_stats_history WHERE player_id = p.player_id AND level IS NOT NULL
        AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
    (SELECT id FROM player_stats_history WHERE player_id = p.player_id AND level IS NOT NULL
        AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1))
LEFT JOIN player_stats_history AS networth_from ON networth_from.id = coalesce(
    (SELECT id FROM player_stats_history WHERE player_id = p.player_id AND networth IS NOT NULL
        AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
    (SELECT id FROM player_stats_history WHERE player_id = p.player_id AND networth IS NOT NULL
        AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1));

CREATE VIEW player_league AS
-- Which player gained most in each summarized month? Ranks start at 1; NULL: the change is not known.
SELECT
    strftime('%Y-%m', s.period_start, 'unixepoch') AS month,
    s.player_id,
    p.name,
    p.faction_id,                                 -- present faction
    f.name AS faction_name,
    s.total_stats_change,
    CASE WHEN s.total_stats_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.total_stats_change DESC NULLS LAST) END AS total_stats_rank,
    s.networth_change,                            -- dollars
    CASE WHEN s.networth_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.networth_change DESC NULLS LAST) END AS networth_rank,
    s.level_change,
    CASE WHEN s.level_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.level_change DESC NULLS LAST) END AS level_rank,
    s.record_count,                               -- history rows in the month
    s.period_start,
    datetime(s.period_start, 'unixepoch') AS period_start_utc
FROM player_stats_summary AS s
JOIN players AS p ON p.player_id = s.player_id
LEFT JOIN factions AS f ON f.faction_id = p.faction_id
WHERE s.period_type = 'monthly';

-- ---------------------------------------------------------------- factions and their members

CREATE VIEW faction_latest AS
-- What are the last known values of each faction?
WITH
answers AS NOT MATERIALIZED (                     -- the last answer about each faction, also an imported one
    SELECT faction_id, nullif(max(
        last_updated,
        coalesce((SELECT max(timestamp) FROM faction_history AS h WHERE h.faction_id = factions.faction_id), 0),
        coalesce((SELECT last_at FROM faction_observations AS o WHERE o.faction_id = factions.faction_id
            ORDER BY period_start DESC LIMIT 1), 0)), 0) AS answered_at
    FROM factions
)
SELECT
    f.faction_id,
    f.name,
    f.tag,
    f.leader_id,
    leader.name AS leader_name,                   -- NULL: vacant, or a player without a row in this database
    f.co_leader_id,
    co_leader.name AS co_leader_name,
    f.respect,                                    -- points
    f.age,                                        -- days
    f.best_chain,                                 -- hits
    f.member_count,                               -- as reported by Torn
    (SELECT count(*) FROM players WHERE faction_id = f.faction_id) AS members_seen, -- players in this database
    (SELECT count(*) FROM territories WHERE faction_id = f.faction_id) AS territories_seen,
    newest.timestamp AS recorded_at,              -- timestamp of the newest history row; NULL: none
    datetime(newest.timestamp, 'unixepoch') AS recorded_at_utc,
    f.is_active,                                  -- 0: Torn no longer knows this id
    answers.answered_at AS last_updated,          -- when Torn last answered about the faction; NULL: never
    datetime(answers.answered_at, 'unixepoch') AS last_updated_utc,
    (SELECT answered_at FROM newest_answer) - answers.answered_at AS age_seconds -- from the newest answer
FROM factions AS f
JOIN answers ON answers.faction_id = f.faction_id
LEFT JOIN players AS leader ON leader.player_id = f.leader_id
LEFT JOIN players AS co_leader ON co_leader.player_id = f.co_leader_id
LEFT JOIN faction_history AS newest ON newest.id = (
    SELECT id FROM faction_history WHERE faction_id = f.faction_id ORDER BY timestamp DESC, id DESC LIMIT 1);

CREATE VIEW faction_daily AS
-- What were the last known values of each faction on each day? One row for each day with history rows.
-- A day has no row if nothing changed, or if the faction was not observed.
SELECT
    h.faction_id,
    f.name,
    date(h.timestamp, 'unixepoch') AS day,        -- UTC
    coalesce(h.respect, (
        SELECT respect FROM faction_history
        WHERE faction_id = h.faction_id AND respect IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS respect, -- points; this and the next two: last known by then
    coalesce(h.member_count, (
        SELECT member_count FROM faction_history
        WHERE faction_id = h.faction_id AND member_count IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS member_count,
    coalesce(h.best_chain, (
        SELECT best_chain FROM faction_history
        WHERE faction_id = h.faction_id AND best_chain IS NOT NULL AND timestamp <= h.timestamp
        ORDER BY timestamp DESC, id DESC LIMIT 1)) AS best_chain, -- hits
    h.timestamp,                                  -- of the last row of the day
    datetime(h.timestamp, 'unixepoch') AS timestamp_utc
FROM faction_history AS h
JOIN factions AS f ON f.faction_id = h.faction_id
WHERE NOT EXISTS (
    SELECT 1 FROM faction_history AS later
    WHERE later.faction_id = h.faction_id
      AND (later.timestamp, later.id) > (h.timestamp, h.id)
      AND later.timestamp < h.timestamp - h.timestamp % 86400 + 86400);

CREATE VIEW faction_gains AS
-- What did each faction gain over the last 7 and 30 days, and in the running month? One row per faction and period.
-- Period 'month' begins on the 1st of the running month (UTC). Finished months are in faction_league.
-- A gain is the present value minus the last known value before the period, or minus the first known one in it.
-- NULL: not known, also because the value was not told in the period: unchanged is not the same as unknown.
-- Each value has its own look-up, because it can be in another row.
SELECT
    f.faction_id,
    f.name,
    w.period,                                     -- '7 days', '30 days' or 'month' (running, since the 1st)
    w.since,                                      -- start of the period, counted back from the newest answer
    datetime(w.since, 'unixepoch') AS since_utc,
    iif(told.respect_at >= w.since OR EXISTS (SELECT 1 FROM faction_history WHERE faction_id = f.faction_id
            AND respect IS NOT NULL AND timestamp >= w.since),
        f.respect - coalesce(
            (SELECT respect FROM faction_history WHERE faction_id = f.faction_id AND respect IS NOT NULL
                AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT respect FROM faction_history WHERE faction_id = f.faction_id AND respect IS NOT NULL
                AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1)), NULL) AS respect_gain, -- points
    iif(told.member_count_at >= w.since OR EXISTS (SELECT 1 FROM faction_history WHERE faction_id = f.faction_id
            AND member_count IS NOT NULL AND timestamp >= w.since),
        f.member_count - coalesce(
            (SELECT member_count FROM faction_history WHERE faction_id = f.faction_id AND member_count IS NOT NULL
                AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT member_count FROM faction_history WHERE faction_id = f.faction_id AND member_count IS NOT NULL
                AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1)), NULL) AS member_count_gain,
    iif(told.best_chain_at >= w.since OR EXISTS (SELECT 1 FROM faction_history WHERE faction_id = f.faction_id
            AND best_chain IS NOT NULL AND timestamp >= w.since),
        f.best_chain - coalesce(
            (SELECT best_chain FROM faction_history WHERE faction_id = f.faction_id AND best_chain IS NOT NULL
                AND timestamp < w.since ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT best_chain FROM faction_history WHERE faction_id = f.faction_id AND best_chain IS NOT NULL
                AND timestamp >= w.since ORDER BY timestamp, id LIMIT 1)), NULL) AS best_chain_gain,
    f.last_updated,                               -- when Torn last answered about the faction; NULL: never
    f.last_updated_utc,
    max(w.since, first_row.timestamp) AS known_since, -- later than since: the first history row, which gains count from
    datetime(max(w.since, first_row.timestamp), 'unixepoch') AS known_since_utc
FROM faction_latest AS f
CROSS JOIN (
    SELECT '7 days' AS period, answered_at - 7 * 86400 AS since FROM newest_answer
    UNION ALL SELECT '30 days', answered_at - 30 * 86400 FROM newest_answer
    UNION ALL SELECT 'month', unixepoch(answered_at, 'unixepoch', 'start of month') FROM newest_answer) AS w
LEFT JOIN faction_value_times AS told ON told.faction_id = f.faction_id
JOIN faction_history AS first_row ON first_row.id = (
    SELECT id FROM faction_history WHERE faction_id = f.faction_id ORDER BY timestamp, id LIMIT 1);

CREATE VIEW faction_league AS
-- Which faction gained most in each summarized month? Ranks start at 1; NULL: the change is not known.
SELECT
    strftime('%Y-%m', s.period_start, 'unixepoch') AS month,
    s.faction_id,
    f.name,
    s.respect_change,                             -- points
    CASE WHEN s.respect_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.respect_change DESC NULLS LAST) END AS respect_rank,
    s.respect_end,                                -- at the end of the month
    s.member_count_change,
    s.member_count_end,
    s.best_chain_end,                             -- hits
    s.record_count,                               -- history rows in the month
    s.period_start,
    datetime(s.period_start, 'unixepoch') AS period_start_utc
FROM faction_summary AS s
JOIN factions AS f ON f.faction_id = s.faction_id
WHERE s.period_type = 'monthly';

CREATE VIEW faction_roster AS
-- Who is in each faction now, and since when?
SELECT
    m.faction_id,
    f.name AS faction_name,
    m.player_id,
    p.name,
    p.level,
    m.first_seen_at,                              -- when first seen in the faction
    datetime(m.first_seen_at, 'unixepoch') AS first_seen_at_utc,
    m.joined_at,                                  -- when the player joined; NULL: before first_seen_at
    datetime(m.joined_at, 'unixepoch') AS joined_at_utc,
    max(0, p.last_updated - m.first_seen_at) AS member_seconds, -- seconds since first seen in it, until last_updated
    p.last_updated,                               -- when Torn last answered about the player; NULL: never
    p.last_updated_utc
FROM faction_membership AS m
JOIN player_latest AS p ON p.player_id = m.player_id
JOIN factions AS f ON f.faction_id = m.faction_id
WHERE m.left_at IS NULL;

CREATE VIEW member_changes AS
-- Who joined or left which faction, and when? `at` is when the change was first observed.
SELECT
    m.joined_at AS at,
    datetime(m.joined_at, 'unixepoch') AS at_utc,
    m.faction_id,
    f.name AS faction_name,
    'joined' AS event,                            -- 'joined' or 'left'
    m.player_id,
    p.name,
    (SELECT faction_id FROM faction_membership AS other
        WHERE other.player_id = m.player_id AND other.first_seen_at <= m.joined_at
          AND other.left_at BETWEEN m.joined_at - 86400 AND m.joined_at AND other.id < m.id
        ORDER BY other.id DESC LIMIT 1) AS other_faction_id -- faction left or joined within a day of it; NULL: none
FROM faction_membership AS m
JOIN players AS p ON p.player_id = m.player_id
JOIN factions AS f ON f.faction_id = m.faction_id
WHERE m.joined_at IS NOT NULL
UNION ALL
SELECT
    m.left_at,
    datetime(m.left_at, 'unixepoch'),
    m.faction_id,
    f.name,
    'left',
    m.player_id,
    p.name,
    (SELECT faction_id FROM faction_membership AS other
        WHERE other.player_id = m.player_id
          AND other.first_seen_at BETWEEN m.left_at AND m.left_at + 86400 AND other.id > m.id
        ORDER BY other.id LIMIT 1)
FROM faction_membership AS m
JOIN players AS p ON p.player_id = m.player_id
JOIN factions AS f ON f.faction_id = m.faction_id
WHERE m.left_at IS NOT NULL;

CREATE VIEW members_unchanged AS
-- Which members have not been seen to change, and for how long at least? `WHERE unchanged_days >= 7`
-- Level, life, total stats and networth are compared, if known. Time after the last answer does not count.
-- Torn's "last action" is not kept: a member without a change may have been online, and a networth can change by prices.
SELECT
    faction_id,
    faction_name,
    player_id,
    name,
    level,
    unchanged_since,                              -- timestamp of the first row with the last known values
    datetime(unchanged_since, 'unixepoch') AS unchanged_since_utc,
    (last_updated - unchanged_since) / 86400 AS unchanged_days, -- whole days until last_updated
    last_updated,
    last_updated_utc
FROM (SELECT
    p.faction_id,
    p.faction_name,
    p.player_id,
    p.name,
    p.level,
    p.last_updated,
    p.last_updated_utc,
    (SELECT min(timestamp) FROM player_stats_history AS same
        WHERE same.player_id = p.player_id AND (same.timestamp, same.id) > (
            SELECT coalesce(max(timestamp), -1), coalesce(max(id), -1) FROM (
                SELECT other.timestamp, other.id FROM player_stats_history AS other
                WHERE other.player_id = p.player_id AND (
                    other.level <> coalesce(newest.level, (
                        SELECT level FROM player_stats_history WHERE player_id = p.player_id
                        AND level IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1))
                    OR other.life_maximum <> coalesce(newest.life_maximum, (
                        SELECT life_maximum FROM player_stats_history WHERE player_id = p.player_id
                        AND life_maximum IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1))
                    OR other.total_stats <> (
                        SELECT total_stats FROM player_stats_history WHERE player_id = p.player_id
                        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
                        AND total_stats IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
                    OR other.networth <> (
                        SELECT networth FROM player_stats_history WHERE player_id = p.player_id
                        AND networth IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1))
                ORDER BY other.timestamp DESC, other.id DESC LIMIT 1))) AS unchanged_since
    FROM player_latest AS p
    JOIN player_stats_history AS newest ON newest.id = (
        SELECT id FROM player_stats_history WHERE player_id = p.player_id ORDER BY timestamp DESC, id DESC LIMIT 1)
    WHERE p.faction_id IS NOT NULL);

-- ---------------------------------------------------------------- wars

CREATE VIEW war_latest AS
-- What is the state of each war, or how did it end?
WITH RECURSIVE wars (war_type, war_id) AS (       -- finds each war with one search in the index
    VALUES ('ranked', 0), ('territory', 0)
    UNION ALL
    SELECT war_type, (SELECT min(war_id) FROM war_status_history AS h
        WHERE h.war_type = wars.war_type AND h.war_id > wars.war_id)
    FROM wars WHERE war_id IS NOT NULL)
SELECT
    h.war_type,                                   -- 'ranked' or 'territory'; war_id is unique only together with it
    h.war_id,
    h.status,                                     -- 'scheduled', 'ongoing', 'completed' or 'cancelled'
    h.territory_id,                               -- NULL for ranked wars
    h.attacking_faction_id,                       -- ranked: the first that Torn lists
    attacking.name AS attacking_faction_name,
    h.defending_faction_id,
    defending.name AS defending_faction_name,
    h.attacking_score,
    h.defending_score,
    h.attacking_score - h.defending_score AS lead, -- of the attacking faction; negative: the other one leads
    h.required_score,                             -- ranked: winning lead; territory: winning score of the attacker
    h.winner_faction_id,
    winner.name AS winner_faction_name,
    h.end_reason,                                 -- Torn's name of it
    h.started_at,
    datetime(h.started_at, 'unixepoch') AS started_at_utc,
    h.ends_at,                                    -- NULL: not ended
    datetime(h.ends_at, 'unixepoch') AS ends_at_utc,
    CASE WHEN h.status <> 'scheduled' AND (h.status <> 'cancelled' OR h.ends_at IS NOT NULL)
        THEN max(0, coalesce(h.ends_at, (SELECT answered_at FROM newest_answer)) - h.started_at)
        END AS elapsed_seconds,                   -- until its end, or until the newest answer in the database
    h.recorded_at,                                -- timestamp of the newest history row
    datetime(h.recorded_at, 'unixepoch') AS recorded_at_utc
FROM wars
JOIN war_status_history AS h ON h.id = (
    SELECT id FROM war_status_history AS course
    WHERE course.war_type = wars.war_type AND course.war_id = wars.war_id
    ORDER BY course.recorded_at DESC, course.id DESC LIMIT 1)
LEFT JOIN factions AS attacking ON attacking.faction_id = h.attacking_faction_id
LEFT JOIN factions AS defending ON defending.faction_id = h.defending_faction_id
LEFT JOIN factions AS winner ON winner.faction_id = h.winner_faction_id;

CREATE VIEW war_scores AS
-- How did the scores of each war develop? One row for each change, with lead, target and time since the start.
SELECT
    h.war_type,
    h.war_id,
    h.recorded_at,
    datetime(h.recorded_at, 'unixepoch') AS recorded_at_utc,
    CASE WHEN h.recorded_at >= h.started_at THEN h.recorded_at - h.started_at
        END AS elapsed_seconds,                   -- NULL: not started
    h.status,
    h.territory_id,
    h.attacking_faction_id,
    attacking.name AS attacking_faction_name,
    h.attacking_score,
    h.defending_faction_id,
    defending.name AS defending_faction_name,
    h.defending_score,
    h.attacking_score - h.defending_score AS lead, -- of the attacking faction; negative: the other one leads
    h.required_score,                             -- target at that time: it decays during a ranked war
    max(0, h.required_score - CASE h.war_type
        WHEN 'ranked' THEN abs(h.attacking_score - h.defending_score)
        ELSE h.attacking_score END) AS points_to_win, -- for the leading (ranked) or attacking faction
    h.id                                          -- row in war_status_history
FROM war_status_history AS h
LEFT JOIN factions AS attacking ON attacking.faction_id = h.attacking_faction_id
LEFT JOIN factions AS defending ON defending.faction_id = h.defending_faction_id;

CREATE VIEW war_league AS
-- How many wars did each faction fight and win in each summarized month? won + lost + no_known_winner = wars.
SELECT
    strftime('%Y-%m', period_start, 'unixepoch') AS month,
    faction_id,
    name,
    war_type,
    count(*) AS wars,                             -- with history rows in the month
    count(*) FILTER (WHERE winner_faction_id = faction_id) AS won, -- decided in the month
    count(*) FILTER (WHERE winner_faction_id <> faction_id) AS lost,
    count(*) FILTER (WHERE winner_faction_id IS NULL) AS no_known_winner, -- not decided in the month, or not known by whom
    sum(score) AS score,                          -- points at the end of the war, or of the month
    period_start,
    datetime(period_start, 'unixepoch') AS period_start_utc
FROM (
    SELECT s.period_start, s.war_type, s.winner_faction_id, f.faction_id, f.name,
        CASE f.faction_id WHEN s.attacking_faction_id THEN s.final_attacking_score
            ELSE s.final_defending_score END AS score
    FROM war_summary AS s
    JOIN factions AS f ON f.faction_id IN (s.attacking_faction_id, s.defending_faction_id)
    WHERE s.period_type = 'monthly')
GROUP BY period_start, faction_id, war_type;

-- ---------------------------------------------------------------- territories

CREATE VIEW territory_latest AS
-- Which faction holds each tile, and since when?
WITH
tiles AS NOT MATERIALIZED (
    SELECT *, (SELECT min(recorded_at) FROM territory_ownership_history AS own
        WHERE own.territory_id = tile.territory_id AND own.recorded_at >= coalesce((
            SELECT recorded_at FROM territory_ownership_history AS other
            WHERE other.territory_id = tile.territory_id AND other.faction_id IS NOT tile.faction_id
            ORDER BY other.recorded_at DESC, other.id DESC LIMIT 1), 0)
          AND own.faction_id IS tile.faction_id) AS owned_since
    FROM territories AS tile
)
SELECT
    t.territory_id,
    t.sector,
    t.faction_id,                                 -- NULL: unowned
    f.name AS faction_name,
    t.owned_since,                                -- timestamp of the first row with this owner
    datetime(t.owned_since, 'unixepoch') AS owned_since_utc,
    t.war_status,                                 -- 'none', 'under_attack', or 'defending' for a tracked faction
    t.racket_type,                                -- NULL: no racket
    t.racket_level,
    t.size,
    t.density,
    t.slots,                                      -- places on the wall
    t.respect,                                    -- points a day
    t.coordinate_x,
    t.coordinate_y,
    nullif(t.last_updated, 0) AS last_updated,    -- when the owner was last observed; NULL: never
    datetime(nullif(t.last_updated, 0), 'unixepoch') AS last_updated_utc,
    (SELECT answered_at FROM newest_answer) - nullif(t.last_updated, 0) AS age_seconds -- from the newest answer
FROM tiles AS t
LEFT JOIN factions AS f ON f.faction_id = t.faction_id;

CREATE VIEW territory_tenure AS
-- Which faction held each tile, from when to when, and how was it won and lost? One row per period of one owner.
SELECT
    h.territory_id,
    h.faction_id,                                 -- NULL: unowned
    f.name AS faction_name,
    h.recorded_at AS since,                       -- when this owner was first observed
    datetime(h.recorded_at, 'unixepoch') AS since_utc,
    after.recorded_at AS until,                   -- when the next owner was first observed; NULL: still held
    datetime(after.recorded_at, 'unixepoch') AS until_utc,
    coalesce(after.recorded_at, max(t.last_updated, h.recorded_at), h.recorded_at) - h.recorded_at
        AS held_seconds,                          -- until the end, or until the tile was last observed
    -- 0: the tile may have been held before it was first observed. 1: another owner was observed before, or the tile was
    -- not on the lists before of all tiles of this owner, or the owner has won it in a war since its tiles are observed.
    -- Observations show an earlier owner even if its rows were pruned.
    before.id IS NOT NULL OR won.war_id IS NOT NULL OR coalesce(listed.first_at < h.recorded_at, 0)
        OR h.recorded_at > coalesce((
            SELECT min(first_at) FROM territory_observations AS o WHERE o.territory_id = h.territory_id), h.recorded_at)
        AS is_start_known,
    CASE
        WHEN h.faction_id IS NULL THEN NULL
        WHEN won.war_id IS NOT NULL THEN 'assault'
        WHEN before.id IS NULL THEN iif(listed.first_at < h.recorded_at, 'unknown', NULL)
        WHEN before.faction_id IS NULL THEN 'claim' -- unowned before
        ELSE 'unknown' END AS won_by,             -- NULL: unowned, or the tile may have been held before
    iif(before.id IS NULL, won.defending_faction_id, before.faction_id)
        AS won_from_faction_id,                   -- NULL: unowned before ('claim'), or not known
    won.war_id AS won_war_id,                     -- the territory war
    CASE
        WHEN h.faction_id IS NULL OR after.id IS NULL THEN NULL
        WHEN lost.war_id IS NOT NULL THEN 'assault'
        WHEN after.faction_id IS NULL THEN 'abandoned' -- given up, or the faction no longer exists
        ELSE 'unknown' END AS lost_by,            -- NULL: unowned, or still held
    after.faction_id AS lost_to_faction_id,
    lost.war_id AS lost_war_id,
    h.id                                          -- first row of the period in territory_ownership_history
FROM territory_ownership_history AS h
LEFT JOIN territory_ownership_history AS before ON before.id = (
    SELECT id FROM territory_ownership_history AS b
    WHERE b.territory_id = h.territory_id AND (b.recorded_at, b.id) < (h.recorded_at, h.id)
    ORDER BY b.recorded_at DESC, b.id DESC LIMIT 1)
LEFT JOIN territory_ownership_history AS after ON after.id = (
    SELECT id FROM territory_ownership_history AS a
    WHERE a.territory_id = h.territory_id AND (a.recorded_at, a.id) > (h.recorded_at, h.id)
      AND a.faction_id IS NOT h.faction_id
    ORDER BY a.recorded_at, a.id LIMIT 1)
-- If all tiles of the owner were read earlier in the same period, this one was not among them.
LEFT JOIN faction_tile_polls AS listed ON listed.faction_id = h.faction_id AND before.id IS NULL
    AND h.recorded_at BETWEEN listed.first_at AND listed.last_at
-- The territory war that the owner won between the previous row and this one. Without a previous row, it ended after the
-- tiles of the owner were first observed.
LEFT JOIN war_status_history AS won ON won.id = (
    SELECT id FROM war_status_history AS w
    WHERE w.territory_id = h.territory_id AND w.war_type = 'territory' AND w.status = 'completed'
      AND w.winner_faction_id = h.faction_id AND w.attacking_faction_id = h.faction_id
      AND coalesce(w.ends_at, w.recorded_at) <= h.recorded_at
      AND coalesce(w.ends_at, w.recorded_at) >= coalesce(before.recorded_at, 1 + coalesce(listed.first_at, (
          SELECT min(recorded_at) FROM territory_ownership_history AS o WHERE o.faction_id = h.faction_id)))
    ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1)
LEFT JOIN war_status_history AS lost ON lost.id = (
    SELECT id FROM war_status_history AS w
    WHERE w.territory_id = h.territory_id AND w.war_type = 'territory' AND w.status = 'completed'
      AND w.winner_faction_id = after.faction_id AND w.attacking_faction_id = after.faction_id
      AND coalesce(w.ends_at, w.recorded_at) BETWEEN h.recorded_at AND after.recorded_at
    ORDER BY w.recorded_at DESC, w.id DESC LIMIT 1)
LEFT JOIN factions AS f ON f.faction_id = h.faction_id
LEFT JOIN territories AS t ON t.territory_id = h.territory_id
WHERE before.id IS NULL OR before.faction_id IS NOT h.faction_id;

CREATE VIEW territory_changes AS
-- Which tile changed its owner when, from whom to whom, and how? One row per change that was observed.
-- A tile that may have been held before it was first observed has no row for its first owner.
SELECT
    c.since AS at,                                -- when the new owner was first observed
    c.since_utc AS at_utc,
    c.territory_id,
    c.won_from_faction_id AS from_faction_id,     -- NULL: unowned before ('claim'), or not known ('unknown')
    loser.name AS from_faction_name,
    c.faction_id AS to_faction_id,                -- NULL: unowned since then
    c.faction_name AS to_faction_name,
    iif(c.faction_id IS NULL, 'abandoned', c.won_by) AS how, -- 'assault', 'claim', 'abandoned' or 'unknown'
    c.won_war_id AS war_id,                       -- the territory war of an assault; NULL: none is known
    c.id                                          -- row of the new owner in territory_ownership_history
FROM territory_tenure AS c
LEFT JOIN factions AS loser ON loser.faction_id = c.won_from_faction_id
-- An unowned tile has changed only if its last owner is known, and an owner only if it is known how it began.
WHERE c.is_start_known AND iif(c.faction_id IS NULL, c.won_from_faction_id, c.won_by) IS NOT NULL;

CREATE VIEW rackets AS
-- Which tiles have a racket, of which type and level, who owns it, and since when?
WITH
tiles AS NOT MATERIALIZED (
    SELECT *, (SELECT min(recorded_at) FROM territory_ownership_history AS same
        WHERE same.territory_id = tile.territory_id AND same.recorded_at >= coalesce((
            SELECT recorded_at FROM territory_ownership_history AS other
            WHERE other.territory_id = tile.territory_id
              AND (other.racket_type IS NOT tile.racket_type OR other.racket_level IS NOT tile.racket_level)
            ORDER BY other.recorded_at DESC, other.id DESC LIMIT 1), 0)
          AND same.racket_type IS tile.racket_type AND same.racket_level IS tile.racket_level) AS since
    FROM territories AS tile
    WHERE tile.racket_type IS NOT NULL
)
SELECT
    t.territory_id,
    t.sector,
    t.racket_type,
    t.racket_level,
    t.faction_id,                                 -- NULL: unowned
    f.name AS faction_name,
    t.since,                                      -- timestamp of the first row with this type and level
    datetime(t.since, 'unixepoch') AS since_utc,
    t.war_status,
    nullif(t.last_updated, 0) AS last_updated,    -- when the tile was last observed; NULL: never
    datetime(nullif(t.last_updated, 0), 'unixepoch') AS last_updated_utc
FROM tiles AS t
LEFT JOIN factions AS f ON f.faction_id = t.faction_id;

CREATE VIEW territory_league AS
-- How many tiles did each faction hold, gain and lose in each summarized month? start + gained - lost = end.
-- A tile that is lost and won back counts in both. A tile counts as gained, not as held at the start, if it was not on the
-- lists before of all tiles of the faction, or if the faction won it in a war after its tiles were first observed. At the
-- first list after a gap, a new tile counts as held.
-- After a prune, each tile counts at most once as lost and once as gained for its owners at the start and at the end,
-- and owners between them do not count.
WITH
tile_months AS MATERIALIZED (
    SELECT s.*,
        first_at IS NOT NULL AND s.faction_id_start IS NOT NULL AND (
            coalesce(listed_since < first_at, 0)
            OR EXISTS (
                SELECT 1 FROM war_status_history AS w
                WHERE w.territory_id = s.territory_id AND w.war_type = 'territory' AND w.status = 'completed'
                  AND w.winner_faction_id = s.faction_id_start AND w.attacking_faction_id = s.faction_id_start
                  AND coalesce(w.ends_at, w.recorded_at) <= first_at
                  AND coalesce(w.ends_at, w.recorded_at) > coalesce(listed_since, (
                      SELECT min(recorded_at) FROM territory_ownership_history AS o
                      WHERE o.faction_id = s.faction_id_start)))
        ) AS is_start_gained
    FROM (SELECT s.*, (                           -- since when the lists of the owner were read without a gap
        SELECT listed.first_at FROM faction_tile_polls AS listed
        WHERE listed.faction_id = s.faction_id_start AND s.first_at BETWEEN listed.first_at AND listed.last_at
    ) AS listed_since FROM (
        SELECT s.*, (                             -- when the tile was first observed; NULL: before the month
            SELECT first_at FROM (
                SELECT min(seen_at) AS first_at FROM (
                    SELECT min(first_at) AS seen_at FROM territory_observations AS o
                    WHERE o.territory_id = s.territory_id
                    UNION ALL
                    SELECT min(recorded_at) FROM territory_ownership_history AS h
                    WHERE h.territory_id = s.territory_id))
            WHERE first_at >= s.period_start AND NOT EXISTS (
                SELECT 1 FROM territory_ownership_summary AS earlier
                WHERE earlier.territory_id = s.territory_id AND earlier.period_start < s.period_start)
        ) AS first_at
        FROM territory_ownership_summary AS s
        WHERE s.period_type = 'monthly') AS s) AS s
),
-- How often each owner followed another one within the month.
entries AS (
    SELECT id, faction_id, count(*) AS times
    FROM (
        SELECT s.id, h.faction_id,
            iif(row_number() OVER rows_in_order = 1, s.faction_id_start, lag(h.faction_id) OVER rows_in_order)
                AS previous_faction_id
        FROM tile_months AS s
        JOIN territory_ownership_history AS h ON h.territory_id = s.territory_id
            AND h.recorded_at >= s.period_start AND h.recorded_at < s.period_end
        WHERE s.ownership_changes > 0
        WINDOW rows_in_order AS (PARTITION BY s.id ORDER BY h.recorded_at, h.id))
    WHERE faction_id IS NOT NULL AND faction_id IS NOT previous_faction_id
    GROUP BY id, faction_id
),
owners AS (
    SELECT id, faction_id_start AS faction_id FROM tile_months
    UNION SELECT id, faction_id_end FROM tile_months
    UNION SELECT id, faction_id FROM entries
),
counted AS (
    SELECT
        s.period_start,
        o.faction_id,
        s.faction_id_start IS o.faction_id AND NOT s.is_start_gained AS held_at_start,
        s.faction_id_end IS o.faction_id AS held_at_end,
        max(
            coalesce(e.times, 0) + (s.is_start_gained AND s.faction_id_start IS o.faction_id),
            -- The summary alone tells this, because the rows may have been pruned.
            (s.faction_id_end IS o.faction_id) - (s.faction_id_start IS o.faction_id AND NOT s.is_start_gained)
                + (s.faction_id_start IS o.faction_id AND s.faction_id_end IS o.faction_id
                   AND s.ownership_changes > 1)) AS gained,
        iif(s.faction_id_end IS o.faction_id, s.days_owned, 0) AS days
    FROM owners AS o
    JOIN tile_months AS s ON s.id = o.id
    LEFT JOIN entries AS e ON e.id = o.id AND e.faction_id = o.faction_id
    WHERE o.faction_id IS NOT NULL
)
SELECT
    strftime('%Y-%m', c.period_start, 'unixepoch') AS month,
    c.faction_id,
    f.name,
    sum(held_at_start) AS tiles_start,            -- at the start of the month, or when first observed in it
    sum(held_at_end) AS tiles_end,
    sum(gained) AS gained,
    sum(held_at_start + gained - held_at_end) AS lost,
    sum(days) AS tile_days,                       -- whole days, of the tiles held at the end of the month
    c.period_start,
    datetime(c.period_start, 'unixepoch') AS period_start_utc
FROM counted AS c
JOIN factions AS f ON f.faction_id = c.faction_id
GROUP BY c.period_start, c.faction_id;
