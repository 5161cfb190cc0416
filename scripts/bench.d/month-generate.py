"""Makes a database with history as a busy user has it: the month's benchmark runs on it.

usage: month-generate.py DATABASE [DAYS [TILE_CHANGES_A_DAY]]

100 players polled every 4 minutes (20 of them owners of a key, whose battle stats are known; networth once a day),
10 factions, 40 wars, 4,107 tiles with 60 changes of owner a day. 60 days unless told otherwise. Ends at
2026-03-01T00:00:00Z; the same bytes of history every time.
"""

import datetime
import pathlib
import random
import sqlite3
import string
import sys

END = 1772323200  # 2026-03-01
STEP = 240
DAY = 86400


def create(db):
    """The schema, as the program itself makes it."""
    sql = pathlib.Path(__file__).resolve().parents[2] / "sql"
    db.executescript("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = 1414745680; PRAGMA journal_mode = WAL;")
    for migration in sorted((sql / "migrations").glob("*.sql")):
        db.executescript(migration.read_text())
        db.execute("INSERT INTO schema_version (version) VALUES (?)", (int(migration.name[:4]),))
    db.executescript((sql / "views.sql").read_text())


def main():
    path = sys.argv[1]
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    tile_changes = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    start = END - days * DAY
    dice = random.Random(1)
    db = sqlite3.connect(path, isolation_level=None)
    create(db)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -400000")
    db.execute("BEGIN IMMEDIATE")

    factions = list(range(1, 11))
    db.executemany(
        "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (?, ?, ?, ?)",
        [(f, f"Faction {f}", start, END) for f in factions],
    )
    players = list(range(1, 101))
    db.executemany(
        "INSERT INTO players (player_id, name, level, faction_id, created_at, last_updated) VALUES (?, ?, ?, ?, ?, ?)",
        [(p, f"Player {p}", 50, 1 + p % 10, start, END) for p in players],
    )

    state = {p: [dice.randrange(10**8, 10**9) for _ in range(4)] for p in players}

    def player_rows():
        for at in range(start, END, STEP):
            daily = at % DAY < STEP
            for p in players:
                stats = state[p]
                stats[dice.randrange(4)] += dice.randrange(1000)
                known = stats + [sum(stats)] if p <= 20 else [None] * 5
                networth = stats[0] * 100 if daily else None
                yield (p, at, *known, 50 + (at - start) // (20 * DAY), 5000, networth, "key1")

    db.executemany(
        "INSERT INTO player_stats_history (player_id, timestamp, strength, defense, speed, dexterity, total_stats, level,"
        " life_maximum, networth, data_source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        player_rows(),
    )
    db.executemany(
        "INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain, data_source)"
        " VALUES (?, ?, ?, ?, ?, 'key1')",
        ((f, at, (at - start) // 60, 90 + dice.randrange(10), 1000) for at in range(start, END, STEP) for f in factions),
    )

    def war_rows():
        for war in range(1, 41):
            begins = start + dice.randrange(days * DAY - 4 * DAY)
            ends = begins + 3 * DAY
            for at in range(begins, ends, STEP):
                yield (war, 1 + war % 10, 1 + (war + 1) % 10, at - begins, (at - begins) // 2, "ongoing", None, begins, None, at)
            yield (war, 1 + war % 10, 1 + (war + 1) % 10, 3 * DAY, 2 * DAY, "completed", 1 + war % 10, begins, ends, ends)

    db.executemany(
        "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,"
        " defending_score, required_score, status, winner_faction_id, started_at, ends_at, recorded_at, data_source)"
        " VALUES (?, 'ranked', ?, ?, ?, ?, 10000, ?, ?, ?, ?, ?, 'key1')",
        war_rows(),
    )

    letters = string.ascii_uppercase
    names = [a + b + c for a in letters for b in letters for c in letters][1:4108]
    db.executemany(
        "INSERT INTO territories (territory_id, sector, faction_id, war_status, created_at, last_updated)"
        " VALUES (?, 1, 1, 'none', ?, ?)",
        [(t, start, END) for t in names],
    )

    def tile_rows():
        rows = [(t, dice.choice([None, *factions]), start) for t in names]
        for _ in range(days * tile_changes):
            rows.append((dice.choice(names), dice.choice([None, *factions]), start + dice.randrange(days * DAY)))
        rows.sort(key=lambda row: row[2])
        return rows

    db.executemany(
        "INSERT INTO territory_ownership_history (territory_id, faction_id, sector, war_status, recorded_at, data_source)"
        " VALUES (?, ?, 1, 'none', ?, 'key1')",
        tile_rows(),
    )
    # Everything was observed at each poll.
    for month in {datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-01") for at in range(start, END, DAY)}:
        first = int(datetime.datetime.fromisoformat(month + "T00:00:00+00:00").timestamp())
        for table, column, ids in [
            ("player_observations", "player_id", players),
            ("faction_observations", "faction_id", factions),
            ("territory_observations", "territory_id", names),
        ]:
            db.executemany(
                f"INSERT INTO {table} ({column}, period_start, first_at, last_at, polls)"
                " VALUES (?, ?, max(?2, ?3), min(unixepoch(?2, 'unixepoch', '+1 month'), ?4) - 1, 7200)",
                [(one, first, start, END) for one in ids],
            )
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rows = db.execute("SELECT count(*) FROM player_stats_history").fetchone()[0]
    print(f"{rows:,} player rows up to {datetime.datetime.fromtimestamp(END, datetime.timezone.utc):%Y-%m-%d}", file=sys.stderr)


if __name__ == "__main__":
    main()
