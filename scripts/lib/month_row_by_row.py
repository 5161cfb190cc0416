"""A baseline for `tornsnap summarize`: one month in plain Python, which reads each entity's history row by row.

usage: month_row_by_row.py DATABASE PERIOD_START PERIOD_END

It writes into tables of its own, by_row_*. It does less than `summarize`: it looks for no value from before the month,
does not skip unknown values, and leaves out entities without rows in the month.
"""

import sqlite3
import sys

PLAYER = ["strength", "defense", "speed", "dexterity", "total_stats", "level", "life_maximum", "networth"]
FACTION = ["respect", "member_count", "best_chain"]


def main() -> None:
    db = sqlite3.connect(sys.argv[1], isolation_level=None)
    month = int(sys.argv[2]), int(sys.argv[3])
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN IMMEDIATE")
    summarize_values(db, month, "player_stats_history", "player_id", PLAYER, "by_row_players")
    summarize_values(db, month, "faction_history", "faction_id", FACTION, "by_row_factions")
    summarize_wars(db, month)
    summarize_tiles(db, month)
    db.execute("COMMIT")
    db.close()


def summarize_values(db: sqlite3.Connection, month: tuple[int, int], history: str, key: str, columns: list[str],
                     table: str) -> None:
    """Writes, for each entity, its id, then first value, last value and change of each column, and how many rows."""
    names = [key, *(f"{column}_{end}" for column in columns for end in ("start", "end", "change")), "record_count"]
    db.execute(f"CREATE TABLE {table} ({', '.join(names)})")
    entities = db.execute(
        f"SELECT DISTINCT {key} FROM {history} WHERE timestamp >= ? AND timestamp < ?", month).fetchall()
    for (entity,) in entities:
        first, last, count = None, None, 0
        for row in db.execute(
            f"SELECT {', '.join(columns)} FROM {history} WHERE {key} = ? AND timestamp >= ? AND timestamp < ?"
            " ORDER BY timestamp", (entity, *month)):
            if first is None:
                first = row
            last = row
            count += 1
        values = [entity]
        for start, end in zip(first, last):
            values += [start, end, None if start is None or end is None else end - start]
        db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", [*values, count])


def summarize_wars(db: sqlite3.Connection, month: tuple[int, int]) -> None:
    db.execute("CREATE TABLE by_row_wars (war_type, war_id, attacking_score, defending_score, winner_faction_id,"
               " duration_seconds, record_count)")
    wars = db.execute(
        "SELECT DISTINCT war_type, war_id FROM war_status_history WHERE recorded_at >= ? AND recorded_at < ?",
        month).fetchall()
    for war_type, war in wars:
        last, count = None, 0
        for row in db.execute(
            "SELECT attacking_score, defending_score, winner_faction_id, started_at, ends_at, recorded_at"
            " FROM war_status_history WHERE war_type = ? AND war_id = ? AND recorded_at >= ? AND recorded_at < ?"
            " ORDER BY recorded_at", (war_type, war, *month)):
            last = row
            count += 1
        attacking, defending, winner, started_at, ends_at, recorded_at = last
        db.execute("INSERT INTO by_row_wars VALUES (?, ?, ?, ?, ?, ?, ?)",
                   (war_type, war, attacking, defending, winner, (ends_at or recorded_at) - started_at, count))


def summarize_tiles(db: sqlite3.Connection, month: tuple[int, int]) -> None:
    db.execute("CREATE TABLE by_row_tiles (territory_id, faction_id_start, faction_id_end, changes, record_count)")
    tiles = db.execute(
        "SELECT DISTINCT territory_id FROM territory_ownership_history WHERE recorded_at >= ? AND recorded_at < ?",
        month).fetchall()
    for (tile,) in tiles:
        owners = [row[0] for row in db.execute(
            "SELECT faction_id FROM territory_ownership_history"
            " WHERE territory_id = ? AND recorded_at >= ? AND recorded_at < ? ORDER BY recorded_at", (tile, *month))]
        changes = sum(one != other for one, other in zip(owners, owners[1:]))
        db.execute("INSERT INTO by_row_tiles VALUES (?, ?, ?, ?, ?)",
                   (tile, owners[0], owners[-1], changes, len(owners)))


main()
