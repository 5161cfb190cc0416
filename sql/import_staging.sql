-- Creates the temporary tables of an import, besides those with the rows of the source. All of them are empty.
CREATE TEMP TABLE replaced (       -- stored rows of one history that histories.rs decides to delete
    id INTEGER PRIMARY KEY,        -- id of the row
    entity,                        -- id of the player, faction or tile; type and id of the war
    period_start,                  -- start of the month of the row
    at,                            -- time of the row
    row,                           -- as in main.repeated_rows
    rows                           -- 1; 0: another row of the history has its facts
);
CREATE TEMP TABLE touched (        -- stored rows of one history that get new ids, after other rows of their second, or other values
    id INTEGER PRIMARY KEY,
    period_start                   -- start of the month of the row
);
CREATE TEMP TABLE revived (        -- rows of one history that earlier imports left out or removed
    entity,
    at,
    row                            -- as in main.repeated_rows
);
CREATE TEMP TABLE left_out (       -- what the source has recorded of rows that its own imports left out or removed
    history,                       -- all columns as main.repeated_rows
    entity,
    at,
    rows,
    has_row,
    PRIMARY KEY (history, entity, at)
);
CREATE TEMP TABLE counted (        -- imported summaries of one history that may replace stored ones
    entity,
    period_start,
    rows,                          -- history rows that it was made from
    left_out                       -- rows of the month that the source has left out or removed
);
CREATE TEMP TABLE left_out_months (-- how many rows of each month the source has left out or removed, without those of wars
    history,
    entity,                        -- as main.imported_summaries
    period_start,
    rows,
    PRIMARY KEY (history, entity, period_start)
);
CREATE INDEX temp.counted_key ON counted (entity, period_start);
CREATE INDEX temp.imported_factions_faction ON imported_factions (faction_id);
CREATE INDEX temp.imported_players_player ON imported_players (player_id);
CREATE INDEX temp.imported_faction_membership_player ON imported_faction_membership (player_id);
CREATE TEMP TABLE pruned_months (  -- the months of one history that are pruned here
    period_start PRIMARY KEY
);
CREATE TEMP TABLE known_winners (  -- the winners of wars that summaries and history rows name. Only with types, its index is used
    war_type TEXT,
    war_id INTEGER,
    period_start INTEGER,          -- start of the month of the summary or row
    winner_faction_id INTEGER
);
CREATE INDEX temp.idx_known_winners ON known_winners (war_type, war_id); -- serves fill_winners.sql
CREATE INDEX temp.imported_war_status_history_war ON imported_war_status_history (war_type, war_id, recorded_at);
CREATE TEMP VIEW newest_winners AS -- the winner in the newest of these summaries of each war
SELECT war_type, war_id, winner_faction_id, max(period_start) AS period_start
FROM known_winners
GROUP BY war_type, war_id;
CREATE TEMP TABLE rosters (        -- when our own fetches have read the roster of a faction: find_rosters.sql
    faction_id,
    at,
    PRIMARY KEY (faction_id, at)
);
CREATE TEMP TABLE imported_membership_sightings (  -- as main.membership_sightings
    player_id,
    at,
    faction_id,
    joined_at,
    has_left,
    newest_of
);
CREATE TEMP TABLE thin (           -- the part of counted that counts more rows than are known here: find_thin.sql
    entity,
    period_start,
    PRIMARY KEY (entity, period_start)
);
CREATE TEMP TABLE own_rows (       -- stored summaries of one history, before the imported ones are merged
    entity TEXT,                   -- as main.imported_summaries
    period_start INTEGER,
    rows,                          -- history rows that are known here; NULL: none
    known,                         -- of a war: these, and those that imports have left out or removed as they repeat known values
    score,                         -- of a war: the sum of the scores in the last of these rows
    duration,                      -- of a war: duration_seconds that these rows tell
    PRIMARY KEY (entity, period_start)
);
-- The + keeps SQLite from reading all summaries for each war, through the index on period_type.
CREATE TEMP VIEW decided_wars AS   -- stored summaries that were imported and name the winner: the war was decided by then
SELECT summary.war_type, summary.war_id, summary.period_start
FROM main.war_summary AS summary
JOIN main.imported_summaries AS mark ON mark.history = 'war_status_history'
    AND mark.period_start = summary.period_start AND mark.entity = summary.war_type || ' ' || summary.war_id
WHERE +summary.period_type = 'monthly' AND summary.winner_faction_id IS NOT NULL;
CREATE TEMP VIEW wars_of_import AS -- the wars of which the source has rows, summaries or winners
SELECT war_type, war_id FROM imported_war_summary
UNION
SELECT war_type, war_id FROM imported_war_status_history
UNION
SELECT war_type, war_id FROM known_winners;
CREATE TEMP TABLE told_wars (      -- the wars of which a row or a summary was taken
    entity TEXT PRIMARY KEY        -- as main.imported_summaries
);
CREATE TEMP TABLE imported_tile_lists (  -- as main.faction_tile_polls
    faction_id,
    first_at,
    last_at,
    is_over
);
CREATE TEMP TABLE joined_tile_lists (    -- what replaces the rows of the same factions: join_tile_lists.sql
    faction_id,
    first_at,
    last_at,
    is_over
);
CREATE TEMP TABLE carried (        -- stored rows of wars that are completed by the rows before them
    id INTEGER PRIMARY KEY,
    territory_id, attacking_faction_id, defending_faction_id, attacking_score, defending_score, required_score, status,
    end_reason, winner_faction_id, started_at, ends_at
);
CREATE TEMP TABLE imported_player_times (  -- as main.player_value_times
    player_id PRIMARY KEY,
    strength_at, defense_at, speed_at, dexterity_at, total_stats_at, level_at, life_maximum_at, networth_at
);
CREATE TEMP TABLE told_players (      -- the newest values of the imported states, then of the history: when and what
    player_id PRIMARY KEY,
    strength_at, defense_at, speed_at, dexterity_at, total_stats_at, level_at, life_maximum_at, networth_at, level,
    life_maximum
);
CREATE TEMP TABLE imported_faction_times (  -- as main.faction_value_times
    faction_id PRIMARY KEY,
    respect_at, member_count_at, best_chain_at
);
CREATE TEMP TABLE told_factions (      -- the newest values of the imported states, then of the history: when and what
    faction_id PRIMARY KEY,
    respect_at, member_count_at, best_chain_at, respect, member_count, best_chain
);
