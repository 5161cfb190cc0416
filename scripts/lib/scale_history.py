"""60 days of history of many players, for the benchmark of the scale. The same arguments give the same rows every time.

The players, factions and tiles are those that `tornsnap fetch` has saved at START. The rows are what a collector saves
after that: one for each change, which is

  player         networth and level once a day; battle stats of each fifth player, an owner of a key, 20 times a day
  faction        respect 50 times a day
  ranked war     one a week for two factions, with 200 changes of the scores in three days
  territory war  one every two weeks for two factions, with 50 changes of the score in a day
  tile           a new owner every three days

With `every_poll`, each player has a row every four minutes instead.
"""

import sqlite3

START, END = 1767225600, 1772409600  # 2026-01-01 and 2026-03-02, unix seconds
MONTHS = [(START, 1769904000), (1769904000, 1772323200), (1772323200, END)]
DAY = 86400
DAYS = (END - START) // DAY
POLL = 240
SCHEDULE = {"wars": 600, "factions": POLL, "players": 1800, "territories": 3600}
TABLES = ["player_stats_history", "faction_history", "war_status_history", "territory_ownership_history"]

# The changes of entities that change every :step seconds, from :start to :until. `:shift` moves the rows of half of the
# entities back, and those of the others forward, as another collector sees them.
CHANGES = f"""
WITH RECURSIVE n (i) AS (
    SELECT (:start - {START}) / :step UNION ALL SELECT i + 1 FROM n WHERE (i + 1) * :step < :until - {START}
)"""

PLAYERS = f"""
{CHANGES},
owner AS (SELECT player_id FROM players WHERE player_id / 37 % 5 = 0),
change (player_id, i, at, has_stats) AS (
    SELECT player_id, i, {START} + i * :step + player_id * 7919 % :step + :shift * (player_id % 2 * 2 - 1),
        player_id IN owner
    FROM n JOIN players WHERE :everyone OR (player_id IN owner) = (:step < {DAY})
)
INSERT INTO player_stats_history (player_id, timestamp, strength, defense, speed, dexterity, total_stats, level,
    life_maximum, networth, data_source)
SELECT player_id, at,
    iif(has_stats, 1000000000 + player_id + i * 500, NULL), iif(has_stats, 2000000000 + i * 600, NULL),
    iif(has_stats, 3000000000 + i * 700, NULL), iif(has_stats, 4000000000 + i * 800, NULL),
    iif(has_stats, 10000000000 + player_id + i * 2600, NULL),
    50 + i * :step / {20 * DAY}, 5000 + i * :step / {20 * DAY} * 50,
    iif(i * :step % {DAY} = 0, 5000000000 + player_id * 1000 + i * :step * 10, NULL), 'a'
FROM change WHERE at > {START} AND at < {END} ORDER BY at
"""

FACTIONS = f"""
{CHANGES}
INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain, data_source)
SELECT faction_id, {START} + i * :step + faction_id * 7919 % :step + :shift * (faction_id % 2 * 2 - 1) AS at,
    1000000 + faction_id + i * 20, 50 - i % 50 / 49, 1000, 'a'
FROM n JOIN factions WHERE last_updated > 0 AND at > {START} AND at < {END} ORDER BY at
"""

TILES = f"""
{CHANGES},
owner AS (SELECT faction_id, row_number() OVER (ORDER BY faction_id) - 1 AS place FROM factions),
tile AS (SELECT *, row_number() OVER (ORDER BY territory_id) AS place FROM territories)
INSERT INTO territory_ownership_history (territory_id, faction_id, sector, coordinate_x, coordinate_y, war_status,
    recorded_at, data_source)
SELECT territory_id, owner.faction_id, sector, coordinate_x, coordinate_y, 'none',
    {START} + i * :step + tile.place * 7919 % :step + :shift * (tile.place % 2 * 2 - 1) AS at, 'a'
FROM n JOIN tile JOIN owner ON owner.place = (tile.place + i) % (SELECT count(*) FROM factions)
WHERE at > {START} AND at < {END} ORDER BY at
"""

