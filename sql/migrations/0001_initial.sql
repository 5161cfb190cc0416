-- The first schema. Never edit a numbered migration after a release: add the next one.
--
-- Comments on tables and columns are inside the parentheses, because SQLite stores them there: `.schema` shows them.
-- The first comment of a table is its description in `tornsnap export`.
-- Timestamps are unix seconds (UTC), as in Torn's API. NULL means "not known" unless a comment says otherwise.

-- ---------------------------------------------------------------- bookkeeping

CREATE TABLE schema_version (                     -- the migrations that were applied to this database
    version     INTEGER PRIMARY KEY,              -- number of the migration
    applied_at  INTEGER NOT NULL DEFAULT (unixepoch()),
    description TEXT
) STRICT;

CREATE TABLE database_identity (                  -- the identity of this database, in one row
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    database_id TEXT    NOT NULL CHECK (length(database_id) = 32), -- random hexadecimal digits; backups have the same
    archive_of  TEXT CHECK (length(archive_of) = 32) -- database whose old history rows it holds; NULL: not an archive
) STRICT;

INSERT INTO database_identity (only_row, database_id) VALUES (1, lower(hex(randomblob(16))));

CREATE TABLE program_objects (                    -- the views, indexes and triggers that tornsnap created
    type TEXT NOT NULL,                           -- as in sqlite_schema; objects that are not listed belong to the user
    name TEXT NOT NULL,
    PRIMARY KEY (type, name)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- current state (upserted)

CREATE TABLE factions (                           -- the present state of each known faction
    faction_id   INTEGER PRIMARY KEY CHECK (faction_id > 0),
    name         TEXT    NOT NULL,                -- 'Faction 123' until the real name is known
    tag          TEXT,
    leader_id    INTEGER,                         -- NULL: not known, or vacant
    co_leader_id INTEGER,
    respect      INTEGER CHECK (respect >= 0),    -- points
    age          INTEGER CHECK (age >= 0),        -- days
    best_chain   INTEGER CHECK (best_chain >= 0), -- hits
    member_count INTEGER CHECK (member_count >= 0),
    is_active    INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)), -- 0: Torn no longer knows this id
    created_at   INTEGER NOT NULL DEFAULT (unixepoch()), -- when the row was inserted
    last_updated INTEGER NOT NULL DEFAULT (unixepoch())  -- when Torn last answered about it; 0: never
) STRICT;

CREATE TABLE players (                            -- the present state of each known player
    player_id          INTEGER PRIMARY KEY CHECK (player_id > 0),
    name               TEXT    NOT NULL,
    level              INTEGER CHECK (level >= 1),
    rank               TEXT,
    faction_id         INTEGER REFERENCES factions (faction_id), -- NULL: in no faction
    status_state       TEXT,                      -- 'Okay', 'Hospital', 'Traveling', …
    status_description TEXT,
    life_current       INTEGER CHECK (life_current >= 0),
    life_maximum       INTEGER CHECK (life_maximum > 0),
    is_active          INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)), -- 0: Torn no longer knows this id
    created_at         INTEGER NOT NULL DEFAULT (unixepoch()), -- when the row was inserted
    last_updated       INTEGER NOT NULL DEFAULT (unixepoch())  -- when Torn last answered about the player; 0: never
) STRICT;

-- Serves the members of one faction: changes of a roster, members to fetch, views.
CREATE INDEX idx_players_faction ON players (faction_id);

-- There is no index on last_updated. The tables players and factions have hundreds of rows, listing the stalest ones
-- reads all of them anyway, and each poll would update the index.

CREATE TABLE territories (                        -- the present owner and racket of each tile
    territory_id TEXT    PRIMARY KEY CHECK (length(territory_id) = 3), -- three letters: 'AAB'
    sector       INTEGER,                         -- 1 to 7
    size         INTEGER,
    density      INTEGER,
    slots        INTEGER,                         -- places on the wall
    respect      INTEGER,                         -- points a day
    coordinate_x REAL,
    coordinate_y REAL,
    faction_id   INTEGER REFERENCES factions (faction_id), -- NULL: unowned
    racket_type  TEXT,                            -- NULL: no racket
    racket_level INTEGER CHECK (racket_level >= 0),
    war_status   TEXT CHECK (war_status IN ('none', 'under_attack', 'defending')), -- 'defending': the owner is tracked
    created_at   INTEGER NOT NULL DEFAULT (unixepoch()),
    last_updated INTEGER NOT NULL DEFAULT (unixepoch()) -- when the owner was last observed; 0: never
) STRICT;

