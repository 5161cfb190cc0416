-- The first shape of the file. Never edit a numbered migration after a release: add the next one.
-- Comments stand inside the parentheses because SQLite keeps them there: `.schema` is the documentation.
-- Times are unix seconds, UTC (Torn's own clock). NULL means "not known", never zero.

-- ---------------------------------------------------------------- bookkeeping

CREATE TABLE schema_version (                     -- which migrations this file has seen
    version     INTEGER PRIMARY KEY,              -- number of the migration
    applied_at  INTEGER NOT NULL DEFAULT (unixepoch()),
    description TEXT
) STRICT;

CREATE TABLE database_identity (                  -- which database this file is: one row, made with the file
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    database_id TEXT    NOT NULL CHECK (length(database_id) = 32), -- random hexadecimal digits; a backup has the same
    archive_of  TEXT CHECK (length(archive_of) = 32) -- database whose old history rows it holds; NULL: not an archive
) STRICT;

INSERT INTO database_identity (only_row, database_id) VALUES (1, lower(hex(randomblob(16))));

CREATE TABLE program_objects (                    -- views, indexes and triggers that tornsnap made: all others are the user's
    type TEXT NOT NULL,                           -- as in sqlite_schema
    name TEXT NOT NULL,
    PRIMARY KEY (type, name)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- current state (upserted)

CREATE TABLE factions (                           -- every faction that was asked about or referred to, as it is now
    faction_id   INTEGER PRIMARY KEY CHECK (faction_id > 0),
    name         TEXT    NOT NULL,                -- 'Faction 123' until the real name is known
    tag          TEXT,
    leader_id    INTEGER,                         -- NULL: not known, or the seat is vacant
    co_leader_id INTEGER,
    respect      INTEGER CHECK (respect >= 0),    -- points
    age          INTEGER CHECK (age >= 0),        -- days
    best_chain   INTEGER CHECK (best_chain >= 0), -- hits
    member_count INTEGER CHECK (member_count >= 0),
    is_active    INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)), -- 0: Torn no longer knows this id
    created_at   INTEGER NOT NULL DEFAULT (unixepoch()), -- when the row was made
    last_updated INTEGER NOT NULL DEFAULT (unixepoch())  -- when Torn last answered about it, changed or not
) STRICT;

