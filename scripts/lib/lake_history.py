"""The history of three collectors that overlap, with every oddity, for scripts/lake/check. The same arguments give the same rows.

What happens to each player, faction, war and tile is a list of events. Each collector sees most of them, sometimes a minute late,
sometimes only in part, and sometimes as they were before, which Torn's caches do. It stores a row if it is a change for it, as
`tornsnap fetch` does. So several often have the same row, and sometimes different answers in the same second, also in many
seconds one after the other. Some entities only one of them sees, some are only observed, some were seen only before the months,
some first in the last month. Some rows come late: their ids are higher than those of newer rows. All collectors but the first
recorded some polls that were no change.
"""

import calendar
import datetime
import itertools
import random
import sqlite3
import string
from collections.abc import Callable, Iterator

UTC = datetime.timezone.utc
# December has few rows, so three months begin with known values. April is the running month.
MONTHS = [int(datetime.datetime(year, month, 1, tzinfo=UTC).timestamp())
          for year, month in [(2025, 12), (2026, 1), (2026, 2), (2026, 3), (2026, 4)]]
NOW = "2026-04-10T00:00:00Z"
END = MONTHS[4] + 9 * 86400
BOUNDARIES = [at for month in MONTHS[1:] for at in (month - 1, month)]

FACTIONS = range(1, 61)
EXTREMES = [2**63 - 1, -(2**63), -(10**15), 10**12, -1, 0]
WORDS = {"completed": ("success_assault", "fail_assault"), "cancelled": ("end_with_nap", "end_with_peace_treaty")}

COLLECTORS = 3
ALL = (0, 1, 2)

# Which collectors see an entity, by its number. Every entity of a row of twelve has one of these fates.
FATES = [(ALL, None)] * 3 + [((0, 1), None), ((1, 2), None), ((0, 2), None), ((0,), None), ((1,), None), ((2,), None),
                             (ALL, "observed"), (ALL, "before"), (ALL, "last")]

# How often a collector gets an answer from before, and how often it records a poll that is no change.
STALE, REPEATED = 0.03, (0, 0.01, 0.02)
TIMES = ("timestamp", "recorded_at")


def fill(databases: list[sqlite3.Connection], rows: int) -> None:
    """Fills empty databases with about this number of history rows together."""
    scale = max(20, int((rows / 6) ** 0.5))
    tiles = ["".join(letters) for letters in itertools.product(string.ascii_uppercase, repeat=3)][1:4108][:max(60, scale * 2)]
    insert_entities(databases, range(1, scale + 1), tiles)
    for dice, make, share, count in [
        (random.Random(1), players, 0.7, scale), (random.Random(2), factions, 0.1, len(FACTIONS)),
        (random.Random(3), tile_owners, 0.1, len(tiles)), (random.Random(4), wars, 0.1, 0),
    ]:
        make(databases, dice, int(rows * share * 1.6), tiles if make is tile_owners else range(1, count + 1))


def insert_entities(databases: list[sqlite3.Connection], players: range, tiles: list[str]) -> None:
    for number, db in enumerate(databases):
        updated = END - 3600 * number
        db.executemany("INSERT OR IGNORE INTO factions (faction_id, name, created_at, last_updated) VALUES (?, ?, ?, ?)",
                       [(one, f"Faction {one} of {number}", MONTHS[0], updated) for one in FACTIONS])
        db.executemany(
            "INSERT OR IGNORE INTO players (player_id, name, level, faction_id, created_at, last_updated) VALUES (?, ?, 5, ?, ?, ?)",
            [(one, f"Player {one} of {number}", 1 + one % 10, MONTHS[0], updated) for one in players])
        db.executemany("INSERT OR IGNORE INTO territories (territory_id, sector, war_status, created_at, last_updated)"
                       " VALUES (?, 1, 'none', ?, ?)", [(one, MONTHS[0], updated) for one in tiles])