-- Serves the tiles of one faction: tiles that are no longer on its list, views.
CREATE INDEX idx_territories_faction ON territories (faction_id);

-- ---------------------------------------------------------------- history (append-only)
-- The indexes on (id, timestamp) are ascending. A new row then goes to the end of the entries of its id, instead of
-- splitting a page in the middle, and SQLite reads an index in both directions.

CREATE TABLE player_stats_history (               -- one row for each change of a player (or for each poll)
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    player_id    INTEGER NOT NULL REFERENCES players (player_id),
    timestamp    INTEGER NOT NULL DEFAULT (unixepoch()),
    strength     INTEGER CHECK (strength >= 0),   -- battle stats: only of key owners, with Limited access
    defense      INTEGER CHECK (defense >= 0),
    speed        INTEGER CHECK (speed >= 0),
    dexterity    INTEGER CHECK (dexterity >= 0),
    total_stats  INTEGER CHECK (total_stats >= 0),
    level        INTEGER CHECK (level >= 1),
    life_maximum INTEGER CHECK (life_maximum > 0),
    networth     INTEGER,                         -- dollars, may be negative; updated by Torn once a day
    data_source  TEXT                             -- name of the key that the answer was fetched with
) STRICT;

-- Serves the rows of one player, and the newest one before a timestamp: fetch, summaries, views.
CREATE INDEX idx_player_stats_player_time ON player_stats_history (player_id, timestamp);
-- Serves the rows of a period: summarize, prune, export --since.
CREATE INDEX idx_player_stats_timestamp ON player_stats_history (timestamp);
-- Serve the last known battle stats and networth of one player, without reading the rows that have neither: views,
-- summaries. Few players have battle stats, and the networth changes once a day, so both indexes are small. SQLite uses
-- such a partial index only if the query repeats its condition.
CREATE INDEX idx_player_stats_battle_known ON player_stats_history (player_id, timestamp)
    WHERE coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL;
CREATE INDEX idx_player_stats_networth_known ON player_stats_history (player_id, timestamp) WHERE networth IS NOT NULL;

CREATE TABLE faction_history (                    -- one row for each change of a faction (or for each poll)
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    faction_id   INTEGER NOT NULL REFERENCES factions (faction_id),
    timestamp    INTEGER NOT NULL DEFAULT (unixepoch()),
    respect      INTEGER CHECK (respect >= 0),
    member_count INTEGER CHECK (member_count >= 0),
    best_chain   INTEGER CHECK (best_chain >= 0),
    data_source  TEXT
) STRICT;

-- Serves the rows of one faction, and the newest one before a timestamp.
CREATE INDEX idx_faction_history_faction_time ON faction_history (faction_id, timestamp);
-- Serves the rows of a period.
CREATE INDEX idx_faction_history_timestamp ON faction_history (timestamp);

CREATE TABLE war_status_history (                 -- one row for each change of a war (or for each poll)
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    war_id               INTEGER NOT NULL,        -- unique only together with war_type
    war_type             TEXT    NOT NULL CHECK (war_type IN ('territory', 'ranked')),
    territory_id         TEXT,                    -- NULL for ranked wars
    attacking_faction_id INTEGER REFERENCES factions (faction_id), -- ranked: the first that Torn lists
    defending_faction_id INTEGER REFERENCES factions (faction_id),
    attacking_score      INTEGER CHECK (attacking_score >= 0),
    defending_score      INTEGER CHECK (defending_score >= 0),
    required_score       INTEGER CHECK (required_score >= 0), -- decays during a ranked war
    status               TEXT CHECK (status IN ('scheduled', 'ongoing', 'completed', 'cancelled')),
    end_reason           TEXT,                    -- Torn's name of it: 'success_assault', 'end_with_nap', …
    winner_faction_id    INTEGER REFERENCES factions (faction_id),
    started_at           INTEGER,
    ends_at              INTEGER,                 -- NULL: not ended
    recorded_at          INTEGER NOT NULL DEFAULT (unixepoch()),
    data_source          TEXT
) STRICT;

-- Serves the rows of one war, and its newest one.
CREATE INDEX idx_war_status_war_time ON war_status_history (war_type, war_id, recorded_at);
-- Serves the wars over one tile.
CREATE INDEX idx_war_status_territory ON war_status_history (territory_id, recorded_at) WHERE territory_id IS NOT NULL;
-- Serves the rows of a period.
CREATE INDEX idx_war_status_timestamp ON war_status_history (recorded_at);

