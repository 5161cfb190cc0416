"""Injects a fault into `tornsnap` at every write to the disk, one after the other, and checks what is left each time.

The faults are a kill, a full disk (ENOSPC) and an I/O error (EIO). The commands are summarize, prune and
prune --archive; summarize and prune are also killed while another program keeps a read transaction open. After each
fault the database must be intact, every history row must be in the database or in the archive, and a second run must
end where an undisturbed run ends.
"""

import argparse
import concurrent.futures
import contextlib
import glob
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass

from program import ENVIRONMENT, binary, filling, new_database

NOW = "2028-04-10T00:00:00Z"

# The system calls that change a file; strace counts those of a line together.
CALLS = ["pwrite64", "fsync,fdatasync", "ftruncate", "rename,renameat,renameat2", "unlink"]
KILL = ["signal=KILL"]
FAULTS = [*KILL, "error=ENOSPC", "error=EIO"]
# More calls of one kind than any command makes. A command that reaches this number never stops trying after a fault.
LIMIT = 1000

DATABASE, ARCHIVE = "a.db", "cold.db"
START_DATABASES = ["full.db", "summarized.db"]
HISTORY = ["player_stats_history", "faction_history", "territory_ownership_history"]

# 120 days of history, which end in March 2028.
DAYS = "WITH RECURSIVE day (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM day WHERE n < 119) "
FILL = [
    "INSERT INTO factions (faction_id, name, last_updated) VALUES (1, 'One', 1839000000), (2, 'Two', 1839000000)",
    "INSERT INTO players (player_id, name, faction_id, last_updated)"
    " VALUES (1, 'A', 1, 1839000000), (2, 'B', 2, 1839000000)",
    "INSERT INTO territories (territory_id, faction_id, last_updated) VALUES ('AAB', 1, 1839000000)",
    DAYS + "INSERT INTO player_stats_history (player_id, timestamp, level, networth)"
    " SELECT player_id, 1827619200 + 86400 * n, 10, n FROM day, players",
    DAYS + "INSERT INTO faction_history (faction_id, timestamp, respect)"
    " SELECT 1 + n % 2, 1827619200 + 86400 * n, n FROM day",
    DAYS + "INSERT INTO territory_ownership_history (territory_id, faction_id, recorded_at)"
    " SELECT 'AAB', 1 + n % 2, 1827619200 + 86400 * n FROM day",
]

SUMMARIZE = ["summarize", "--no-backup", "--database", DATABASE]
PRUNE = ["prune", "--without-backup", "--allow-large", "--database", DATABASE]
PRUNE_TO_ARCHIVE = [*PRUNE, "--archive", ARCHIVE]


@dataclass
class Scenario:
    """A command, the database that it starts with, and the faults to inject."""

    start: str
    command: list[str]
    faults: list[str]
    beside_reader: bool = False

    @property
    def keeps_history(self) -> bool:
        return self.command != PRUNE


