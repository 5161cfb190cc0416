"""The baseline "as the plan's example code does": one month, entity by entity, row by row, in plain Python.

usage: month-plan.py DATABASE PERIOD_START PERIOD_END

Writes into tables of its own (plan_*), so that nothing of ours is in its way. It does less than `summarize`: no value
from before the month, no unknown values looked for, no entity without rows.
"""

import sqlite3
import sys

db = sqlite3.connect(sys.argv[1], isolation_level=None)
start, end = int(sys.argv[2]), int(sys.argv[3])
db.execute("PRAGMA foreign_keys = ON")
db.execute("BEGIN IMMEDIATE")

PLAYER = ["strength", "defense", "speed", "dexterity", "total_stats", "level", "life_maximum", "networth"]
FACTION = ["respect", "member_count", "best_chain"]


def change(first, last):
    return None if first is None or last is None else last - first


def summarize(history, key, columns, table):
    db.execute(f"DROP TABLE IF EXISTS {table}")
    width = 1 + 3 * len(columns) + 1
    db.execute(f"CREATE TABLE {table} ({', '.join(f'c{n}' for n in range(width))})")
    entities = [row[0] for row in db.execute(f"SELECT DISTINCT {key} FROM {history} WHERE timestamp >= ? AND timestamp < ?", (start, end))]
    for entity in entities:
        first, last, count = None, None, 0
        for row in db.execute(
            f"SELECT {', '.join(columns)} FROM {history} WHERE {key} = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp",
            (entity, start, end),
        ):
            if first is None:
                first = row
            last = row
            count += 1
        values = [entity]
        for one, other in zip(first, last):
            values += [one, other, change(one, other)]
        db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", [*values, count])


summarize("player_stats_history", "player_id", PLAYER, "plan_players")
summarize("faction_history", "faction_id", FACTION, "plan_factions")

db.execute("DROP TABLE IF EXISTS plan_wars")
db.execute("CREATE TABLE plan_wars (war_type, war_id, attacking, defending, winner, duration, records)")
wars = db.execute(
    "SELECT DISTINCT war_type, war_id FROM war_status_history WHERE recorded_at >= ? AND recorded_at < ?", (start, end)
).fetchall()
for war_type, war in wars:
    last, count = None, 0
    for row in db.execute(
        "SELECT attacking_score, defending_score, winner_faction_id, started_at, ends_at, recorded_at FROM war_status_history"
        " WHERE war_type = ? AND war_id = ? AND recorded_at >= ? AND recorded_at < ? ORDER BY recorded_at",
        (war_type, war, start, end),
    ):
        last = row
        count += 1
    db.execute(
        "INSERT INTO plan_wars VALUES (?, ?, ?, ?, ?, ?, ?)",
        (war_type, war, last[0], last[1], last[2], (last[4] or last[5]) - last[3], count),
    )

db.execute("DROP TABLE IF EXISTS plan_tiles")
db.execute("CREATE TABLE plan_tiles (territory_id, first, last, changes, records)")
tiles = [
    row[0]
    for row in db.execute(
        "SELECT DISTINCT territory_id FROM territory_ownership_history WHERE recorded_at >= ? AND recorded_at < ?", (start, end)
    )
]
for tile in tiles:
    owners = [
        row[0]
        for row in db.execute(
            "SELECT faction_id FROM territory_ownership_history WHERE territory_id = ? AND recorded_at >= ? AND recorded_at < ?"
            " ORDER BY recorded_at",
            (tile, start, end),
        )
    ]
    changes = sum(one != other for one, other in zip(owners, owners[1:]))
    db.execute("INSERT INTO plan_tiles VALUES (?, ?, ?, ?, ?)", (tile, owners[0], owners[-1], changes, len(owners)))

db.execute("COMMIT")
db.close()