CREATE TABLE territory_ownership_history (        -- one row for each change of a tile (or for each poll)
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    territory_id TEXT    NOT NULL,
    faction_id   INTEGER REFERENCES factions (faction_id), -- NULL: unowned
    sector       INTEGER,
    coordinate_x REAL,
    coordinate_y REAL,
    racket_level INTEGER CHECK (racket_level >= 0),
    racket_type  TEXT,
    war_status   TEXT CHECK (war_status IN ('none', 'under_attack', 'defending')),
    recorded_at  INTEGER NOT NULL DEFAULT (unixepoch()),
    data_source  TEXT
) STRICT;

-- Serves the rows of one tile, and the newest one before a timestamp.
CREATE INDEX idx_territory_ownership_territory_time ON territory_ownership_history (territory_id, recorded_at);
-- Serves the tiles that one faction has held.
CREATE INDEX idx_territory_ownership_faction ON territory_ownership_history (faction_id, recorded_at);
-- Serves the rows of a period.
CREATE INDEX idx_territory_ownership_timestamp ON territory_ownership_history (recorded_at);

-- ---------------------------------------------------------------- observations (never deleted)
-- A month without a change has no history row. These tables distinguish it from a month without an answer.

CREATE TABLE player_observations (                -- the months in which Torn answered about each player
    player_id    INTEGER NOT NULL REFERENCES players (player_id),
    period_start INTEGER NOT NULL,                -- first second of the UTC month
    first_at     INTEGER NOT NULL,                -- first answer about the player in that month
    last_at      INTEGER NOT NULL,                -- last answer about the player in that month
    polls        INTEGER NOT NULL CHECK (polls >= 1), -- number of answers
    PRIMARY KEY (player_id, period_start)
) STRICT, WITHOUT ROWID;

CREATE TABLE faction_observations (               -- the months in which Torn answered about each faction
    faction_id   INTEGER NOT NULL REFERENCES factions (faction_id),
    period_start INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    polls        INTEGER NOT NULL CHECK (polls >= 1),
    PRIMARY KEY (faction_id, period_start)
) STRICT, WITHOUT ROWID;

CREATE TABLE territory_observations (             -- the months in which Torn answered about each tile
    territory_id TEXT    NOT NULL REFERENCES territories (territory_id),
    period_start INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    polls        INTEGER NOT NULL CHECK (polls >= 1),
    PRIMARY KEY (territory_id, period_start)
) STRICT, WITHOUT ROWID;

-- Serve the players, factions and tiles that were observed in one month: summaries.
CREATE INDEX idx_player_observations_period ON player_observations (period_start);
CREATE INDEX idx_faction_observations_period ON faction_observations (period_start);
CREATE INDEX idx_territory_observations_period ON territory_observations (period_start);

-- ---------------------------------------------------------------- faction membership
-- Two triggers write this table whenever players.faction_id changes. They take players.last_updated as the time of the
-- change, so a statement that changes faction_id must set last_updated too.

CREATE TABLE faction_membership (                 -- which player was in which faction, from when to when
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    player_id     INTEGER NOT NULL REFERENCES players (player_id),
    faction_id    INTEGER NOT NULL REFERENCES factions (faction_id),
    first_seen_at INTEGER NOT NULL,               -- when the player was first seen in the faction
    joined_at     INTEGER,                        -- when the player joined; NULL: before first_seen_at
    left_at       INTEGER                         -- when first seen outside it again; NULL: still a member
) STRICT;

-- Allows one faction at a time, and serves the membership that ends when it changes.
CREATE UNIQUE INDEX idx_faction_membership_current ON faction_membership (player_id) WHERE left_at IS NULL;
-- Serves the memberships of one player.
CREATE INDEX idx_faction_membership_player ON faction_membership (player_id, first_seen_at);
-- Serves the memberships of one faction.
CREATE INDEX idx_faction_membership_faction ON faction_membership (faction_id, first_seen_at);

CREATE TRIGGER players_faction_first_seen AFTER INSERT ON players WHEN NEW.faction_id IS NOT NULL
BEGIN
    -- A new player has joined if the roster was known before. Otherwise the player may have been a member for years.
    INSERT INTO faction_membership (player_id, faction_id, first_seen_at, joined_at)
    VALUES (NEW.player_id, NEW.faction_id, NEW.last_updated, CASE WHEN
        EXISTS (SELECT 1 FROM faction_history
                WHERE faction_id = NEW.faction_id AND timestamp < NEW.last_updated)
        AND EXISTS (SELECT 1 FROM faction_membership
                    WHERE faction_id = NEW.faction_id AND first_seen_at < NEW.last_updated)
        THEN NEW.last_updated END);
