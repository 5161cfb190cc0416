"""The history of a busy user, for the benchmark of the month. The same arguments give the same rows every time.

Every 4 minutes a poll of 100 players, 10 factions and 40 wars: more rows than `tornsnap fetch` would save, which leaves
out what has not changed. 20 of the players have battle stats, as owners of a key do. The networth is known once a day.
All 4,107 tiles are there at the start, and some change their owner each day.
"""

import datetime
import itertools
import random
import sqlite3
import string
from collections.abc import Iterator

END = 1772323200  # 2026-03-01, unix seconds
STEP = 240
DAY = 86400

FACTIONS = range(1, 11)
PLAYERS = range(1, 101)
OWNERS = range(1, 21)
WARS = range(1, 41)
TILES = ["".join(letters) for letters in itertools.product(string.ascii_uppercase, repeat=3)][1:4108]


def fill(db: sqlite3.Connection, days: int, tile_changes_a_day: int) -> None:
    """Fills an empty database with the days before 2026-03-01."""
    start = END - days * DAY
    # All rows are drawn from one sequence of random numbers, so their order here is part of the result.
    dice = random.Random(1)
    insert_entities(db, start)
    insert_players(db, start, dice)
    insert_factions(db, start, dice)
    insert_wars(db, start, dice)
    insert_tiles(db, start, tile_changes_a_day, dice)
    insert_observations(db, start)


def insert_entities(db: sqlite3.Connection, start: int) -> None:
    db.executemany(
        "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (?, ?, ?, ?)",
        [(faction, f"Faction {faction}", start, END) for faction in FACTIONS])
    db.executemany(
        "INSERT INTO players (player_id, name, level, faction_id, created_at, last_updated) VALUES (?, ?, 50, ?, ?, ?)",
        [(player, f"Player {player}", 1 + player % 10, start, END) for player in PLAYERS])
    db.executemany(
        "INSERT INTO territories (territory_id, sector, faction_id, war_status, created_at, last_updated)"
        " VALUES (?, 1, 1, 'none', ?, ?)",
        [(tile, start, END) for tile in TILES])


def insert_players(db: sqlite3.Connection, start: int, dice: random.Random) -> None:
    battle_stats = {player: [dice.randrange(10**8, 10**9) for _ in range(4)] for player in PLAYERS}

    def rows() -> Iterator[tuple]:
        for at in range(start, END, STEP):
            is_first_of_day = at % DAY < STEP
            for player in PLAYERS:
                stats = battle_stats[player]
                stats[dice.randrange(4)] += dice.randrange(1000)
                known = [*stats, sum(stats)] if player in OWNERS else [None] * 5
                networth = stats[0] * 100 if is_first_of_day else None
                yield (player, at, *known, 50 + (at - start) // (20 * DAY), 5000, networth)

    db.executemany(
        "INSERT INTO player_stats_history (player_id, timestamp, strength, defense, speed, dexterity, total_stats,"
        " level, life_maximum, networth, data_source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'key1')", rows())


def insert_factions(db: sqlite3.Connection, start: int, dice: random.Random) -> None:
    rows = ((faction, at, (at - start) // 60, 90 + dice.randrange(10))
            for at in range(start, END, STEP) for faction in FACTIONS)
    db.executemany(
        "INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain, data_source)"
        " VALUES (?, ?, ?, ?, 1000, 'key1')", rows)


def insert_wars(db: sqlite3.Connection, start: int, dice: random.Random) -> None:
    """Each war begins at random and lasts three days."""

    def rows() -> Iterator[tuple]:
        for war in WARS:
            begins = start + dice.randrange(END - start - 4 * DAY)
            ends = begins + 3 * DAY
            attacker, defender = 1 + war % 10, 1 + (war + 1) % 10
            for at in range(begins, ends, STEP):
                yield (war, attacker, defender, at - begins, (at - begins) // 2, "ongoing", None, begins, None, at)
            yield (war, attacker, defender, 3 * DAY, 2 * DAY, "completed", attacker, begins, ends, ends)

    db.executemany(
        "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,"
        " defending_score, required_score, status, winner_faction_id, started_at, ends_at, recorded_at, data_source)"
        " VALUES (?, 'ranked', ?, ?, ?, ?, 10000, ?, ?, ?, ?, ?, 'key1')", rows())


def insert_tiles(db: sqlite3.Connection, start: int, changes_a_day: int, dice: random.Random) -> None:
    rows = [(tile, dice.choice([None, *FACTIONS]), start) for tile in TILES]
    for _ in range((END - start) // DAY * changes_a_day):
        rows.append((dice.choice(TILES), dice.choice([None, *FACTIONS]), start + dice.randrange(END - start)))
    rows.sort(key=lambda row: row[2])
    db.executemany(
        "INSERT INTO territory_ownership_history (territory_id, faction_id, sector, war_status, recorded_at,"
        " data_source) VALUES (?, ?, 1, 'none', ?, 'key1')", rows)


def insert_observations(db: sqlite3.Connection, start: int) -> None:
    """Says that each entity was observed from the first to the last poll of each month."""
    days = (datetime.datetime.fromtimestamp(at, datetime.timezone.utc) for at in range(start, END, DAY))
    months = {day.replace(day=1) for day in days}
    for month in months:
        for table, column, ids in [
            ("player_observations", "player_id", PLAYERS),
            ("faction_observations", "faction_id", FACTIONS),
            ("territory_observations", "territory_id", TILES),
        ]:
            db.executemany(
                f"INSERT INTO {table} ({column}, period_start, first_at, last_at, polls)"
                " VALUES (?1, ?2, max(?2, ?3), min(unixepoch(?2, 'unixepoch', '+1 month'), ?4) - 1, 7200)",
                [(one, int(month.timestamp()), start, END) for one in ids])
