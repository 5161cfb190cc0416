"""Times the month's commands against their baselines: whole processes, on fresh copies, taking turns.

usage: month-run.py TORNSNAP DATABASE ROUNDS
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
START, END = 1769904000, 1772323200  # 2026-02
NOW = "2026-03-02T00:00:00Z"
tornsnap, database, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])


def run(command, stdin=None):
    """Seconds and peak memory (MB) of one process."""
    environment = {**os.environ, "TORNSNAP_NOW": NOW}
    subprocess.run(["sync"], check=True)
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env=environment)
    if stdin:
        process.stdin.write(stdin)
        process.stdin.close()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status != 0:
        sys.exit(f"{command} failed: {errors.decode()}")
    return seconds, usage.ru_maxrss / 1024


def fresh(source, folder):
    for path in folder.iterdir():
        path.unlink()
    shutil.copyfile(source, folder / "t.db")
    return str(folder / "t.db")


def compare(title, source, contestants, goals):
    times = {name: [] for name in contestants}
    memory = {name: 0.0 for name in contestants}
    with tempfile.TemporaryDirectory(dir=database.parent) as folder:
        for _ in range(rounds):
            for name, command in contestants.items():
                path = fresh(source, pathlib.Path(folder))
                arguments, stdin = command(path)
                seconds, peak = run(arguments, stdin)
                times[name].append(seconds)
                memory[name] = max(memory[name], peak)
    print(f"\n{title} ({rounds} rounds, seconds)")
    for name in contestants:
        print(f"  {name:34} median {statistics.median(times[name]):6.3f}  min {min(times[name]):6.3f}  peak {memory[name]:6.1f} MB")
    first = next(iter(contestants))
    for name, goal in goals.items():
        ratio = statistics.median(times[first]) / statistics.median(times[name])
        least = min(times[first]) / min(times[name])
        print(f"  {first} / {name}: {ratio:.2f}x (by minimum {least:.2f}x), goal {goal}x")


window = (HERE / "month-window.sql").read_text().replace("START", str(START)).replace("END", str(END)).encode()
compare(
    "summarize one month",
    database,
    {
        "tornsnap summarize": lambda path: ([tornsnap, "summarize", "--database", path, "--month", "2026-02", "--no-backup", "-q"], None),
        "Python, row by row": lambda path: ([sys.executable, str(HERE / "month-plan.py"), path, str(START), str(END)], None),
        "window functions, sqlite3 shell": lambda path: (["sqlite3", path], window),
    },
    {"Python, row by row": 0.25, "window functions, sqlite3 shell": 0.2},
)

summarized = database.with_suffix(".summarized")
shutil.copyfile(database, summarized)
run([tornsnap, "summarize", "--database", str(summarized), "--no-backup", "-q"])
TABLES = {"player_stats_history": "timestamp", "faction_history": "timestamp", "war_status_history": "recorded_at",
          "territory_ownership_history": "recorded_at"}
delete = "".join(f"DELETE FROM {table} WHERE {column} < {START};" for table, column in TABLES.items())
compare(
    "prune a month (and a day)",
    summarized,
    {
        "tornsnap prune": lambda path: ([tornsnap, "prune", "--database", path, "--keep-months", "1", "--without-backup",
                                         "--allow-large", "-q"], None),
        "DELETE, sqlite3 shell": lambda path: (["sqlite3", path, delete], None),
        "DELETE and incremental_vacuum": lambda path: (["sqlite3", path, delete + "PRAGMA incremental_vacuum;"], None),
        "tornsnap prune --archive": lambda path: ([tornsnap, "prune", "--database", path, "--keep-months", "1", "--without-backup",
                                                   "--allow-large", "-q", "--archive", path + "-cold"], None),
    },
    {"DELETE, sqlite3 shell": 1.2, "DELETE and incremental_vacuum": 1.2},
)
summarized.unlink()