END;

CREATE TRIGGER players_faction_changed AFTER UPDATE OF faction_id ON players WHEN OLD.faction_id IS NOT NEW.faction_id
BEGIN
    -- max(): a membership must not end before its start, even if the clock was set back.
    UPDATE faction_membership SET left_at = max(first_seen_at, NEW.last_updated)
    WHERE player_id = NEW.player_id AND left_at IS NULL;
    INSERT INTO faction_membership (player_id, faction_id, first_seen_at, joined_at)
    SELECT NEW.player_id, NEW.faction_id, NEW.last_updated, NEW.last_updated
    WHERE NEW.faction_id IS NOT NULL;
END;

-- ---------------------------------------------------------------- monthly summaries (deleted only on request)
-- A month is the half-open interval [period_start, period_end). Each UNIQUE constraint also serves as the index on
-- (id, period_start, period_end).

CREATE TABLE player_stats_summary (               -- the summary of each player and month
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    player_id           INTEGER NOT NULL REFERENCES players (player_id),
    period_start        INTEGER NOT NULL,
    period_end          INTEGER NOT NULL,
    period_type         TEXT    NOT NULL DEFAULT 'monthly',
    strength_start      INTEGER,                  -- last known value before the month, or the first in it
    strength_end        INTEGER,                  -- last known value before the end of the month
    strength_change     INTEGER,                  -- end - start; NULL: one of them is not known
    defense_start       INTEGER,
    defense_end         INTEGER,
    defense_change      INTEGER,
    speed_start         INTEGER,
    speed_end           INTEGER,
    speed_change        INTEGER,
    dexterity_start     INTEGER,
    dexterity_end       INTEGER,
    dexterity_change    INTEGER,
    total_stats_start   INTEGER,
    total_stats_end     INTEGER,
    total_stats_change  INTEGER,
    level_start         INTEGER,
    level_end           INTEGER,
    level_change        INTEGER,
    life_maximum_start  INTEGER,
    life_maximum_end    INTEGER,
    networth_start      INTEGER,
    networth_end        INTEGER,
    networth_change     INTEGER,
    record_count        INTEGER CHECK (record_count >= 0), -- history rows in the month
    created_at          INTEGER NOT NULL DEFAULT (unixepoch()),
    UNIQUE (player_id, period_start, period_end, period_type)
) STRICT;

-- Serves all players of one month: league views, the months that are summarized.
CREATE INDEX idx_player_stats_summary_period_type ON player_stats_summary (period_type, period_start);

CREATE TABLE faction_summary (                    -- the summary of each faction and month
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    faction_id          INTEGER NOT NULL REFERENCES factions (faction_id),
    period_start        INTEGER NOT NULL,
    period_end          INTEGER NOT NULL,
    period_type         TEXT    NOT NULL DEFAULT 'monthly',
    respect_start       INTEGER,
    respect_end         INTEGER,
    respect_change      INTEGER,
    member_count_start  INTEGER,
    member_count_end    INTEGER,
    member_count_change INTEGER,
    best_chain_start    INTEGER,
    best_chain_end      INTEGER,
    best_chain_change   INTEGER,
    record_count        INTEGER CHECK (record_count >= 0),
    created_at          INTEGER NOT NULL DEFAULT (unixepoch()),
    UNIQUE (faction_id, period_start, period_end, period_type)
) STRICT;

-- Serves all factions of one month.
CREATE INDEX idx_faction_summary_period_type ON faction_summary (period_type, period_start);

CREATE TABLE war_summary (                        -- the summary of each war and month
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    war_id                INTEGER NOT NULL,
    war_type              TEXT    NOT NULL CHECK (war_type IN ('territory', 'ranked')),
    territory_id          TEXT,
    period_start          INTEGER NOT NULL,
    period_end            INTEGER NOT NULL,
    period_type           TEXT    NOT NULL DEFAULT 'monthly',
    attacking_faction_id  INTEGER REFERENCES factions (faction_id),
    defending_faction_id  INTEGER REFERENCES factions (faction_id),
    final_attacking_score INTEGER,                -- score in the last row of the month
    final_defending_score INTEGER,
    winner_faction_id     INTEGER REFERENCES factions (faction_id), -- NULL unless that row is 'completed'
    duration_seconds      INTEGER CHECK (duration_seconds >= 0),
    record_count          INTEGER CHECK (record_count >= 0),
    created_at            INTEGER NOT NULL DEFAULT (unixepoch()),
    UNIQUE (war_type, war_id, period_start, period_end, period_type)
) STRICT;

