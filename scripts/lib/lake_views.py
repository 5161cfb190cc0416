"""The views of a lake, as scripts/lake/duckdb and scripts/lake/spark.py make them: the datasets, and the statements of sql/lake."""

import argparse
import csv
import datetime
import pathlib
import sqlite3
import sys
from collections.abc import Iterable, Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]

MONTHLY = (
    "player_stats_history", "faction_history", "war_status_history", "territory_ownership_history",
    "player_observations", "faction_observations", "territory_observations",
    "player_stats_summary", "faction_summary", "war_summary", "territory_ownership_summary",
)
WHOLE = ("players", "factions", "territories", "faction_membership")

# The files of sql/lake in an order in which each reads only views before it. The view of NAME.sql is lake_NAME.
STATEMENTS = (
    "databases", "player_changes", "faction_changes", "war_changes", "ownership_changes",
    "player_stats_summary", "faction_summary", "war_summary", "territory_ownership_summary",
    "player_names", "faction_names", "player_league", "faction_league", "war_league", "war_latest", "war_record",
    "territory_tenure", "territory_league",
)

TYPES = {"INTEGER": "BIGINT", "REAL": "DOUBLE", "TEXT": "VARCHAR", "BLOB": "BINARY"}
TIMES = ("timestamp", "period_start", "period_end", "last_updated")


def columns(dataset: str) -> list[tuple[str, str]]:
    """The columns of a dataset and their types, from the schema of the program."""
    schema = sqlite3.connect(":memory:")
    schema.executescript((ROOT / "sql/migrations/0001_initial.sql").read_text())
    found = [
        (name, "TIMESTAMP" if name in TIMES or name.endswith("_at") else TYPES[kind])
        for _, name, kind, *_ in schema.execute(f"PRAGMA table_info({dataset})")
    ]
    period = [("period", "VARCHAR")] if dataset in MONTHLY else []
    return [*found, ("database_id", "VARCHAR"), *period]


def pattern(folder: str, dataset: str) -> str:
    """The files of a dataset. Hidden ones do not match: they do not end in .parquet."""
    return f"{folder.rstrip('/')}/{dataset}/{'*/' if dataset in MONTHLY else ''}*.parquet"


def empty(dataset: str, time: str, text: str = "VARCHAR") -> str:
    """A query with the columns of a dataset and no rows. `time`, `text`: what the engine calls these types."""
    types = {"TIMESTAMP": time, "VARCHAR": text}
    nulls = ", ".join(f"CAST(NULL AS {types.get(kind, kind)}) AS {name}" for name, kind in columns(dataset))
    return f"SELECT {nulls} WHERE 1 = 0"


def settings(arguments: argparse.Namespace, time: str) -> str:
    """The view lake_settings: which months are over, and whether rows that repeat known values stay."""
    return f"SELECT CAST('{arguments.now}' AS {time}) AS now, {str(arguments.every_poll).lower()} AS every_poll"


def statement(name: str) -> str:
    """The text of a file of sql/lake."""
    return (ROOT / f"sql/lake/{name}.sql").read_text()


def asked(given: str) -> str:
    """The query that the user asks for: the name of a view, a file, or a statement."""
    if given in STATEMENTS:
        return f"SELECT * FROM lake_{given}"
    if given.removeprefix("lake_") in (*STATEMENTS, *MONTHLY, *WHOLE):
        return f"SELECT * FROM {given}"
    if given.endswith(".sql"):
        return pathlib.Path(given).read_text()
    return given


def parse(engine: str, more: str = "") -> argparse.Namespace:
    """The arguments of a runner."""
    parser = argparse.ArgumentParser(
        description=f"Runs a statement on the lake in DIR with {engine}, and prints its rows as CSV. {more}"
        " It never writes into DIR.",
        epilog=f"views of sql/lake (their names begin with lake_): {', '.join(STATEMENTS)}",
    )
    parser.add_argument("dir", metavar="DIR", help="a folder that `tornsnap export --lake` wrote, also on object storage")
    parser.add_argument(
        "query", metavar="STATEMENT", nargs="?",
        help="SQL, a file with SQL, a dataset, or a file of sql/lake by its name: player_stats_summary. Without it: all names",
    )
    parser.add_argument("--output", metavar="PATH", help="write Parquet there instead of printing")
    parser.add_argument("--every-poll", action="store_true", help='keep rows that repeat known values: record = "every-poll"')
    parser.add_argument("--now", type=moment, default=moment(), help="months that end later are not over; default: the clock")
    return parser.parse_args()


def moment(text: str | None = None) -> str:
    """A time in UTC as SQL writes it: the present, or that of unix seconds or an ISO text."""
    if text is None:
        time = datetime.datetime.now(datetime.timezone.utc)
    elif text.isdigit():
        time = datetime.datetime.fromtimestamp(int(text), datetime.timezone.utc)
    else:
        time = datetime.datetime.fromisoformat(text)
    time = time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)
    return time.astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S+00:00")


def names() -> Iterator[str]:
    """All views."""
    yield from MONTHLY
    yield from WHOLE
    yield from (f"lake_{name}" for name in STATEMENTS)


def show(header: Iterable[str], rows: Iterable[Iterable]) -> None:
    """Prints rows as CSV."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