SCENARIOS = {
    "summarize": Scenario("full.db", SUMMARIZE, FAULTS),
    "prune": Scenario("summarized.db", PRUNE, FAULTS),
    "archive": Scenario("summarized.db", PRUNE_TO_ARCHIVE, FAULTS),
    "summarize-beside-reader": Scenario("full.db", SUMMARIZE, KILL, beside_reader=True),
    "prune-beside-reader": Scenario("summarized.db", PRUNE, KILL, beside_reader=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="fault-injection", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tornsnap", metavar="TORNSNAP", nargs="?", help="the binary; by default a debug build")
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="only this one; may be given repeatedly")
    arguments = parser.parse_args()
    tornsnap = os.path.abspath(arguments.tornsnap) if arguments.tornsnap else binary("debug")
    trials = [(name, fault) for name in arguments.scenario or SCENARIOS for fault in SCENARIOS[name].faults]
    with tempfile.TemporaryDirectory(prefix="tornsnap-faults-") as folder:
        os.chdir(folder)
        make_databases(tornsnap)
        with concurrent.futures.ProcessPoolExecutor() as processes:
            # Each trial is independent of the others, and has a folder of its own.
            points = sum(processes.map(run_trial, *zip(*[(tornsnap, folder, *trial) for trial in trials])))
    print(f"{points} faults injected; every check passed")


def run_trial(tornsnap: str, folder: str, name: str, fault: str) -> int:
    """Injects the fault at each call of the scenario. Returns how many faults were injected."""
    with tempfile.TemporaryDirectory(prefix="trial-", dir=folder) as own_folder:
        os.chdir(own_folder)
        for start in START_DATABASES:
            shutil.copy(os.path.join(folder, start), start)
        points = Trial(tornsnap, name, SCENARIOS[name]).run(fault)
        os.chdir(folder)
        return points


def make_databases(tornsnap: str) -> None:
    """Makes full.db, which has history, and summarized.db, which has the summaries of it as well."""
    new_database(tornsnap, "full.db", NOW)
    with filling("full.db") as db:
        for statement in FILL:
            db.execute(statement)
    reset("full.db")
    if execute(tornsnap, SUMMARIZE) != 0:
        sys.exit("tornsnap could not summarize the history")
    shutil.copyfile(DATABASE, "summarized.db")


class Trial:
    """One scenario: injects a fault at each call, and exits when a check fails."""

    def __init__(self, tornsnap: str, name: str, scenario: Scenario):
        self.tornsnap = tornsnap
        self.name = name
        self.scenario = scenario
        self.place = "no fault"
        reset(scenario.start)
        self.rows = history_rows()
        self.must(execute(tornsnap, scenario.command) == 0, "the command failed")
        self.expected = contents()

    def run(self, fault: str) -> int:
        """Returns how many faults were injected."""
        points = sum(self.at_every_call(fault, calls) for calls in CALLS)
        print(f"{self.name}: {points} faults ({fault}) injected; every check passed", flush=True)
        return points

    def at_every_call(self, fault: str, calls: str) -> int:
        """Injects a fault at the first of the system calls, then at the second, until there is none."""
        for number in range(1, LIMIT + 1):
            self.place = f"{fault} at {calls} {number}"
            reset(self.scenario.start)
            with reading() if self.scenario.beside_reader else contextlib.nullcontext():
                was_injected = self.inject(fault, calls, number)
                self.check_files()
                self.must(execute(self.tornsnap, self.scenario.command) == 0, "the second run failed")
            self.must(contents() == self.expected, "the second run ended with other rows than a run without a fault")
            if not was_injected:
                return number - 1
        sys.exit(f"{self.name}: {fault} was injected at {LIMIT} calls of {calls}, and there are more")

    def inject(self, fault: str, calls: str, number: int) -> bool:
        """Runs the command with a fault at one call; false when the command made fewer such calls and succeeded."""
        strace = ("strace", "-f", "-qq", "-o", "trace", "-e", f"trace={calls}",
                  "-e", f"inject={calls}:{fault}:when={number}")
        code = execute(self.tornsnap, self.scenario.command, strace=strace)
        with open("trace", encoding="utf-8", errors="replace") as trace:
            return code != 0 or "INJECTED" in trace.read()

    def check_files(self) -> None:
        """Checks the files as the fault left them."""
        for file in existing_files():
            found = problems(file)
            self.must(not found, f"{file} is damaged: {found}")
        if self.scenario.keeps_history:
            self.must(set(history_rows()) == set(self.rows), "history rows were lost")
        if self.scenario.command == PRUNE_TO_ARCHIVE:
            self.must(self.rows_after_revert() == self.rows, "history rows are in both files")

    def rows_after_revert(self) -> Counter:
        """The history rows after a prune that keeps everything, in a copy of the files.

        Such a prune removes from the archive what was copied there and not deleted from the database.
        """
        shutil.rmtree("aside", ignore_errors=True)
        os.mkdir("aside")
        for file in glob.glob(f"{DATABASE}*") + glob.glob(f"{ARCHIVE}*"):
            shutil.copy(file, "aside")
        code = execute(self.tornsnap, [*self.scenario.command, "--keep-months", "100"], folder="aside")
        self.must(code == 0, "a prune that keeps everything failed")
        return history_rows("aside")

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            sys.exit(f"{self.name}: after {self.place}: {otherwise}")


def execute(tornsnap: str, command: list[str], folder: str = ".", strace: tuple[str, ...] = ()) -> int:
    """Runs `tornsnap` in a folder, without output, and returns its exit code."""
    return subprocess.run([*strace, tornsnap, "-q", *command], cwd=folder, env=ENVIRONMENT | {"TORNSNAP_NOW": NOW},
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def reset(start: str) -> None:
    """Puts a copy of a database in the place of all files of the last run."""
    for file in glob.glob(f"{DATABASE}*") + glob.glob(f"{ARCHIVE}*"):
        os.unlink(file)
    for folder in glob.glob(".tornsnap-new-*"):
        shutil.rmtree(folder)
    shutil.copyfile(start, DATABASE)


@contextlib.contextmanager
def reading():
    """Keeps a read transaction open in another process, which is killed after the block."""
    reader = subprocess.Popen(["sqlite3", DATABASE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    reader.stdin.write("BEGIN; SELECT count(*) FROM players;\n")
    reader.stdin.flush()
    reader.stdout.readline()  # SQLite starts the read transaction with the SELECT, not with BEGIN.
    try:
        yield
    finally:
        reader.kill()
        reader.communicate()


def existing_files(folder: str = ".") -> list[str]:
    """The database and the archive, as far as they are there and not empty."""
    files = [os.path.join(folder, name) for name in (DATABASE, ARCHIVE)]
    return [file for file in files if os.path.exists(file) and os.path.getsize(file) > 0]


def query(file: str, statement: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(file, timeout=5)) as connection:
        return connection.execute(statement).fetchall()


def problems(file: str) -> list[tuple]:
    """What SQLite finds wrong in a file."""
    try:
        found = query(file, "PRAGMA integrity_check") + query(file, "PRAGMA foreign_key_check")
    except sqlite3.DatabaseError as error:
        return [(str(error),)]
    return [problem for problem in found if problem != ("ok",)]


def history_rows(folder: str = ".") -> Counter:
    """How often each history row occurs in the database and the archive together."""
    rows: Counter = Counter()
    for file in existing_files(folder):
        tables = {name for (name,) in query(file, "SELECT name FROM sqlite_schema")}
        # An interrupted run may leave an archive without tables.
        for table in tables.intersection(HISTORY):
            rows.update((table, *row) for row in query(file, f"SELECT * FROM {table}"))
    return rows


# ANALYZE writes the tables sqlite_stat1 and sqlite_stat4 at times of its own.
SCHEMA = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1, 2"


def contents() -> list[str]:
    """The schema and all rows of both files.

    Without values that differ from run to run: times of the machine's clock, random ids, and statistics for the query
    planner. The receipts of an archive also count rows that a prune has copied and taken back.
    """
    lines = []
    for file in existing_files():
        schema = query(file, SCHEMA)
        lines += [repr(entry) for entry in schema]
        for kind, table, _ in schema:
            if kind == "table" and table not in ("schema_version", "archive_receipts"):
                lines += [f"{file} {table} {row!r}" for row in query(file, f"SELECT * FROM {table}")]
    return [re.sub(r"'[0-9a-f]{32}'", "ID", line) for line in lines]


if __name__ == "__main__":
    main()