-- Serves the wars over one tile.
CREATE INDEX idx_war_summary_territory ON war_summary (territory_id, period_start);
-- Serves all wars of one month.
CREATE INDEX idx_war_summary_period_type ON war_summary (period_type, period_start);

CREATE TABLE territory_ownership_summary (        -- the summary of each tile and month
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    territory_id      TEXT    NOT NULL,
    period_start      INTEGER NOT NULL,
    period_end        INTEGER NOT NULL,
    period_type       TEXT    NOT NULL DEFAULT 'monthly',
    faction_id_start  INTEGER REFERENCES factions (faction_id), -- owner at the start of the month; NULL: unowned
    faction_id_end    INTEGER REFERENCES factions (faction_id), -- owner at the end of the month; NULL: unowned
    ownership_changes INTEGER CHECK (ownership_changes >= 0),
    days_owned        INTEGER CHECK (days_owned >= 0), -- whole days for which the owner at the end held it
    record_count      INTEGER CHECK (record_count >= 0),
    created_at        INTEGER NOT NULL DEFAULT (unixepoch()),
    UNIQUE (territory_id, period_start, period_end, period_type)
) STRICT;

-- Serves the tiles that one faction has held.
CREATE INDEX idx_territory_summary_faction ON territory_ownership_summary (faction_id_end, period_start);
-- Serves all tiles of one month.
CREATE INDEX idx_territory_summary_period_type ON territory_ownership_summary (period_type, period_start);

CREATE TABLE month_states (                       -- what was done with each month of each history table; kept for ever
    history       TEXT    NOT NULL,               -- name of the history table
    period_start  INTEGER NOT NULL,               -- first second of the UTC month
    summarized_at INTEGER,                        -- NULL: never
    counted_rows  INTEGER NOT NULL DEFAULT 0,     -- history rows of the month when it was summarized
    last_id       INTEGER NOT NULL DEFAULT 0,     -- highest id in the history table when it was summarized
    observed      INTEGER DEFAULT 0,              -- players, factions or tiles observed in it then; NULL: summarize it again
    pruned_at     INTEGER,                        -- when rows of it, or that it begins with, were first pruned; NULL: never
    purged_at     INTEGER,                        -- when its summaries were deleted on request; NULL: they were not
    reopened_at   INTEGER,                        -- when its prune turned out to be too early; its rows may be imported again
    expected_rows INTEGER,                        -- history rows up to reopened_at, with those that this prune deleted
    reopened_last_id INTEGER,                     -- highest id in the history table then; stays after the month is closed
    PRIMARY KEY (history, period_start)
) STRICT, WITHOUT ROWID;

CREATE TABLE repeated_rows (                      -- history rows that imports left out or removed, as they repeat known values
    history      TEXT    NOT NULL,                -- name of the history table
    entity       TEXT    NOT NULL,                -- id of the player, faction or tile; type and id of the war
    at           INTEGER NOT NULL,                -- time of the row
    rows         INTEGER NOT NULL CHECK (rows >= 0), -- 1; of a pruned month: all of it
    row          TEXT    NOT NULL,                -- its columns but the id, in their order, as a JSON array. It may be a change
                                                  -- when other rows are imported. '': of a pruned month, at its start
    has_row      INTEGER NOT NULL DEFAULT 0 CHECK (has_row IN (0, 1)), -- of a war: 1 if the row of this time is one of them
    PRIMARY KEY (history, entity, at, row)
) STRICT, WITHOUT ROWID;

-- The memberships that an import makes are those that all sightings tell. players.faction_id does not say as much: NULL also
-- stands for a roster without the player, who may be in another faction.
CREATE TABLE membership_sightings (               -- what Torn, or an imported file, has told about the factions of players
    player_id  INTEGER NOT NULL REFERENCES players (player_id),
    at         INTEGER NOT NULL,                  -- when the player was seen
    faction_id INTEGER,                           -- NULL: in no faction
    joined_at  INTEGER,                           -- when the player joined; NULL: before `at`, or not known
    has_left   INTEGER NOT NULL CHECK (has_left IN (0, 1)), -- 1: seen outside this faction, in any other one or none
    newest_of  TEXT                               -- whose newest sighting it is: id of a database, 'plan' or 'csv'; NULL: it stays
) STRICT;

-- Keeps each sighting that stays once. A UNIQUE constraint would take two NULLs as different.
CREATE UNIQUE INDEX idx_membership_sightings ON membership_sightings (
    player_id, at, has_left, coalesce(faction_id, 0), coalesce(joined_at, 0)) WHERE newest_of IS NULL;
