"""What DuckDB does in the benchmark of the lake. It runs as a process of its own.

  copy SOURCE DIR     writes the history of the players as Parquet, a folder a month, as a user would with COPY. SOURCE is a
                      CSV file or a SQLite database
  sorted SOURCE DIR   the same, sorted by player and time, as `tornsnap export --lake` sorts
  csv SOURCE FILE     writes the rows of a CSV file as CSV compressed with zstd
  grow LAKE DIR N     copies the players' part of a lake N times, each time with other players
"""

import pathlib
import sys

import duckdb

MONTH = "strftime(to_timestamp(timestamp), '%Y-%m')"
# The parts of a lake that the summaries of players are computed from.
DATASETS = ("player_stats_history", "player_observations")


def connect() -> duckdb.DuckDBPyConnection:
    session = duckdb.connect()
    session.execute("SET TimeZone = 'UTC'")
    return session


def copy(source: str, target: str, order: str = "") -> None:
    session = connect()
    table = f"'{source}'"
    if source.endswith(".db"):
        # From the package duckdb-extensions: DuckDB's own server of extensions is not everywhere within reach.
        from duckdb_extensions import import_extension
        session.execute("SET extension_directory = 'extensions'")
        import_extension("sqlite_scanner", con=session)
        session.execute(f"LOAD sqlite_scanner; ATTACH '{source}' AS source (TYPE sqlite)")
        table = "source.player_stats_history"
    session.execute(
        f"COPY (SELECT *, {MONTH} AS period FROM {table} {order}) TO '{target}'"
        " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (period), OVERWRITE_OR_IGNORE)")


def copy_sorted(source: str, target: str) -> None:
    copy(source, target, "ORDER BY player_id, timestamp, id")


def csv(source: str, target: str) -> None:
    connect().execute(f"COPY (SELECT * FROM '{source}') TO '{target}' (FORMAT csv, HEADER, COMPRESSION zstd)")


def grow(lake: str, target: str, copies: str) -> None:
    session = connect()
    for dataset in DATASETS:
        for source in sorted(pathlib.Path(lake, dataset).glob("*/*.parquet")):
            folder = pathlib.Path(target, dataset, source.parent.name)
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(int(copies)):
                session.execute(
                    f"COPY (SELECT * REPLACE (player_id + {number * 1000} AS player_id)"
                    f" FROM read_parquet('{source}', hive_partitioning = false))"
                    f" TO '{folder}/{number}.parquet' (FORMAT parquet, COMPRESSION zstd)")


{"copy": copy, "sorted": copy_sorted, "csv": csv, "grow": grow}[sys.argv[1]](*sys.argv[2:])