CREATE TABLE players (                            -- every player that was asked about or seen in a roster, as they are now
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
    created_at         INTEGER NOT NULL DEFAULT (unixepoch()),
    last_updated       INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;

-- Who is in this faction? (roster differences, members to fetch, views)
CREATE INDEX idx_players_faction ON players (faction_id);

-- The plan's idx_players_last_updated and idx_factions_last_updated are left out: these tables hold hundreds
-- of rows, "stalest first" reads all of them anyway, and each poll would rewrite the index.

CREATE TABLE territories (                        -- every tile, its owner and its racket, as they are now
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
    war_status   TEXT CHECK (war_status IN ('none', 'under_attack', 'defending')), -- 'defending': the owner is a tracked faction
    created_at   INTEGER NOT NULL DEFAULT (unixepoch()),
    last_updated INTEGER NOT NULL DEFAULT (unixepoch()) -- when the owner was last observed
) STRICT;

-- What does this faction hold now? (a tile gone from a tracked faction's list; views)
CREATE INDEX idx_territories_faction ON territories (faction_id);

-- ---------------------------------------------------------------- history (append-only)
-- The plan's indexes on (entity, time DESC) are ascending here: new rows then go to the end of each entity's run
-- instead of splitting pages half empty, and one index serves both directions.

CREATE TABLE player_stats_history (               -- what players were, one row a change (or a poll)
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    player_id    INTEGER NOT NULL REFERENCES players (player_id),
    timestamp    INTEGER NOT NULL DEFAULT (unixepoch()),
    strength     INTEGER CHECK (strength >= 0),   -- battle stats: only for owners of a key with Limited access
    defense      INTEGER CHECK (defense >= 0),
    speed        INTEGER CHECK (speed >= 0),
    dexterity    INTEGER CHECK (dexterity >= 0),
    total_stats  INTEGER CHECK (total_stats >= 0),
    level        INTEGER CHECK (level >= 1),
    life_maximum INTEGER CHECK (life_maximum > 0),
    networth     INTEGER,                         -- dollars, may be negative; a daily value of Torn's
    data_source  TEXT                             -- name of the key that fetched it
) STRICT;

-- The story of one player; its newest row before a moment (recording, summaries, views).
CREATE INDEX idx_player_stats_player_time ON player_stats_history (player_id, timestamp);
-- Which months have detail, what is older than the cut-off, what came since (summarize, prune, export --since).
CREATE INDEX idx_player_stats_timestamp ON player_stats_history (timestamp);
-- The last known battle stats and networth of one player, without walking the rows that do not know them (views, summaries).
-- Few players have the former, and the latter comes once a day, so both indexes are small. A query has to repeat the condition.
CREATE INDEX idx_player_stats_battle_known ON player_stats_history (player_id, timestamp)
    WHERE coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL;
CREATE INDEX idx_player_stats_networth_known ON player_stats_history (player_id, timestamp) WHERE networth IS NOT NULL;

CREATE TABLE faction_history (                    -- what factions were, one row a change (or a poll)
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    faction_id   INTEGER NOT NULL REFERENCES factions (faction_id),
    timestamp    INTEGER NOT NULL DEFAULT (unixepoch()),
    respect      INTEGER CHECK (respect >= 0),
    member_count INTEGER CHECK (member_count >= 0),
    best_chain   INTEGER CHECK (best_chain >= 0),
    data_source  TEXT
) STRICT;

-- The story of one faction; its newest row before a moment.
CREATE INDEX idx_faction_history_faction_time ON faction_history (faction_id, timestamp);
-- As for players: by time alone.
CREATE INDEX idx_faction_history_timestamp ON faction_history (timestamp);

CREATE TABLE war_status_history (                 -- the course of each war, one row a change (or a poll)
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
    end_reason           TEXT,                    -- Torn's word: 'success_assault', 'end_with_nap', 'forfeit', …
    winner_faction_id    INTEGER REFERENCES factions (faction_id),
    started_at           INTEGER,
    ends_at              INTEGER,                 -- NULL while it goes on
    recorded_at          INTEGER NOT NULL DEFAULT (unixepoch()),
    data_source          TEXT
) STRICT;

-- The course of one war; its newest row.
CREATE INDEX idx_war_status_war_time ON war_status_history (war_type, war_id, recorded_at);
-- The wars over one tile.
CREATE INDEX idx_war_status_territory ON war_status_history (territory_id, recorded_at) WHERE territory_id IS NOT NULL;
-- By time alone.
CREATE INDEX idx_war_status_timestamp ON war_status_history (recorded_at);

CREATE TABLE territory_ownership_history (        -- who held each tile, one row a change (or a poll)
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

-- The story of one tile; its newest row before a moment.
CREATE INDEX idx_territory_ownership_territory_time ON territory_ownership_history (territory_id, recorded_at);
-- The tiles that one faction has held.
CREATE INDEX idx_territory_ownership_faction ON territory_ownership_history (faction_id, recorded_at);
-- By time alone.
CREATE INDEX idx_territory_ownership_timestamp ON territory_ownership_history (recorded_at);

-- ---------------------------------------------------------------- observations (kept for ever)
-- A month without any change has no history row. These tables tell it from a month that nobody looked at.

CREATE TABLE player_observations (                -- the months in which Torn told anything about each player
    player_id    INTEGER NOT NULL REFERENCES players (player_id),
    period_start INTEGER NOT NULL,                -- first second of the UTC month
    first_at     INTEGER NOT NULL,                -- first answer about the player in that month
    last_at      INTEGER NOT NULL,                -- last answer about the player in that month
    polls        INTEGER NOT NULL CHECK (polls >= 1), -- number of answers
    PRIMARY KEY (player_id, period_start)
) STRICT, WITHOUT ROWID;

CREATE TABLE faction_observations (               -- the months in which Torn told anything about each faction
    faction_id   INTEGER NOT NULL REFERENCES factions (faction_id),
    period_start INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    polls        INTEGER NOT NULL CHECK (polls >= 1),
    PRIMARY KEY (faction_id, period_start)
) STRICT, WITHOUT ROWID;

CREATE TABLE territory_observations (             -- the months in which Torn told anything about each tile
    territory_id TEXT    NOT NULL REFERENCES territories (territory_id),
    period_start INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    polls        INTEGER NOT NULL CHECK (polls >= 1),
    PRIMARY KEY (territory_id, period_start)
) STRICT, WITHOUT ROWID;

-- Who was observed in this month? (summaries)
CREATE INDEX idx_player_observations_period ON player_observations (period_start);
CREATE INDEX idx_faction_observations_period ON faction_observations (period_start);
CREATE INDEX idx_territory_observations_period ON territory_observations (period_start);

-- ---------------------------------------------------------------- who was in which faction
-- Kept by the two triggers, whatever writes players.faction_id. They take players.last_updated for the time of the
-- observation, so whoever changes faction_id sets last_updated too.

CREATE TABLE faction_membership (                 -- who was in which faction, from when to when
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    player_id     INTEGER NOT NULL REFERENCES players (player_id),
    faction_id    INTEGER NOT NULL REFERENCES factions (faction_id),
    first_seen_at INTEGER NOT NULL,               -- when the player was first seen in it
    joined_at     INTEGER,                        -- the same, if they were seen outside before; NULL: were in it when first seen
    left_at       INTEGER                         -- when first seen outside again; NULL: still in it
) STRICT;

-- One faction at a time; the membership to end when it changes.
CREATE UNIQUE INDEX idx_faction_membership_current ON faction_membership (player_id) WHERE left_at IS NULL;
-- The story of one player; where they came from.
CREATE INDEX idx_faction_membership_player ON faction_membership (player_id, first_seen_at);
-- Who came to and left this faction.
CREATE INDEX idx_faction_membership_faction ON faction_membership (faction_id, first_seen_at);

CREATE TRIGGER players_faction_first_seen AFTER INSERT ON players WHEN NEW.faction_id IS NOT NULL
BEGIN
    -- A new face in a faction whose roster was known before has joined; in any other they may have been for years.
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
    -- Never before its start: a clock that was set back must not make a span of negative length.
    UPDATE faction_membership SET left_at = max(first_seen_at, NEW.last_updated)
    WHERE player_id = NEW.player_id AND left_at IS NULL;
    INSERT INTO faction_membership (player_id, faction_id, first_seen_at, joined_at)
    SELECT NEW.player_id, NEW.faction_id, NEW.last_updated, NEW.last_updated
    WHERE NEW.faction_id IS NOT NULL;
END;

-- ---------------------------------------------------------------- monthly summaries (kept for ever)
-- Months are half-open [period_start, period_end). The plan's indexes on (entity, period_start, period_end) are left
-- out: each UNIQUE constraint below is that very index.

CREATE TABLE player_stats_summary (               -- each player's month
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    player_id           INTEGER NOT NULL REFERENCES players (player_id),
    period_start        INTEGER NOT NULL,
    period_end          INTEGER NOT NULL,
    period_type         TEXT    NOT NULL DEFAULT 'monthly',
    strength_start      INTEGER,                  -- last known value before the month, else the first in it
    strength_end        INTEGER,                  -- last known value before the month's end
    strength_change     INTEGER,                  -- end - start; NULL when either is
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

-- Everybody's month (league tables; which months are summarized).
CREATE INDEX idx_player_stats_summary_period_type ON player_stats_summary (period_type, period_start);

CREATE TABLE faction_summary (                    -- each faction's month
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

-- All factions' month.
CREATE INDEX idx_faction_summary_period_type ON faction_summary (period_type, period_start);

CREATE TABLE war_summary (                        -- each war's month
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    war_id                INTEGER NOT NULL,
    war_type              TEXT    NOT NULL CHECK (war_type IN ('territory', 'ranked')),
    territory_id          TEXT,
    period_start          INTEGER NOT NULL,
    period_end            INTEGER NOT NULL,
    period_type           TEXT    NOT NULL DEFAULT 'monthly',
    attacking_faction_id  INTEGER REFERENCES factions (faction_id),
    defending_faction_id  INTEGER REFERENCES factions (faction_id),
    final_attacking_score INTEGER,                -- of the last row in the month
    final_defending_score INTEGER,
    winner_faction_id     INTEGER REFERENCES factions (faction_id), -- only when that row is 'completed'
    duration_seconds      INTEGER CHECK (duration_seconds >= 0),
    record_count          INTEGER CHECK (record_count >= 0),
    created_at            INTEGER NOT NULL DEFAULT (unixepoch()),
    UNIQUE (war_type, war_id, period_start, period_end, period_type)
) STRICT;

-- The wars over one tile, month by month.
CREATE INDEX idx_war_summary_territory ON war_summary (territory_id, period_start);
-- All wars of a month.
CREATE INDEX idx_war_summary_period_type ON war_summary (period_type, period_start);

CREATE TABLE territory_ownership_summary (        -- each tile's month
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    territory_id      TEXT    NOT NULL,
    period_start      INTEGER NOT NULL,
    period_end        INTEGER NOT NULL,
    period_type       TEXT    NOT NULL DEFAULT 'monthly',
    faction_id_start  INTEGER REFERENCES factions (faction_id), -- owner at the month's start, NULL: unowned
    faction_id_end    INTEGER REFERENCES factions (faction_id), -- owner at the month's end
    ownership_changes INTEGER CHECK (ownership_changes >= 0),
    days_owned        INTEGER CHECK (days_owned >= 0), -- whole days of the month that the last owner held it
    record_count      INTEGER CHECK (record_count >= 0),
    created_at        INTEGER NOT NULL DEFAULT (unixepoch()),
    UNIQUE (territory_id, period_start, period_end, period_type)
) STRICT;

-- What one faction held, month by month.
CREATE INDEX idx_territory_summary_faction ON territory_ownership_summary (faction_id_end, period_start);
-- All tiles of a month.
CREATE INDEX idx_territory_summary_period_type ON territory_ownership_summary (period_type, period_start);

CREATE TABLE month_states (                       -- what was done with each month of each history table; kept for ever
    history       TEXT    NOT NULL,               -- name of the history table
    period_start  INTEGER NOT NULL,               -- first second of the UTC month
    summarized_at INTEGER,                        -- NULL: it was not summarized
    counted_rows  INTEGER NOT NULL DEFAULT 0,     -- history rows of the month when it was summarized
    last_id       INTEGER NOT NULL DEFAULT 0,     -- highest id in the history table then: rows with a higher one came late
    observed      INTEGER NOT NULL DEFAULT 0,     -- entities that were observed in the month, as known then
    pruned_at     INTEGER,                        -- when history rows of the month were first deleted or moved to an archive
    purged_at     INTEGER,                        -- when its summaries were deleted
    PRIMARY KEY (history, period_start)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- what the program did

CREATE TABLE fetch_runs (                         -- each fetch: when, how it ended, what it brought
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL CHECK (kind IN ('players', 'factions', 'wars', 'territories')),
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,                          -- NULL: still running, or it was killed
    status      TEXT    NOT NULL CHECK (status IN ('running', 'ok', 'partial', 'failed', 'interrupted', 'killed')),
    requests    INTEGER NOT NULL DEFAULT 0,       -- calls made to Torn
    entities    INTEGER NOT NULL DEFAULT 0,       -- answers saved
    appended    INTEGER NOT NULL DEFAULT 0,       -- history rows written
    unchanged   INTEGER NOT NULL DEFAULT 0,       -- answers that brought nothing new
    failed      INTEGER NOT NULL DEFAULT 0,       -- targets that could not be had
    error       TEXT                              -- the first failure, in words
) STRICT;

-- The latest runs of one kind (health).
CREATE INDEX idx_fetch_runs_kind ON fetch_runs (kind, started_at);
-- The oldest runs (prune).
CREATE INDEX idx_fetch_runs_started ON fetch_runs (started_at);

CREATE TABLE rejected_payloads (                  -- parts of Torn's answers that did not fit and were not stored as data
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at  INTEGER NOT NULL,                -- first seen
    endpoint     TEXT    NOT NULL,
    entity       TEXT,                            -- 'player 123'
    error        TEXT    NOT NULL,                -- the newest, with the JSON path
    body         TEXT    NOT NULL,                -- the first, cut off after 64 KiB
    json_path    TEXT    NOT NULL DEFAULT '',     -- 'members[*].level'
    last_seen_at INTEGER,                         -- NULL: only once
    times        INTEGER NOT NULL DEFAULT 1,      -- how often
    times_on_day INTEGER NOT NULL DEFAULT 1       -- how often on the UTC day of last_seen_at
) STRICT;

-- One row for each part that fails again and again.
CREATE UNIQUE INDEX idx_rejected_payloads_part ON rejected_payloads (endpoint, entity, json_path) WHERE json_path <> '';

-- What was rejected lately (health, prune).
CREATE INDEX idx_rejected_payloads_time ON rejected_payloads (recorded_at);

-- ---------------------------------------------------------------- keys, pauses and budget (never a key itself)

CREATE TABLE api_keys (                           -- the keys by name, and whether they still work
    name         TEXT    PRIMARY KEY,             -- as in the configuration
    owner_id     INTEGER,                         -- player who owns the key; NULL: not asked yet
    access       TEXT,                            -- Torn's word: 'Limited Access'
    state        TEXT    NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'paused', 'dead')),
    paused_until INTEGER,
    last_error   TEXT,
    last_used_at INTEGER
) STRICT;

CREATE TABLE key_checks (                         -- what /key/info said of a key, asked again daily
    name               TEXT    PRIMARY KEY REFERENCES api_keys (name) ON DELETE CASCADE,
    fingerprint        TEXT    NOT NULL,          -- tells that the key behind a name was replaced; no way back to the key
    checked_at         INTEGER NOT NULL,
    access_level       INTEGER NOT NULL,          -- 1 public, 2 minimal, 3 limited, 4 full, 0 custom
    user_selections    TEXT,                      -- selections of /user that the key may read, comma-separated
    faction_selections TEXT,                      -- of /faction
    torn_selections    TEXT                       -- of /torn
) STRICT;

CREATE TABLE api_pauses (                         -- calls that Torn does not want before a moment, in later runs too
    scope    TEXT    NOT NULL CHECK (scope IN ('address', 'personalstats')), -- 'address': every call
    owner_id INTEGER NOT NULL,                    -- the key owner; 0 for the address
    cause    TEXT    NOT NULL CHECK (cause IN ('block', 'rate_limit', 'daily_limit')),
    until    INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (scope, owner_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_requests (                       -- one row a call in the last minute: the shared budget
    owner_id      INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,               -- unix milliseconds of the real clock; the call counts until then
    id            INTEGER PRIMARY KEY
) STRICT;

-- How many calls of this owner still count?
CREATE INDEX idx_api_requests_owner ON api_requests (owner_id, expires_at_ms);

-- ---------------------------------------------------------------- memory between runs

CREATE TABLE player_polls (                       -- when each player was asked about, apart from rosters
    player_id       INTEGER PRIMARY KEY,
    polled_at       INTEGER NOT NULL,             -- last answer with a profile: the stalest are asked about first
    bucket_asked_at INTEGER,                      -- last answer with personalstats
    bucket_at       INTEGER                       -- Torn's timestamp of the newest daily bucket in it
) STRICT;

CREATE TABLE missing_entities (                   -- ids that Torn answered "no such id" to
    kind       TEXT    NOT NULL CHECK (kind IN ('player', 'faction')),
    entity_id  INTEGER NOT NULL,
    misses     INTEGER NOT NULL,                  -- in a row, those within half an hour counted once
    first_miss INTEGER NOT NULL DEFAULT 0,
    last_miss  INTEGER NOT NULL,
    PRIMARY KEY (kind, entity_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE war_follow_ups (                     -- wars that Torn is asked about although no list has them any more
    war_type       TEXT    NOT NULL CHECK (war_type IN ('territory', 'ranked')),
    war_id         INTEGER NOT NULL,
    wanted         TEXT    NOT NULL CHECK (wanted IN ('end', 'report', 'later')), -- 'report': the end is known, the reason is not
    first_asked_at INTEGER NOT NULL,
    last_asked_at  INTEGER NOT NULL,
    PRIMARY KEY (war_type, war_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE faction_war_polls (                  -- when the war lists of each followed faction were read
    faction_id      INTEGER PRIMARY KEY,
    listed_at       INTEGER,                      -- the list of its present wars
    history_read_at INTEGER                       -- the lists of its past wars
) STRICT;

CREATE TABLE refreshes (                          -- when data that hardly ever changes was last read
    name         TEXT    PRIMARY KEY CHECK (name IN ('tile_facts')),
    refreshed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE prune_runs (                         -- each prune that deleted detail
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,                          -- NULL: it was cut off; the next one goes on
    cutoff      INTEGER NOT NULL,                 -- detail before this went, but for newest known values
    deleted     INTEGER NOT NULL DEFAULT 0,
    archive     TEXT,                             -- file the rows were moved to; NULL: they were deleted
    archive_id  TEXT                              -- database_id of that file
) STRICT;

CREATE TABLE archive_step (                       -- in an archive only: the rows that were last copied to it
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    history     TEXT    NOT NULL,
    from_moment INTEGER NOT NULL,                 -- half-open interval of row times, unix seconds
    until_moment INTEGER NOT NULL,
    last_id     INTEGER NOT NULL                  -- only rows up to this id
) STRICT;

CREATE TABLE backup_folders (                     -- folders that backups of this database were written to
    directory      TEXT    PRIMARY KEY,           -- absolute path
    last_backup_at INTEGER NOT NULL,
    last_file      TEXT    NOT NULL               -- name of the newest backup in it
) STRICT, WITHOUT ROWID;
