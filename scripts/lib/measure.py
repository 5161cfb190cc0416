"""Measures whole processes in alternation, and prints their medians and the ratios between them."""

import argparse
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from program import ENVIRONMENT


def options(description: str, **defaults: int) -> argparse.Namespace:
    """The numbers on the command line of a benchmark, by name and in this order; all may be left out."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in defaults.items():
        parser.add_argument(name, metavar=name.upper(), nargs="?", type=int, default=default,
                            help=f"default: {default:,}")
    return parser.parse_args()


@dataclass
class Run:
    """What one process took: seconds of wall clock, seconds of CPU, and megabytes of resident memory at its peak."""

    wall: float
    cpu: float
    peak: float


class Runs(list[Run]):
    """The runs of one command."""

    @property
    def median(self) -> float:
        return statistics.median(run.wall for run in self)

    @property
    def least(self) -> float:
        return min(run.wall for run in self)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self)

    @property
    def peak(self) -> float:
        return max(run.peak for run in self)


def run(command: list[str], *, stdin: str | None = None, stdout: str | None = None, cwd: str | None = None,
        now: str | None = None, accepted: tuple[int, ...] = (0,)) -> Run:
    """Runs a command to its end. `stdin` and `stdout` are paths; `now` is the time that tornsnap takes for the present.

    Exits when the command ends with a code that is not accepted. The memory is that of the largest process among the
    command and its children, and never less than the peak memory of Python here, which starts the command.
    """
    clock = {"TORNSNAP_NOW": now} if now else {}
    with open(stdin or os.devnull, "rb") as source, open(stdout or os.devnull, "wb") as target:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=source, stdout=target, stderr=subprocess.PIPE, cwd=cwd,
                                   env=ENVIRONMENT | clock)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accepted:
        sys.exit(f"{command} ended with {process.returncode}: {errors.decode()}")
    # The kernel counts memory in kilobytes, except that of macOS counts bytes.
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def alternate(rounds: int, contestants: Mapping[str, Callable[[], Run]]) -> dict[str, Runs]:
    """Runs each contestant once a round, so that a slow moment of the machine slows all of them."""
    results = {name: Runs() for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            results[name].append(contestant())
    return results


def print_table(title: str, results: Mapping[str, Runs]) -> None:
    """Prints a line for each contestant."""
    rounds = len(next(iter(results.values())))
    print(f"\n{title} (rounds: {rounds})")
    print(f"  {'':34} {'median s':>9} {'best s':>9} {'CPU s':>9} {'peak MB':>9}")
    for name, runs in results.items():
        print(f"  {name:34} {runs.median:9.3f} {runs.least:9.3f} {runs.cpu:9.3f} {runs.peak:9.1f}")


def print_ratio(results: Mapping[str, Runs], ours: str, baseline: str, goal: float | None = None) -> None:
    """Prints how long one contestant took relative to another: below 1 it is faster."""
    ratio = results[ours].median / results[baseline].median
    best = results[ours].least / results[baseline].least
    aim = "" if goal is None else f", goal {goal}x"
    print(f"  {ours} / {baseline}: {ratio:.2f}x (of the best runs {best:.2f}x){aim}")


def must_be_equal(what: str, values: Mapping[str, object]) -> None:
    """Exits unless all contestants came to the same result."""
    first, *others = values
    for other in others:
        if values[other] != values[first]:
            sys.exit(f"{what}: {first} and {other} differ")
    print(f"  {what}: equal")


def machine(tornsnap: str) -> str:
    """One line about the machine and the programs on it."""
    version = subprocess.check_output([tornsnap, "--version"], text=True).strip()
    shell = subprocess.check_output(["sqlite3", "--version"], text=True).split()[0]
    return (f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
            f"sqlite3 {shell}, {version}")


class Writer:
    """Commits a statement again and again while the `with` block runs, and notes how long each commit took."""

    def __init__(self, database: str, statement: str, pause: float, synchronous: str):
        self.waits: list[float] = []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.write, args=(database, statement, pause, synchronous))

    def write(self, database: str, statement: str, pause: float, synchronous: str) -> None:
        connection = sqlite3.connect(database, timeout=30, isolation_level=None)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        while not self.done.is_set():
            begun = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement)
            connection.execute("COMMIT")
            self.waits.append(time.perf_counter() - begun)
            time.sleep(pause)
        connection.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