-- Allows one newest sighting of a player for each source. Each poll replaces it.
CREATE UNIQUE INDEX idx_membership_sightings_newest ON membership_sightings (player_id, newest_of)
    WHERE newest_of IS NOT NULL;

-- faction_membership has no rows for the times in no faction. These triggers keep the first and the last sighting of each.
CREATE TRIGGER membership_sightings_first_seen AFTER INSERT ON membership_sightings
WHEN NEW.newest_of IS NOT NULL AND NEW.faction_id IS NULL
BEGIN
    INSERT INTO membership_sightings (player_id, at, has_left) VALUES (NEW.player_id, NEW.at, 0)
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER membership_sightings_changed AFTER UPDATE OF faction_id ON membership_sightings
WHEN (OLD.faction_id IS NULL) <> (NEW.faction_id IS NULL)
BEGIN
    INSERT INTO membership_sightings (player_id, at, has_left)
    VALUES (NEW.player_id, iif(OLD.faction_id IS NULL, OLD.at, NEW.at), 0)
    ON CONFLICT DO NOTHING;
END;

CREATE TABLE imported_summaries (                 -- monthly summaries that an import has brought or changed
    history      TEXT    NOT NULL,                -- name of the history table
    period_start INTEGER NOT NULL,                -- first second of the UTC month
    entity       TEXT    NOT NULL,                -- id of the player, faction or tile; type and id of the war
    own_rows     INTEGER,                         -- history rows that were known here before that; NULL: none
    left_out     INTEGER NOT NULL DEFAULT 0 CHECK (left_out >= 0), -- rows of the month that its source had left out or removed
    PRIMARY KEY (history, period_start, entity)
) STRICT, WITHOUT ROWID;

-- war_summary joins these with the history rows. They are kept apart, because an import can remove the rows later.
CREATE TABLE imported_wars (                      -- what imported summaries tell of each war and month, without our history rows
    war_type              TEXT    NOT NULL,
    war_id                INTEGER NOT NULL,
    period_start          INTEGER NOT NULL,       -- first second of the UTC month
    territory_id          TEXT,                   -- this column and those up to record_count: as in war_summary
    attacking_faction_id  INTEGER,
    defending_faction_id  INTEGER,
    final_attacking_score INTEGER,
    final_defending_score INTEGER,
    winner_faction_id     INTEGER,
    duration_seconds      INTEGER,
    record_count          INTEGER,                -- NULL: only the winner is known
    most_rows             INTEGER,                -- the most history rows of a summary that tells these scores
    most_rows_duration    INTEGER,                -- duration_seconds of that summary
    own_rows              INTEGER,                -- history rows here, also after a prune has deleted them; NULL: none
    own_score             INTEGER,                -- the sum of the scores in the last one
    own_duration          INTEGER,                -- duration_seconds that they tell
    PRIMARY KEY (war_type, war_id, period_start)
) STRICT, WITHOUT ROWID;

-- Serves all wars of one month.
CREATE INDEX idx_imported_wars_month ON imported_wars (period_start);

-- ---------------------------------------------------------------- fetch runs and rejected answers

CREATE TABLE fetch_runs (                         -- each run of `tornsnap fetch`, one row for each kind
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL CHECK (kind IN ('players', 'factions', 'wars', 'territories')),
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,                          -- NULL: still running, or killed
    status      TEXT    NOT NULL CHECK (status IN ('running', 'ok', 'partial', 'failed', 'interrupted', 'killed')),
    requests    INTEGER NOT NULL DEFAULT 0,       -- calls made to Torn
    entities    INTEGER NOT NULL DEFAULT 0,       -- answers saved
    appended    INTEGER NOT NULL DEFAULT 0,       -- history rows written
    unchanged   INTEGER NOT NULL DEFAULT 0,       -- answers without a change
    failed      INTEGER NOT NULL DEFAULT 0,       -- targets that could not be fetched
    error       TEXT,                             -- error text of the first failure; NULL: none
    cause       TEXT                              -- kind of that failure; NULL: none, or not known
        CHECK (cause IN ('network', 'torn', 'keys', 'answers', 'targets', 'configuration', 'storage', 'clock', 'stopped')),
    clock_ahead INTEGER,                          -- seconds that this machine's clock was ahead of Torn's, if that ended the run
    torn_at     INTEGER,                          -- Torn's time at its last answer; NULL: no answer named it, or it was taken back
    configuration TEXT                            -- absolute path of the configuration file; NULL: none
) STRICT;