def times(dice: random.Random, count: int, fate: str | None) -> list[int]:
    """The times of the events of an entity: with ties, at the exact ends of months, and with weeks without any."""
    first, last = {None: (0, 4), "last": (3, 4), "before": (0, 1), "observed": (0, 1)}[fate]
    start, end = MONTHS[first] + 86400, MONTHS[4] + 8 * 86400 if last == 4 else MONTHS[1] - 2
    if fate is None and dice.random() < 0.5:
        start = MONTHS[1] - 3 * 86400
    found = list({dice.randrange(start, end) // 60 * 60 for _ in range(count)})
    gap = dice.randrange(MONTHS[0], END)
    found = [at for at in found if not gap < at < gap + 12 * 86400] or found[:1]
    found += [at for at in BOUNDARIES if start < at < end and dice.random() < 0.3]
    return sorted(found + [at for at in found if dice.random() < 0.01])


class Collector:
    """Stores what one collector sees of one entity: the rows, and the observations of each month."""

    def __init__(self, merge: Callable[[dict, dict | None], dict | None], late: float, repeated: float):
        self.rows: list[dict] = []
        self.late: list[dict] = []
        self.merge = merge
        self.share_late = late
        self.share_repeated = repeated
        self.last: dict | None = None
        self.at: int | None = None
        self.is_late = False
        self.is_alone = False
        self.told: list[dict] = []

    def see(self, row: dict, dice: random.Random) -> None:
        known = self.merge(row, self.last)
        if known is None and self.last is not None and dice.random() < self.share_repeated:
            known = {"row": {key: value if key in TIMES else self.last.get(key, value) for key, value in row.items()}}
        at = next(row[name] for name in TIMES if name in row)
        if known is None or self.repeats(known["row"], at):
            return
        self.last = known.get("known", self.last)
        if at != self.at:
            # The rows of one second stay in their order.
            self.at, self.is_late = at, dice.random() < self.share_late
        (self.late if self.is_late else self.rows).append(known["row"])

    def repeats(self, row: dict, at: int) -> bool:
        """Whether the row repeats one of its second, or, if nobody else sees the entity, the last one of the second before."""
        # An import removes no row that repeats another one of its own database, so the first collector has none such.
        if self.share_repeated > 0:
            return False
        if at != self.at:
            self.told = self.told[-1:] if self.is_alone else []
        facts = {name: value for name, value in row.items() if name not in TIMES}
        if facts in self.told:
            return True
        self.told.append(facts)
        return False


def values_of(facts: list[str]) -> Callable[[dict, dict | None], dict | None]:
    """The rule of players and factions: a known value that differs from the last known one."""
    def merge(row: dict, last: dict | None) -> dict | None:
        known = dict(last or {})
        if not any(row.get(fact) is not None and row[fact] != known.get(fact) for fact in facts):
            return None
        known.update({fact: row[fact] for fact in facts if row.get(fact) is not None})
        return {"row": row, "known": known}
    return merge


def merge_tile(row: dict, last: dict | None) -> dict | None:
    row = dict(row)
    if last is not None:
        row["war_status"] = row["war_status"] or last["war_status"]
        if row["racket_level"] is None and row["racket_type"] is not None and row["racket_type"] == last["racket_type"]:
            row["racket_level"] = last["racket_level"]
        if all(row[fact] == last[fact] for fact in ("faction_id", "racket_level", "racket_type", "war_status")):
            return None
    return {"row": row, "known": row}


def merge_war(row: dict, last: dict | None) -> dict | None:
    row = dict(row)
    if last is not None:
        if last["status"] == "completed" != row["status"]:
            return None
        for side in ("attacking_score", "defending_score", "started_at"):
            row[side] = last[side] if row[side] is None else row[side]
        is_same_end = row["status"] == last["status"] in ("completed", "cancelled")
        if row["required_score"] is None or (is_same_end and last["required_score"] is not None):
            row["required_score"] = last["required_score"]
        if row["status"] == last["status"]:
            row["end_reason"] = row["end_reason"] or last["end_reason"]
        if all(row[key] == last[key] for key in row if key not in ("recorded_at", "data_source")):
            return None
    return {"row": row, "known": row}


def watch(databases: list, dice: random.Random, who: tuple, time: str, events: list[dict], merge: Callable,
          late: float = 0.01) -> list[Collector]:
    """Lets the collectors see the events."""
    collectors = [Collector(merge, late, REPEATED[number]) for number in range(len(databases))]
    collectors[0].is_alone = who == (0,)
    disagreed = range(0)
    if len(events) > 12 and dice.random() < 0.5:
        # Here the collectors have the present and the last answer by turns, in many seconds one after the other.
        begin = dice.randrange(len(events) - 12)
        disagreed = range(begin, begin + 12)
    for number in who:
        seen = []
        for index, event in enumerate(events):
            if index in disagreed:
                seen.append({**events[max(0, index - (index + number) % 2)], time: event[time]})
            elif dice.random() < 0.85:
                delay = dice.choice((0, 0, 0, 0, 60, 120))
                told = events[max(0, index - 1)] if dice.random() < STALE else event
                # A delay must not move an event into a month that the collector has not seen.
                seen.append({**told, time: event[time] + (delay if event[time] + delay < END else 0)})
        for event in sorted(seen, key=lambda event: event[time]):
            collectors[number].see(event, dice)
    return collectors


def store(databases: list, table: str, time: str, found: list[tuple[object, list[Collector]]], observed: str | None,
          key: str, fates: dict, dice: random.Random) -> None:
    """Inserts the rows in the order of time, then the late ones, and the observations."""
    for number, db in enumerate(databases):
        rows = [row for _, collectors in found for row in collectors[number].rows]
        rows.sort(key=lambda row: row[time])
        rows += [row for _, collectors in found for row in collectors[number].late]
        if rows:
            names = list(rows[0])
            db.executemany(f"INSERT INTO {table} ({', '.join(names)}, data_source) VALUES ({', '.join('?' * len(names))}, 'key')",
                           ([row[name] for name in names] for row in rows))
        if observed:
            db.executemany(
                f"INSERT INTO {observed} ({key}, period_start, first_at, last_at, polls) VALUES (?, ?, ?, ?, ?)",
                observations(time, found, number, fates, dice))


def observations(time: str, found: list, number: int, fates: dict, dice: random.Random) -> Iterator[tuple]:
    """The months with rows, most of the months after the first row, and any month of an entity that is only observed."""
    for entity, collectors in found:
        who, fate = fates[entity]
        if number not in who:
            continue
        seen: dict[int, list[int]] = {}
        for row in collectors[number].rows + collectors[number].late:
            seen.setdefault(month_of(row[time]), []).append(row[time])
        first = min(seen, default=0 if fate == "observed" else END)
        for month in MONTHS:
            if month in seen:
                yield entity, month, min(seen[month]), max(seen[month]), len(seen[month])
            elif month > first and dice.random() < 0.6:
                yield entity, month, month + 7200, month + 7200 + dice.randrange(86400), 5


def month_of(at: int) -> int:
    day = datetime.datetime.fromtimestamp(at, UTC)
    return calendar.timegm((day.year, day.month, 1, 0, 0, 0))


def players(databases: list, dice: random.Random, rows: int, ids: range) -> None:
    battle = ["strength", "defense", "speed", "dexterity", "total_stats"]
    merge = values_of([*battle, "level", "life_maximum", "networth"])
    found, fates = [], {}
    each = max(3, int(rows / len(ids) / 1.6))
    for player in ids:
        fates[player] = FATES[player % len(FATES)]
        who, fate = fates[player]
        stats, level, networth, has_battle, events = [dice.randrange(10**6) for _ in range(4)], dice.randrange(1, 90), 0, player % 5, []
        for at in times(dice, 0 if fate == "observed" else 5 if fate == "before" else each, fate) if fate != "observed" else []:
            stats[dice.randrange(4)] += dice.choice((1, 7, 1000))
            level = max(1, min(100, level + dice.choice((0, 0, 0, 1, -1))))
            if dice.random() < 0.1:
                networth = dice.choice(EXTREMES) if dice.random() < 0.2 else dice.randrange(-10**9, 10**11)
            known = [*stats, sum(stats)] if has_battle and dice.random() < 0.7 else [None] * 5
            if dice.random() < 0.05:
                known = [value if dice.random() < 0.5 else None for value in known]
            events.append({"player_id": player, "timestamp": at, **dict(zip(battle, known)),
                           "level": level if dice.random() < 0.8 else None,
                           "life_maximum": 100 + level * 10 if dice.random() < 0.5 else None,
                           "networth": networth if dice.random() < 0.3 else None})
        found.append((player, watch(databases, dice, who, "timestamp", events, merge)))
    store(databases, "player_stats_history", "timestamp", found, "player_observations", "player_id", fates, dice)


def factions(databases: list, dice: random.Random, rows: int, ids: range) -> None:
    merge = values_of(["respect", "member_count", "best_chain"])
    found, fates = [], {}
    each = max(3, int(rows / len(ids) / 1.6))
    for faction in ids:
        fates[faction] = FATES[faction % len(FATES)]
        who, fate = fates[faction]
        respect, members, chain, events = dice.randrange(10**6), 50, 10, []
        for at in times(dice, 5 if fate == "before" else each, fate) if fate != "observed" else []:
            respect += dice.choice((0, 1, 5, -3 if respect > 3 else 0))
            members = max(1, min(100, members + dice.choice((-1, 0, 0, 1))))
            chain = max(chain, dice.choice((10, 25, 100, 1000, 2500)) if dice.random() < 0.02 else 0)
            events.append({"faction_id": faction, "timestamp": at,
                           "respect": respect if dice.random() < 0.9 else None,
                           "member_count": members if dice.random() < 0.7 else None,
                           "best_chain": chain if dice.random() < 0.5 else None})
        found.append((faction, watch(databases, dice, who, "timestamp", events, merge)))
    store(databases, "faction_history", "timestamp", found, "faction_observations", "faction_id", fates, dice)


def tile_owners(databases: list, dice: random.Random, rows: int, ids: list[str]) -> None:
    found, fates = [], {}
    each = max(3, int(rows / len(ids) / 1.6))
    for number, tile in enumerate(ids):
        fates[tile] = FATES[number % len(FATES)]
        who, fate = fates[tile]
        owner, racket, war, events = None, (None, None), "none", []
        for index, at in enumerate(times(dice, 5 if fate == "before" else each, fate) if fate != "observed" else []):
            change = dice.randrange(10)
            if change < 5:
                # There and back again: some owners return. Unowned is one of them.
                owner = dice.choice([one for one in (None, 3, 4, 1 + number % 60) if one != owner])
            elif change < 7:
                racket = dice.choice([(None, None), ("Gun Shop", 1), ("Gun Shop", 2), ("Car Wash", None)])
            else:
                war = dice.choice(["none", "under_attack", "defending"])
            events.append({"territory_id": tile, "faction_id": owner, "sector": 1, "racket_level": racket[1],
                           "racket_type": racket[0], "war_status": None if dice.random() < 0.05 else war, "recorded_at": at})
        collectors = watch(databases, dice, who, "recorded_at", events, merge_tile)
        found.append((tile, collectors))
    store(databases, "territory_ownership_history", "recorded_at", found, "territory_observations", "territory_id", fates, dice)


def wars(databases: list, dice: random.Random, rows: int, _: range) -> None:
    each = 60
    found, fates = [], {}
    for war in range(1, max(20, int(rows / each / 2)) + 1):
        war_type = "ranked" if war % 2 else "territory"
        fates[war] = ((ALL, ALL, (0, 1), (1, 2), (0, 2), (0,), (1,), (2,))[war % 8], None)
        who = fates[war][0]
        events = list(course(dice, 1 + war // 2, war_type, each, who))
        collectors = watch(databases, dice, who, "recorded_at", events, merge_war)
        for row in collectors[1].rows + collectors[1].late if war_type == "ranked" and war % 3 == 0 else []:
            # Torn lists the sides of a ranked war in any order, and each collector keeps the first that it has seen.
            for kind in ("faction_id", "score"):
                row[f"attacking_{kind}"], row[f"defending_{kind}"] = row[f"defending_{kind}"], row[f"attacking_{kind}"]
        found.append(((war_type, war), collectors))
    store(databases, "war_status_history", "recorded_at", found, None, "war_id", fates, dice)


def course(dice: random.Random, war: int, war_type: str, polls: int, who: tuple) -> Iterator[dict]:
    """A war from its announcement to its end: completed, cancelled, cancelled and resumed, or never ended."""
    begins = dice.choice([dice.randrange(MONTHS[0], END - 6 * 86400), dice.choice(BOUNDARIES[:6])])
    lasts = dice.choice((6 * 3600, 86400, 5 * 86400))
    one, other = dice.sample(FACTIONS, 2)
    end = dice.choice(("completed", "completed", "completed", "cancelled", "resumed", None))
    is_ranked = war_type == "ranked"
    row = {"war_id": war, "war_type": war_type, "territory_id": None if is_ranked else f"A{chr(65 + war % 26)}C",
           "attacking_faction_id": one, "defending_faction_id": other, "attacking_score": 0, "defending_score": 0,
           "required_score": 10000, "status": "scheduled", "end_reason": None, "winner_faction_id": None, "started_at": begins,
           "ends_at": None, "recorded_at": begins - 7200}
    yield dict(row)
    score, target = [0, 0], 10000
    for at in sorted(begins + dice.randrange(lasts) // 60 * 60 for _ in range(polls)):
        score[dice.randrange(2)] += dice.choice((0, 1, 5))
        target = max(10, target - dice.randrange(3))
        is_pause = end == "resumed" and begins + lasts // 3 < at < begins + lasts // 2
        yield {**row, "status": "cancelled" if is_pause else "ongoing", "end_reason": "unknown" if is_pause else None,
               "attacking_score": score[0], "defending_score": score[1], "recorded_at": at,
               "required_score": None if is_pause else target if is_ranked else 10000}
    if end in ("completed", "cancelled"):
        is_won = dice.random() < 0.6
        # Some winners are told late, and some never. An import does not complete the wars that only its own database has.
        winner_from = dice.choice((0, 0, 0, 1, 3) if who != (0,) else (0, 3))
        for step, delay in enumerate((0, 3600, 40 * 86400)):
            yield {**row, "status": end, "end_reason": None if is_ranked else WORDS[end][not is_won],
                   "winner_faction_id": (one if is_won else other) if end == "completed" and step >= winner_from else None,
                   "attacking_score": score[0], "defending_score": score[1], "required_score": None,
                   "ends_at": begins + lasts, "recorded_at": min(begins + lasts + delay, END - 300)}
