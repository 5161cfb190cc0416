-- The everyday questions, answered, so that nobody has to write window functions.
-- Made anew after every migration: a changed view goes out with a numbered migration.
--
-- Comments stand behind AS because SQLite keeps them there: `.schema player_latest` shows the question and the units.
-- Times are unix seconds, UTC. "Now" is the newest answer in the database, not the wall clock, so that the same
-- database always gives the same rows: `unixepoch() - last_updated` is the age by the clock on the wall.
-- Each view finds its rows by an index for the WHERE of its ids (player_id, faction_id, territory_id, war_id).

CREATE VIEW newest_answer AS
-- As of when is this database? One row.
SELECT
    nullif(max(coalesce(players_at, 0), coalesce(factions_at, 0), coalesce(territories_at, 0), coalesce(wars_at, 0),
        coalesce(fetched_at, 0)), 0) AS answered_at, -- newest answer about anything; NULL: nothing was fetched yet
    players_at,                                   -- newest answer about a player; NULL: none
    factions_at,
    wars_at,                                      -- newest row of a war
    territories_at
FROM (SELECT
    (SELECT nullif(max(last_updated), 0) FROM players) AS players_at,
    (SELECT nullif(max(last_updated), 0) FROM factions) AS factions_at,
    (SELECT nullif(max(last_updated), 0) FROM territories) AS territories_at,
    (SELECT max(recorded_at) FROM war_status_history) AS wars_at,
    (SELECT max(finished_at) FROM fetch_runs WHERE status IN ('ok', 'partial')) AS fetched_at);

-- ---------------------------------------------------------------- players