-- Serves the latest runs of one kind: health.
CREATE INDEX idx_fetch_runs_kind ON fetch_runs (kind, started_at);
-- Serves the oldest runs: prune.
CREATE INDEX idx_fetch_runs_started ON fetch_runs (started_at);

CREATE TABLE rejected_payloads (                  -- parts of Torn's answers that were not stored, because they do not fit
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at  INTEGER NOT NULL,                -- when it was first seen
    endpoint     TEXT    NOT NULL,
    entity       TEXT,                            -- subject of the call: 'player 123'
    error        TEXT    NOT NULL,                -- newest error text, with the JSON path
    body         TEXT    NOT NULL,                -- JSON text when first seen, cut off after 64 KiB
    json_path    TEXT    NOT NULL DEFAULT '',     -- place in the answer: 'members[*].level'
    last_seen_at INTEGER,                         -- NULL: seen once only
    times        INTEGER NOT NULL DEFAULT 1,      -- number of times it was seen
    times_on_day INTEGER NOT NULL DEFAULT 1       -- the same, on the UTC day of last_seen_at
) STRICT;

-- Allows one row for each part, so that a repeated one is counted in it.
CREATE UNIQUE INDEX idx_rejected_payloads_part ON rejected_payloads (endpoint, entity, json_path) WHERE json_path <> '';

-- Serves the oldest rejected answers: prune.
CREATE INDEX idx_rejected_payloads_time ON rejected_payloads (recorded_at);

-- ---------------------------------------------------------------- keys, pauses and rate limit (never a key itself)

CREATE TABLE api_keys (                           -- the state of each key, by its name in the configuration
    name         TEXT    PRIMARY KEY,             -- as in the configuration
    owner_id     INTEGER,                         -- player who owns the key; NULL: not checked yet
    access       TEXT,                            -- Torn's name of the access type: 'Limited Access'
    state        TEXT    NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'paused', 'dead')),
    paused_until INTEGER,
    last_error   TEXT,
    last_used_at INTEGER
) STRICT;

CREATE TABLE key_checks (                         -- Torn's answer about each key (/key/info), fetched daily
    name               TEXT    PRIMARY KEY REFERENCES api_keys (name) ON DELETE CASCADE,
    fingerprint        TEXT    NOT NULL,          -- hash of the key, to detect a replaced key
    checked_at         INTEGER NOT NULL,          -- when Torn answered; 0: it has to be checked again
    access_level       INTEGER NOT NULL,          -- 1 public, 2 minimal, 3 limited, 4 full, 0 custom
    user_selections    TEXT,                      -- selections of /user that the key may read, comma-separated
    faction_selections TEXT,                      -- of /faction
    torn_selections    TEXT                       -- of /torn
) STRICT;

