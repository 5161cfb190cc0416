"""The views of a lake, as scripts/lake/duckdb and scripts/lake/spark.py make them: the datasets, and the statements of sql/lake."""

import argparse
import csv
import datetime
import difflib
import os
import pathlib
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable

ROOT = pathlib.Path(__file__).resolve().parents[2]

MONTHLY = (
    "player_stats_history", "faction_history", "war_status_history", "territory_ownership_history",
    "player_observations", "faction_observations", "territory_observations",
    "player_stats_summary", "faction_summary", "war_summary", "territory_ownership_summary",
)
WHOLE = ("players", "factions", "territories", "faction_membership")

SUMMARIES = MONTHLY[-4:]

# The files of sql/lake in an order in which each reads only views before it. The view of NAME.sql is lake_NAME.
STATEMENTS = (
    "databases", "player_changes", "faction_changes", "war_changes", "ownership_changes",
    "player_stored", "faction_stored", "war_stored", "territory_stored",
    "player_stats_summary", "faction_summary", "war_summary", "territory_ownership_summary",
    "player_names", "faction_names", "player_league", "faction_league", "war_latest", "war_league", "war_record",
    "territory_tenure", "territory_league", "membership", "collectors",
)

TYPES = {"INTEGER": "BIGINT", "REAL": "DOUBLE", "TEXT": "VARCHAR", "BLOB": "BINARY"}
TIMES = ("timestamp", "period_start", "period_end", "last_updated")


class Failure(Exception):
    """What the user can mend, in one line."""

    def __init__(self, text: str, code: int = 1):
        super().__init__(text)
        self.code = code


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


def summary_columns(table: str) -> list[str]:
    """The columns that a computed summary has: all but the number of the row, the time of writing and the id of the database."""
    return [name for name, _ in columns(table) if name not in ("id", "created_at", "database_id", "period")]


def pattern(folder: str, dataset: str) -> str:
    """The files of a dataset. Hidden ones do not match: they do not end in .parquet."""
    return f"{folder.rstrip('/')}/{dataset}/{'*/' if dataset in MONTHLY else ''}*.parquet"


def datasets(folder: str, has_files: Callable[[str], bool]) -> dict[str, bool]:
    """All datasets, and whether each has a file. `has_files`: whether the storage has a file that matches a pattern."""
    found = {dataset: has_files(pattern(folder, dataset)) for dataset in (*MONTHLY, *WHOLE)}
    if not any(found.values()) and not has_files(f"{folder.rstrip('/')}/manifest-*.json"):
        if "://" not in folder and not pathlib.Path(folder).is_dir():
            raise Failure(f"there is no folder {folder}")
        raise Failure(f"{folder} is no lake: it has neither manifest-*.json nor files such as {pattern('', 'players')[1:]}."
                      " Name the folder that `tornsnap export --lake` wrote")
    return found


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


def needed(query: str) -> tuple[set[str], list[str]]:
    """The datasets and the statements that a query reads, also through views. The statements have the order of STATEMENTS."""
    text, found = query.lower(), []
    for name in reversed(STATEMENTS):
        if f"lake_{name}" in text:
            text += statement(name)
            found.insert(0, name)
    return {dataset for dataset in (*MONTHLY, *WHOLE) if dataset in text}, found


def asked(given: str) -> str:
    """The query that the user asks for: the name of a view, a file, or a statement."""
    if given in STATEMENTS:
        return f"SELECT * FROM lake_{given}"
    if given in names():
        return f"SELECT * FROM {given}"
    if given.endswith(".sql"):
        try:
            return pathlib.Path(given).read_text()
        except OSError as error:
            raise Failure(f"{given} cannot be read: {error.strerror}") from None
    if re.fullmatch(r"\w+", given):
        near = difflib.get_close_matches(given, [*STATEMENTS, *names()], n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise Failure(f"no view is called {given}{hint}. Without a STATEMENT, all names are printed", 2)
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
    parser.add_argument(
        "--now", type=moment, default=moment(), metavar="TIME",
        help="which months are over: those that end by then; default: the clock. A month such as 2026-11 is its first second, so"
        " the month after the running one includes the running one. Also a day, an ISO time in UTC, or unix seconds",
    )
    return parser.parse_args()


def moment(text: str | None = None) -> str:
    """A time in UTC as SQL writes it: the present, or that of a month, an ISO text or unix seconds."""
    utc = datetime.timezone.utc
    try:
        if text is None:
            time = datetime.datetime.now(utc)
        elif re.fullmatch(r"\d{9,}", text):
            time = datetime.datetime.fromtimestamp(int(text), utc)
        elif re.fullmatch(r"\d{4}-\d{2}", text):
            time = datetime.datetime.fromisoformat(f"{text}-01")
        else:
            time = datetime.datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
        time = time if time.tzinfo else time.replace(tzinfo=utc)
        return time.astimezone(utc).strftime("%Y-%m-%d %H:%M:%S+00:00")
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{text} is no time: give 2026-11, 2026-11-30, 2026-11-30T12:00:00Z or unix seconds") from None


def names() -> tuple[str, ...]:
    """All views."""
    return (*MONTHLY, *WHOLE, *(f"lake_{name}" for name in STATEMENTS))


def show(header: Iterable[str], rows: Iterable[Iterable]) -> None:
    """Prints rows as CSV."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def run(main: Callable[[], None], *errors: type[Exception]) -> None:
    """Calls the main function of a runner. What goes wrong is one line. `errors`: those of the engine."""
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has all that it wants. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.exit(130)
    except Failure as failure:
        fail(str(failure), failure.code)
    except (*errors, OSError) as failed:
        fail(line(failed), 1)


def fail(text: str, code: int) -> None:
    print(f"{pathlib.Path(sys.argv[0]).name}: {text}", file=sys.stderr)
    sys.exit(code)


def line(error: Exception) -> str:
    """The message of an engine as one line, without the plans and traces that follow it."""
    paragraph = str(error).strip().split("\n\n")[0].split(";\n")[0]
    return " ".join(paragraph.split())
