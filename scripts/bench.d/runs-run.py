"""Times `prune` of a month's share of old records of fetches while another process writes.

usage: runs-run.py TORNSNAP FOLDER ROUNDS
"""

import importlib
import os
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time

tornsnap, folder, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
NOW = 1772409600  # 2026-03-02
DAYS, SHARE = 400, 30
ENVIRONMENT = {**os.environ, "TORNSNAP_NOW": str(NOW), "HOME": str(folder)}
KINDS = ["players", "factions", "wars", "territories"]


sys.path.insert(0, str(pathlib.Path(__file__).parent))
month = importlib.import_module("month-generate")


def make(path):
    for end in ("", "-wal", "-shm"):
        pathlib.Path(f"{path}{end}").unlink(missing_ok=True)
    db = sqlite3.connect(path)
    month.create(db)
    db.executemany(
        "INSERT INTO fetch_runs (kind, started_at, finished_at, status, requests) VALUES (?, ?, ?, 'ok', 10)",
        ((kind, at, at + 5) for at in range(NOW - (DAYS + SHARE) * 86400, NOW, 240) for kind in KINDS),
    )
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return db.execute("SELECT count(*) FROM fetch_runs").fetchone()[0]


def write_until(done, path, waits):
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    while not done.is_set():
        begun = time.perf_counter()
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO refreshes VALUES ('tile_facts', 0) ON CONFLICT DO UPDATE SET refreshed_at = refreshed_at + 1")
        db.execute("COMMIT")
        waits.append(time.perf_counter() - begun)
        time.sleep(0.004)


for _ in range(rounds):
    path = folder / "t.db"
    rows = make(path)
    done, waits = threading.Event(), []
    writer = threading.Thread(target=write_until, args=(done, path, waits))
    writer.start()
    begun = time.perf_counter()
    process = subprocess.run([tornsnap, "prune", "--database", str(path), "-q", "--json"],
                             env=ENVIRONMENT, check=True, stdout=subprocess.PIPE)
    seconds = time.perf_counter() - begun
    done.set()
    writer.join()
    left = sqlite3.connect(path).execute("SELECT count(*) FROM fetch_runs").fetchone()[0]
    print(f"  {rows - left} of {rows} records in {seconds:.2f} s (goal 2 s); longest wait of a writer "
          f"{max(waits) * 1000:.0f} ms (goal 100 ms), {len(waits)} writes")