CREATE TABLE api_pauses (                         -- the pauses that Torn asked for; they apply to later runs too
    scope    TEXT    NOT NULL CHECK (scope IN ('address', 'personalstats')), -- 'address': all calls
    owner_id INTEGER NOT NULL,                    -- the key owner; 0 for the address
    cause    TEXT    NOT NULL CHECK (cause IN ('block', 'rate_limit', 'daily_limit')),
    until    INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (scope, owner_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_requests (                       -- one row for each call that counts for the rate limit
    owner_id      INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,               -- unix milliseconds; the call counts until then
    id            INTEGER PRIMARY KEY
) STRICT;

-- Serves the calls of one owner that still count.
CREATE INDEX idx_api_requests_owner ON api_requests (owner_id, expires_at_ms);

-- ---------------------------------------------------------------- state between runs

CREATE TABLE player_polls (                       -- when Torn last answered about each player, apart from rosters
    player_id       INTEGER PRIMARY KEY,
    polled_at       INTEGER NOT NULL,             -- last answer with a profile; fetch starts with the oldest
    bucket_asked_at INTEGER,                      -- last answer with personalstats
    bucket_at       INTEGER                       -- Torn's timestamp of the newest daily bucket
) STRICT;

-- A history has a row only for a change. These two tables tell a value that has not changed from one that was not told.
CREATE TABLE player_value_times (                 -- when each value of a player was last told, changed or not
    player_id       INTEGER PRIMARY KEY REFERENCES players (player_id),
    strength_at     INTEGER,                      -- NULL: never, or not known. So are all below
    defense_at      INTEGER,
    speed_at        INTEGER,
    dexterity_at    INTEGER,
    total_stats_at  INTEGER,
    level_at        INTEGER,                      -- a profile and a roster tell it
    life_maximum_at INTEGER,
    networth_at     INTEGER
) STRICT;

CREATE TABLE faction_value_times (                -- when each value of a faction was last told, changed or not
    faction_id      INTEGER PRIMARY KEY REFERENCES factions (faction_id),
    respect_at      INTEGER,                      -- NULL: never, or not known. So are all below
    member_count_at INTEGER,
    best_chain_at   INTEGER
) STRICT;

CREATE TABLE missing_entities (                   -- the ids that Torn does not know
    kind       TEXT    NOT NULL CHECK (kind IN ('player', 'faction', 'tile')),
    entity_id  ANY     NOT NULL CHECK (typeof(entity_id) = iif(kind = 'tile', 'text', 'integer')),
    misses     INTEGER NOT NULL,                  -- consecutive misses; those within half an hour count once
    first_miss INTEGER NOT NULL DEFAULT 0,
    last_miss  INTEGER NOT NULL,
    PRIMARY KEY (kind, entity_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE war_follow_ups (                     -- the wars on no list that Torn is still asked about
    war_type       TEXT    NOT NULL CHECK (war_type IN ('territory', 'ranked')),
    war_id         INTEGER NOT NULL,
    wanted         TEXT    NOT NULL CHECK (wanted IN ('end', 'report', 'later')), -- 'report': its end is known
    first_asked_at INTEGER NOT NULL,
    last_asked_at  INTEGER NOT NULL,
    PRIMARY KEY (war_type, war_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE faction_war_polls (                  -- when the war lists of each followed faction were last read
    faction_id      INTEGER PRIMARY KEY,
    listed_at       INTEGER,                      -- list of its present wars; NULL: never
    history_read_at INTEGER                       -- lists of its past wars; NULL: never
) STRICT;

CREATE TABLE faction_tile_polls (                 -- the periods in which each faction's list of tiles was read; kept for ever
    faction_id INTEGER NOT NULL,                  -- a tile that appears within a period was gained, and not held before
    first_at   INTEGER NOT NULL,                  -- the first answer of the period: every tile could be decoded
    last_at    INTEGER NOT NULL,                  -- the last answer of the period
    is_over    INTEGER NOT NULL DEFAULT 0 CHECK (is_over IN (0, 1)), -- 1: the faction was not followed after last_at
    PRIMARY KEY (faction_id, first_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE refreshes (                          -- when rarely changing data was last read
    name         TEXT    PRIMARY KEY CHECK (name IN ('tile_facts')),
    refreshed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE prune_runs (                         -- each prune that moved or deleted rows, or that found or began an archive
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,                          -- NULL: interrupted; the next prune continues it
    cutoff      INTEGER NOT NULL,                 -- older history rows were pruned, except the last known values
    deleted     INTEGER NOT NULL DEFAULT 0,       -- history rows that were deleted or moved
    archive     TEXT,                             -- the archive that was used; NULL: the rows were deleted
    archive_id  TEXT,                             -- database_id of that file
    given_up    TEXT,                             -- database_id of the archive that was gone when --new-archive began this one
    CHECK ((archive IS NULL) = (archive_id IS NULL))
) STRICT;

CREATE TABLE archive_step (                       -- in an archive: the rows that were last copied to it
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    history     TEXT    NOT NULL,
    from_moment INTEGER NOT NULL,                 -- half-open interval of the rows' timestamps
    until_moment INTEGER NOT NULL,
    last_id     INTEGER NOT NULL                  -- highest id of these rows
) STRICT;

CREATE TABLE archive_receipts (                   -- in an archive and in its database: what each prune has moved from one to the other
    receipt    TEXT    PRIMARY KEY,               -- random; each prune makes one
    archive_id TEXT    NOT NULL,                  -- database_id of the archive
    rows       INTEGER NOT NULL                   -- rows that were copied, also those that were taken back.
                                                  -- If the archive has fewer, it is an older copy
) STRICT, WITHOUT ROWID;

CREATE TABLE searched_copies (                    -- backups and archives that were searched for rows that a prune deleted too early
    copy   TEXT    PRIMARY KEY,                   -- SHA-256 of a backup, as in its manifest; database_id of an archive
    rows   INTEGER,                               -- the missing rows in it; NULL: it could not be searched
    error  TEXT,                                  -- why it could not be searched
    CHECK ((rows IS NULL) <> (error IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_folders (                     -- the folders that backups of this database were written to
    directory      TEXT    PRIMARY KEY,           -- absolute path
    last_backup_at INTEGER NOT NULL,
    last_file      TEXT    NOT NULL               -- name of the newest backup in it
) STRICT, WITHOUT ROWID;