# A war of each pair of followed factions begins every :step seconds, and its scores change :changes times.
WARS = f"""
{CHANGES},
score (score) AS (SELECT 1 UNION ALL SELECT score + 1 FROM score WHERE score < :changes),
followed AS (SELECT faction_id, row_number() OVER (ORDER BY faction_id) AS place
             FROM factions WHERE last_updated > 0),
tile AS (SELECT territory_id, row_number() OVER (ORDER BY territory_id) - 1 AS place FROM territories),
war AS (
    SELECT 9000000 + i * 1000 + one.place AS id, one.faction_id AS one, other.faction_id AS other,
        {START} + 3600 + i * :step + one.place * 60 AS begins, territory_id
    FROM n JOIN followed AS one JOIN followed AS other ON other.place = one.place + 1 AND one.place % 2 = 1
    JOIN tile ON tile.place = (i * 7 + one.place) % (SELECT count(*) FROM territories)
)
INSERT INTO war_status_history (war_id, war_type, territory_id, attacking_faction_id, defending_faction_id,
    attacking_score, defending_score, required_score, status, winner_faction_id, started_at, ends_at, recorded_at,
    data_source)
SELECT id, :type, iif(:type = 'ranked', NULL, territory_id), one, other, score * 40, score * 30, 20000,
    iif(score < :changes, 'ongoing', 'completed'), iif(score < :changes, NULL, one), begins,
    iif(score < :changes, NULL, begins + :lasts), begins + score * :lasts / :changes + :shift * (id % 2 * 2 - 1) AS at,
    'a'
FROM war JOIN score WHERE at < {END} ORDER BY at
"""

RUNS = f"""
{CHANGES}
INSERT INTO fetch_runs (kind, started_at, finished_at, status, requests, entities)
SELECT :kind, {START} + i * :step, {START} + i * :step + 5, 'ok', 10, 10 FROM n
"""

# The columns that tell when something was last asked or told.
LAST = {
    "players": "last_updated", "factions": "last_updated", "territories": "last_updated",
    "player_polls": "polled_at", "faction_tile_polls": "last_at", "faction_war_polls": "listed_at",
    "player_value_times": "level_at", "faction_value_times": "respect_at",
}


def fill(db: sqlite3.Connection, *, every_poll: bool, days: int = DAYS, shift: int = 0) -> None:
    """Adds the last `days` of the history to a database that was fetched at START."""
    for day in range(END - days * DAY, END, DAY):
        common = {"start": day, "until": day + DAY, "shift": shift, "everyone": every_poll}
        db.execute(PLAYERS, common | {"step": POLL if every_poll else DAY // 20})
        if not every_poll:
            db.execute(PLAYERS, common | {"step": DAY})
        db.execute(FACTIONS, without_everyone(common) | {"step": DAY // 50})
    common = {"start": END - days * DAY, "until": END, "shift": shift}
    db.execute(TILES, common | {"step": 3 * DAY})
    db.execute(WARS, common | {"step": 7 * DAY, "type": "ranked", "changes": 200, "lasts": 3 * DAY})
    db.execute(WARS, common | {"step": 14 * DAY, "type": "territory", "changes": 50, "lasts": DAY})
    for kind, step in SCHEDULE.items():
        db.execute(RUNS, {"start": common["start"], "until": END, "kind": kind, "step": step})
    observe(db)


def without_everyone(values: dict) -> dict:
    return {name: value for name, value in values.items() if name != "everyone"}


def observe(db: sqlite3.Connection) -> None:
    """Says that each entity was polled until ten minutes before the end."""
    last = END - 600
    for name, kind in [("player", "players"), ("faction", "factions"), ("territory", "territories")]:
        for month, until in MONTHS:
            db.execute(
                f"INSERT INTO {name}_observations SELECT {name}_id, ?1, ?1, min(?2 - 60, {last}), (?2 - ?1) / ?3"
                f" FROM {name}_observations WHERE period_start = {START}"
                " ON CONFLICT DO UPDATE SET last_at = excluded.last_at, polls = excluded.polls",
                (month, until, SCHEDULE[kind]))
    for table, column in LAST.items():
        db.execute(f"UPDATE {table} SET {column} = {last} WHERE {column} > 0")
    db.execute(f"UPDATE membership_sightings SET at = {last} WHERE newest_of IS NOT NULL")


def count(db: sqlite3.Connection) -> int:
    """The number of history rows."""
    return sum(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES)