CREATE VIEW player_latest AS
-- Where does each player stand? The last known value of everything.
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
    (SELECT strength FROM player_stats_history WHERE player_id = p.player_id AND strength IS NOT NULL
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS strength, -- battle stats: NULL unless a key of theirs showed them
    (SELECT defense FROM player_stats_history WHERE player_id = p.player_id AND defense IS NOT NULL
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS defense,
    (SELECT speed FROM player_stats_history WHERE player_id = p.player_id AND speed IS NOT NULL
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS speed,
    (SELECT dexterity FROM player_stats_history WHERE player_id = p.player_id AND dexterity IS NOT NULL
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS dexterity,
    (SELECT total_stats FROM player_stats_history WHERE player_id = p.player_id AND total_stats IS NOT NULL
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS total_stats,
    (SELECT networth FROM player_stats_history WHERE player_id = p.player_id AND networth IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS networth, -- dollars
    (SELECT timestamp FROM player_stats_history WHERE player_id = p.player_id
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS recorded_at, -- newest row of the history
    p.is_active,                                  -- 0: Torn no longer knows this id
    p.last_updated,                               -- when Torn last answered about them, changed or not
    (SELECT answered_at FROM newest_answer) - p.last_updated AS age_seconds -- behind the newest answer in the database
FROM players AS p
LEFT JOIN factions AS f ON f.faction_id = p.faction_id;

CREATE VIEW player_daily AS
-- How did each player do from day to day? One row for each day on which something was recorded.
-- A day without a row brought nothing new, or was not observed.
SELECT
    h.player_id,
    p.name,
    date(h.timestamp, 'unixepoch') AS day,        -- UTC
    h.level,                                      -- this and the next: as of the day's last row
    h.life_maximum,
    coalesce(h.strength, (SELECT strength FROM player_stats_history AS known WHERE known.player_id = h.player_id
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND strength IS NOT NULL
        AND known.timestamp <= h.timestamp
        ORDER BY known.timestamp DESC, known.id DESC LIMIT 1)) AS strength, -- this and all below: last known by the end of the day
    coalesce(h.defense, (SELECT defense FROM player_stats_history AS known WHERE known.player_id = h.player_id
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND defense IS NOT NULL
        AND known.timestamp <= h.timestamp
        ORDER BY known.timestamp DESC, known.id DESC LIMIT 1)) AS defense,
    coalesce(h.speed, (SELECT speed FROM player_stats_history AS known WHERE known.player_id = h.player_id
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND speed IS NOT NULL
        AND known.timestamp <= h.timestamp
        ORDER BY known.timestamp DESC, known.id DESC LIMIT 1)) AS speed,
    coalesce(h.dexterity, (SELECT dexterity FROM player_stats_history AS known WHERE known.player_id = h.player_id
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND dexterity IS NOT NULL
        AND known.timestamp <= h.timestamp
        ORDER BY known.timestamp DESC, known.id DESC LIMIT 1)) AS dexterity,
    coalesce(h.total_stats, (SELECT total_stats FROM player_stats_history AS known WHERE known.player_id = h.player_id
        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND total_stats IS NOT NULL
        AND known.timestamp <= h.timestamp
        ORDER BY known.timestamp DESC, known.id DESC LIMIT 1)) AS total_stats,
    coalesce(h.networth, (SELECT networth FROM player_stats_history AS known WHERE known.player_id = h.player_id
        AND networth IS NOT NULL AND known.timestamp <= h.timestamp
        ORDER BY known.timestamp DESC, known.id DESC LIMIT 1)) AS networth, -- dollars
    h.timestamp                                   -- of the day's last row
FROM player_stats_history AS h
JOIN players AS p ON p.player_id = h.player_id
WHERE NOT EXISTS (
    SELECT 1 FROM player_stats_history AS later
    WHERE later.player_id = h.player_id
      AND (later.timestamp, later.id) > (h.timestamp, h.id)
      AND later.timestamp < h.timestamp - h.timestamp % 86400 + 86400);

CREATE VIEW player_gains AS
-- What did each player gain over the last 7 and 30 days and in this month? One row per player and period.
-- The last known value, less the last known before the period began, or else the first known in it. NULL: not known.
SELECT
    p.player_id,
    p.name,
    p.faction_id,
    p.faction_name,
    w.period,                                     -- '7 days', '30 days' or 'month' (the running one)
    w.since,                                      -- when it began, counted back from the newest answer in the database
    p.level - level_from.level AS level_gain,
    p.strength - coalesce(
        (SELECT strength FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND strength IS NOT NULL
            AND known.timestamp < w.since ORDER BY known.timestamp DESC, id DESC LIMIT 1),
        (SELECT strength FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND strength IS NOT NULL
            AND known.timestamp >= w.since ORDER BY known.timestamp, id LIMIT 1)) AS strength_gain,
    p.defense - coalesce(
        (SELECT defense FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND defense IS NOT NULL
            AND known.timestamp < w.since ORDER BY known.timestamp DESC, id DESC LIMIT 1),
        (SELECT defense FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND defense IS NOT NULL
            AND known.timestamp >= w.since ORDER BY known.timestamp, id LIMIT 1)) AS defense_gain,
    p.speed - coalesce(
        (SELECT speed FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND speed IS NOT NULL
            AND known.timestamp < w.since ORDER BY known.timestamp DESC, id DESC LIMIT 1),
        (SELECT speed FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND speed IS NOT NULL
            AND known.timestamp >= w.since ORDER BY known.timestamp, id LIMIT 1)) AS speed_gain,
    p.dexterity - coalesce(
        (SELECT dexterity FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND dexterity IS NOT NULL
            AND known.timestamp < w.since ORDER BY known.timestamp DESC, id DESC LIMIT 1),
        (SELECT dexterity FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND dexterity IS NOT NULL
            AND known.timestamp >= w.since ORDER BY known.timestamp, id LIMIT 1)) AS dexterity_gain,
    p.total_stats - coalesce(
        (SELECT total_stats FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND total_stats IS NOT NULL
            AND known.timestamp < w.since ORDER BY known.timestamp DESC, id DESC LIMIT 1),
        (SELECT total_stats FROM player_stats_history AS known WHERE known.player_id = p.player_id
            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL AND total_stats IS NOT NULL
            AND known.timestamp >= w.since ORDER BY known.timestamp, id LIMIT 1)) AS total_stats_gain,
    p.networth - networth_from.networth AS networth_gain, -- dollars
    p.last_updated                                -- when Torn last answered about them
FROM player_latest AS p
CROSS JOIN (
    SELECT '7 days' AS period, answered_at - 7 * 86400 AS since FROM newest_answer
    UNION ALL SELECT '30 days', answered_at - 30 * 86400 FROM newest_answer
    UNION ALL SELECT 'month', unixepoch(answered_at, 'unixepoch', 'start of month') FROM newest_answer) AS w
LEFT JOIN player_stats_history AS level_from ON level_from.id = coalesce(
    (SELECT id FROM player_stats_history AS known WHERE known.player_id = p.player_id AND level IS NOT NULL
        AND known.timestamp < w.since ORDER BY known.timestamp DESC, id DESC LIMIT 1),
    (SELECT id FROM player_stats_history AS known WHERE known.player_id = p.player_id AND level IS NOT NULL
        AND known.timestamp >= w.since ORDER BY known.timestamp, id LIMIT 1))
LEFT JOIN player_stats_history AS networth_from ON networth_from.id = coalesce(
    (SELECT id FROM player_stats_history AS known WHERE known.player_id = p.player_id AND networth IS NOT NULL
        AND known.timestamp < w.since ORDER BY known.timestamp DESC, id DESC LIMIT 1),
    (SELECT id FROM player_stats_history AS known WHERE known.player_id = p.player_id AND networth IS NOT NULL
        AND known.timestamp >= w.since ORDER BY known.timestamp, id LIMIT 1));

CREATE VIEW player_league AS
-- Who gained most in each summarized month? Ranks from 1; NULL where the change is not known.
SELECT
    strftime('%Y-%m', s.period_start, 'unixepoch') AS month,
    s.player_id,
    p.name,
    p.faction_id,                                 -- of today
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
    s.record_count,                               -- rows of detail behind it
    s.period_start
FROM player_stats_summary AS s
JOIN players AS p ON p.player_id = s.player_id
LEFT JOIN factions AS f ON f.faction_id = p.faction_id
WHERE s.period_type = 'monthly';

-- ---------------------------------------------------------------- factions and their members

CREATE VIEW faction_latest AS
-- Where does each faction stand?
SELECT
    f.faction_id,
    f.name,
    f.tag,
    f.leader_id,
    leader.name AS leader_name,                   -- NULL: vacant, or a player that was never seen
    f.co_leader_id,
    co_leader.name AS co_leader_name,
    f.respect,                                    -- points
    f.age,                                        -- days
    f.best_chain,                                 -- hits
    f.member_count,                               -- as Torn says
    (SELECT count(*) FROM players WHERE faction_id = f.faction_id) AS members_seen, -- players in this database
    (SELECT count(*) FROM territories WHERE faction_id = f.faction_id) AS territories_seen,
    (SELECT timestamp FROM faction_history WHERE faction_id = f.faction_id
        ORDER BY timestamp DESC, id DESC LIMIT 1) AS recorded_at, -- newest row of the history; NULL: only referred to
    f.is_active,                                  -- 0: Torn no longer knows this id
    nullif(f.last_updated, 0) AS last_updated,    -- when Torn last answered about it, changed or not; NULL: never asked
    (SELECT answered_at FROM newest_answer) - nullif(f.last_updated, 0) AS age_seconds -- behind the newest answer in the database
FROM factions AS f
LEFT JOIN players AS leader ON leader.player_id = f.leader_id
LEFT JOIN players AS co_leader ON co_leader.player_id = f.co_leader_id;

CREATE VIEW faction_daily AS
-- How did each faction do from day to day? One row for each day on which something was recorded.
-- A day without a row brought nothing new, or was not observed.
SELECT
    h.faction_id,
    f.name,
    date(h.timestamp, 'unixepoch') AS day,        -- UTC
    h.respect,                                    -- points; as of the day's last row
    h.member_count,
    h.best_chain,                                 -- hits
    h.timestamp                                   -- of the day's last row
FROM faction_history AS h
JOIN factions AS f ON f.faction_id = h.faction_id
WHERE NOT EXISTS (
    SELECT 1 FROM faction_history AS later
    WHERE later.faction_id = h.faction_id
      AND (later.timestamp, later.id) > (h.timestamp, h.id)
      AND later.timestamp < h.timestamp - h.timestamp % 86400 + 86400);

CREATE VIEW faction_gains AS
-- What did each faction gain over the last 7 and 30 days and in this month? One row per faction and period.
-- The value now, less that of the last row before the period began, or else of the first row in it. NULL: not known.
SELECT
    f.faction_id,
    f.name,
    w.period,                                     -- '7 days', '30 days' or 'month' (the running one)
    w.since,                                      -- when it began, counted back from the newest answer in the database
    f.respect - before.respect AS respect_gain,   -- points
    f.member_count - before.member_count AS member_count_gain,
    f.best_chain - before.best_chain AS best_chain_gain,
    f.last_updated                                -- when Torn last answered about it
FROM factions AS f
CROSS JOIN (
    SELECT '7 days' AS period, answered_at - 7 * 86400 AS since FROM newest_answer
    UNION ALL SELECT '30 days', answered_at - 30 * 86400 FROM newest_answer
    UNION ALL SELECT 'month', unixepoch(answered_at, 'unixepoch', 'start of month') FROM newest_answer) AS w
JOIN faction_history AS before ON before.id = coalesce(
    (SELECT id FROM faction_history AS h WHERE h.faction_id = f.faction_id
        AND h.timestamp < w.since ORDER BY h.timestamp DESC, id DESC LIMIT 1),
    (SELECT id FROM faction_history AS h WHERE h.faction_id = f.faction_id
        AND h.timestamp >= w.since ORDER BY h.timestamp, id LIMIT 1));

CREATE VIEW faction_league AS
-- Which faction gained most in each summarized month? Ranks from 1; NULL where the change is not known.
SELECT
    strftime('%Y-%m', s.period_start, 'unixepoch') AS month,
    s.faction_id,
    f.name,
    s.respect_change,                             -- points
    CASE WHEN s.respect_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.respect_change DESC NULLS LAST) END AS respect_rank,
    s.respect_end,                                -- at the month's end
    s.member_count_change,
    s.member_count_end,
    s.best_chain_end,                             -- hits
    s.record_count,                               -- rows of detail behind it
    s.period_start
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
    m.first_seen_at,                              -- when first seen in it
    m.joined_at,                                  -- when they joined; NULL: were in it before the first look
    p.last_updated - m.first_seen_at AS member_seconds, -- at least so long
    p.last_updated                                -- when Torn last answered about them
FROM faction_membership AS m
JOIN players AS p ON p.player_id = m.player_id
JOIN factions AS f ON f.faction_id = m.faction_id
WHERE m.left_at IS NULL;

CREATE VIEW member_changes AS
-- Who joined or left which faction, and when? Times are those of the first look that showed it.
SELECT
    m.joined_at AS at,
    m.faction_id,
    f.name AS faction_name,
    'joined' AS event,                            -- 'joined' or 'left'
    m.player_id,
    p.name,
    (SELECT faction_id FROM faction_membership AS other
        WHERE other.player_id = m.player_id AND other.first_seen_at <= m.joined_at
          AND other.left_at BETWEEN m.joined_at - 86400 AND m.joined_at AND other.id < m.id
        ORDER BY other.id DESC LIMIT 1) AS other_faction_id -- came from, or went to, within a day; NULL: none
FROM faction_membership AS m
JOIN players AS p ON p.player_id = m.player_id
JOIN factions AS f ON f.faction_id = m.faction_id
WHERE m.joined_at IS NOT NULL
UNION ALL
SELECT
    m.left_at,
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
-- Which members have not been seen changing, and for how long? `WHERE unchanged_days >= 7`
-- Level, life, total stats and networth count, where known. Time in which nobody looked does not count.
SELECT
    faction_id,
    faction_name,
    player_id,
    name,
    level,
    unchanged_since,                              -- first row since which no known value differs
    (last_updated - unchanged_since) / 86400 AS unchanged_days, -- whole days, until Torn last answered about them
    last_updated
FROM (SELECT
    p.faction_id,
    f.name AS faction_name,
    p.player_id,
    p.name,
    p.level,
    p.last_updated,
    (SELECT min(timestamp) FROM player_stats_history AS same
        WHERE same.player_id = p.player_id AND (same.timestamp, same.id) > (
            SELECT coalesce(max(timestamp), -1), coalesce(max(id), -1) FROM (
                SELECT other.timestamp, other.id FROM player_stats_history AS other
                WHERE other.player_id = p.player_id AND (
                    other.level <> newest.level
                    OR other.life_maximum <> newest.life_maximum
                    OR other.total_stats <> (
                        SELECT total_stats FROM player_stats_history WHERE player_id = p.player_id
                        AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
                        AND total_stats IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
                    OR other.networth <> (
                        SELECT networth FROM player_stats_history WHERE player_id = p.player_id
                        AND networth IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1))
                ORDER BY other.timestamp DESC, other.id DESC LIMIT 1))) AS unchanged_since
    FROM players AS p
    JOIN factions AS f ON f.faction_id = p.faction_id
    JOIN player_stats_history AS newest ON newest.id = (
        SELECT id FROM player_stats_history WHERE player_id = p.player_id ORDER BY timestamp DESC, id DESC LIMIT 1));

-- ---------------------------------------------------------------- wars

CREATE VIEW war_latest AS
-- How does each war stand, or how did it end?
WITH RECURSIVE wars (war_type, war_id) AS (       -- from war to war along the index, without reading their courses
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
    h.attacking_score - h.defending_score AS lead, -- of the attacking faction; below 0 the other leads
    h.required_score,                             -- ranked: the lead that wins; territory: the attacking score that wins
    h.winner_faction_id,
    winner.name AS winner_faction_name,
    h.end_reason,                                 -- Torn's word
    h.started_at,
    h.ends_at,                                    -- NULL while it goes on
    CASE WHEN h.status <> 'scheduled' AND (h.status <> 'cancelled' OR h.ends_at IS NOT NULL)
        THEN max(0, coalesce(h.ends_at, (SELECT answered_at FROM newest_answer)) - h.started_at)
        END AS elapsed_seconds,                   -- to its end, or to the newest answer in the database
    h.recorded_at                                 -- of its newest row
FROM wars
JOIN war_status_history AS h ON h.id = (
    SELECT id FROM war_status_history AS course
    WHERE course.war_type = wars.war_type AND course.war_id = wars.war_id
    ORDER BY course.recorded_at DESC, course.id DESC LIMIT 1)
LEFT JOIN factions AS attacking ON attacking.faction_id = h.attacking_faction_id
LEFT JOIN factions AS defending ON defending.faction_id = h.defending_faction_id
LEFT JOIN factions AS winner ON winner.faction_id = h.winner_faction_id;

CREATE VIEW war_scores AS
-- How did the scores of each war go? The curve, with lead, target and time since the start.
SELECT
    h.war_type,
    h.war_id,
    h.recorded_at,
    CASE WHEN h.recorded_at >= h.started_at THEN h.recorded_at - h.started_at END AS elapsed_seconds, -- NULL: not begun
    h.status,
    h.territory_id,
    h.attacking_faction_id,
    attacking.name AS attacking_faction_name,
    h.attacking_score,
    h.defending_faction_id,
    defending.name AS defending_faction_name,
    h.defending_score,
    h.attacking_score - h.defending_score AS lead, -- of the attacking faction; below 0 the other leads
    h.required_score,                             -- target as of then: that of a ranked war decays
    max(0, h.required_score - CASE h.war_type
        WHEN 'ranked' THEN abs(h.attacking_score - h.defending_score)
        ELSE h.attacking_score END) AS points_to_win, -- of whoever leads (ranked), of the attacking faction (territory)
    h.id                                          -- of the row in war_status_history
FROM war_status_history AS h
LEFT JOIN factions AS attacking ON attacking.faction_id = h.attacking_faction_id
LEFT JOIN factions AS defending ON defending.faction_id = h.defending_faction_id;

CREATE VIEW war_league AS
-- How many wars did each faction fight and win in each summarized month?
SELECT
    strftime('%Y-%m', period_start, 'unixepoch') AS month,
    faction_id,
    name,
    war_type,
    count(*) AS wars,                             -- with news in the month
    count(*) FILTER (WHERE winner_faction_id = faction_id) AS won, -- that were decided in the month
    count(*) FILTER (WHERE winner_faction_id <> faction_id) AS lost,
    sum(score) AS score,                          -- points at the month's end or the war's
    period_start
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
-- Who holds each tile, and since when?
SELECT
    t.territory_id,
    t.sector,
    t.faction_id,                                 -- NULL: unowned
    f.name AS faction_name,
    (SELECT min(recorded_at) FROM territory_ownership_history AS own
        WHERE own.territory_id = t.territory_id AND own.recorded_at >= coalesce((
            SELECT recorded_at FROM territory_ownership_history AS other
            WHERE other.territory_id = t.territory_id AND other.faction_id IS NOT t.faction_id
            ORDER BY other.recorded_at DESC, other.id DESC LIMIT 1), 0)
          AND own.faction_id IS t.faction_id) AS owned_since, -- first row with this owner
    t.war_status,                                 -- 'none', 'under_attack' or 'defending' (the owner is a tracked faction)
    t.racket_type,                                -- NULL: no racket
    t.racket_level,
    t.size,
    t.density,
    t.slots,                                      -- places on the wall
    t.respect,                                    -- points a day
    t.coordinate_x,
    t.coordinate_y,
    nullif(t.last_updated, 0) AS last_updated,    -- when the owner was last observed; NULL: never
    (SELECT answered_at FROM newest_answer) - nullif(t.last_updated, 0) AS age_seconds -- behind the newest answer in the database
FROM territories AS t
LEFT JOIN factions AS f ON f.faction_id = t.faction_id;

CREATE VIEW territory_tenure AS
-- Who held which tile from when to when, and how was it won and lost? One row per tile and owner in a row.
SELECT
    h.territory_id,
    h.faction_id,                                 -- NULL: unowned
    f.name AS faction_name,
    h.recorded_at AS since,                       -- first seen with this owner
    after.recorded_at AS until,                   -- first seen with the next one; NULL: still held
    coalesce(after.recorded_at, max(t.last_updated, h.recorded_at), h.recorded_at) - h.recorded_at
        AS held_seconds,                          -- to the end, or to the last look at the tile
    -- 0: held already at the first look. Observations are kept when the row of the owner before is pruned.
    before.id IS NOT NULL OR h.recorded_at > coalesce((
        SELECT min(first_at) FROM territory_observations AS o WHERE o.territory_id = h.territory_id), h.recorded_at)
        AS is_start_known,
    CASE
        WHEN h.faction_id IS NULL OR before.id IS NULL THEN NULL
        WHEN won.war_id IS NOT NULL THEN 'assault'
        WHEN before.faction_id IS NULL THEN 'claim' -- it was unowned
        ELSE 'unknown' END AS won_by,             -- NULL: nobody holds it, or no row from before is left
    before.faction_id AS won_from_faction_id,     -- NULL: it was unowned, or no row from before is left
    won.war_id AS won_war_id,                     -- of the territory war
    CASE
        WHEN h.faction_id IS NULL OR after.id IS NULL THEN NULL
        WHEN lost.war_id IS NOT NULL THEN 'assault'
        WHEN after.faction_id IS NULL THEN 'abandoned' -- given up, or the faction is gone
        ELSE 'unknown' END AS lost_by,            -- NULL: nobody held it, or it is still held
    after.faction_id AS lost_to_faction_id,
    lost.war_id AS lost_war_id,
    h.id                                          -- of the first row in territory_ownership_history
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
-- The assault that the owner won since the previous one was last seen.
LEFT JOIN war_status_history AS won ON won.id = (
    SELECT id FROM war_status_history AS w
    WHERE w.territory_id = h.territory_id AND w.war_type = 'territory' AND w.status = 'completed'
      AND w.winner_faction_id = h.faction_id AND w.attacking_faction_id = h.faction_id
      AND coalesce(w.ends_at, w.recorded_at) BETWEEN before.recorded_at AND h.recorded_at
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

CREATE VIEW rackets AS
-- Which tiles have a racket, of what kind and level, whose is it, and since when?
SELECT
    t.territory_id,
    t.sector,
    t.racket_type,
    t.racket_level,
    t.faction_id,                                 -- NULL: unowned
    f.name AS faction_name,
    (SELECT min(recorded_at) FROM territory_ownership_history AS same
        WHERE same.territory_id = t.territory_id AND same.recorded_at >= coalesce((
            SELECT recorded_at FROM territory_ownership_history AS other
            WHERE other.territory_id = t.territory_id
              AND (other.racket_type IS NOT t.racket_type OR other.racket_level IS NOT t.racket_level)
            ORDER BY other.recorded_at DESC, other.id DESC LIMIT 1), 0)
          AND same.racket_type IS t.racket_type AND same.racket_level IS t.racket_level)
        AS since,                                 -- first row with this kind and level
    t.war_status,
    t.last_updated                                -- when the tile was last observed
FROM territories AS t
LEFT JOIN factions AS f ON f.faction_id = t.faction_id
WHERE t.racket_type IS NOT NULL;

CREATE VIEW territory_league AS
-- How many tiles did each faction hold, gain and lose in each summarized month?
SELECT
    strftime('%Y-%m', period_start, 'unixepoch') AS month,
    faction_id,
    name,
    sum(held_at_start) AS tiles_start,            -- at the month's start, or at the first look in it
    sum(held_at_end) AS tiles_end,
    sum(held_at_end AND NOT held_at_start) AS gained,
    sum(held_at_start AND NOT held_at_end) AS lost,
    sum(days) AS tile_days,                       -- whole days, of the tiles held at the month's end
    period_start
FROM (
    SELECT s.period_start, f.faction_id, f.name,
        s.faction_id_start IS f.faction_id AS held_at_start,
        s.faction_id_end IS f.faction_id AS held_at_end,
        CASE WHEN s.faction_id_end IS f.faction_id THEN s.days_owned ELSE 0 END AS days
    FROM territory_ownership_summary AS s
    JOIN factions AS f ON f.faction_id IN (s.faction_id_start, s.faction_id_end)
    WHERE s.period_type = 'monthly')
GROUP BY period_start, faction_id;
