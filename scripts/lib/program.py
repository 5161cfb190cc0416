"""The tornsnap program as the scripts run it: built by cargo, in a clean environment, against the simulated Torn."""

import contextlib
import multiprocessing
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The simulator accepts this key.
KEY = "SimulatedKeyA001"

# The user's own settings must not change what a script measures: no variables of tornsnap, and no home folder with a
# configuration of tornsnap or of the sqlite3 shell.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("TORN", "RUST_", "XDG_"))}
ENVIRONMENT["HOME"] = "/nonexistent"


def binary(profile: str = "release") -> str:
    """Path of the program that `TORNSNAP` names, or else of one built now with the given profile."""
    if given := os.environ.get("TORNSNAP"):
        return os.path.abspath(given)
    release = ["--release"] if profile == "release" else []
    command = ["cargo", "build", "--quiet", "--locked", *release]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        sys.exit("cargo could not build tornsnap")
    # cargo resolves a relative CARGO_TARGET_DIR against the folder it runs in.
    return str(ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / profile / "tornsnap")


class Simulator:
    """A `tornsnap simulate` process that runs as long as the `with` block."""

    def __init__(self, tornsnap: str, players: int = 1, latency_ms: int = 0, factions: int | None = None,
                 now: str | None = None):
        """`now` replaces the clock of the simulated Torn."""
        clock = {"TORNSNAP_NOW": now} if now else {}
        self.process = subprocess.Popen(
            [tornsnap, "simulate", "--players", str(players), "--factions", str(factions or max(1, players // 100)),
             "--latency-ms", str(latency_ms)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT | clock, text=True)
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()


def new_database(tornsnap: str, path: str | pathlib.Path, now: str | None = None) -> None:
    """Creates a database without history, with `tornsnap init`; `now` replaces the clock of that run."""
    clock = {"TORNSNAP_NOW": now} if now else {}
    # `init` writes a configuration into the folder it runs in; the scripts do not need it.
    with Simulator(tornsnap) as simulator, tempfile.TemporaryDirectory() as folder:
        answers = {"TORN_API_KEY": KEY, "TORNSNAP_API_URL": simulator.url}
        finished = subprocess.run([tornsnap, "-q", "--database", os.path.abspath(path), "init", "--non-interactive"],
                                  cwd=folder, env=ENVIRONMENT | answers | clock, capture_output=True, text=True)
    if finished.returncode != 0:
        sys.exit(f"tornsnap init ended with {finished.returncode}: {finished.stderr}")


@contextlib.contextmanager
def filling(path: str | pathlib.Path) -> Iterator[sqlite3.Connection]:
    """A connection for inserting many rows in one transaction. The file is complete, without a WAL, after the block."""
    connection = sqlite3.connect(path, isolation_level=None)
    # With this setting a power cut may corrupt the file; the scripts only need it as long as they run.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def in_child(function: Callable[..., None], *arguments) -> None:
    """Calls a function in a process of its own, and exits when it fails there.

    A script that itself takes much memory would spoil what it measures: a new process starts with the peak memory of
    the process that starts it.
    """
    child = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    child.start()
    child.join()
    if child.exitcode != 0:
        sys.exit(f"{function.__name__} ended with {child.exitcode}")
