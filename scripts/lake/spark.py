#!/usr/bin/env python3
"""Runs a statement on a lake with Spark 4. --help explains it.

Alone it starts a local session (pip install pyspark; Java 17 or later). `spark-submit scripts/lake/spark.py s3a://BUCKET/FOLDER …`
runs the same on a cluster, with the settings that spark-submit is given. The name ends in .py because spark-submit needs that.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import lake_views as lake

from pyspark.sql import SparkSession


def connect(arguments) -> SparkSession:
    """A session with all views; a local one is small."""
    builder = SparkSession.builder.appName("tornsnap lake")
    # spark-submit has started the gateway of Python by now, and sets the master and all else.
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        builder = builder.master("local[*]").config("spark.sql.shuffle.partitions", "4").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    session.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    session.sparkContext.setLogLevel("ERROR")
    session.catalog.clearCache()
    session.sql(lake.settings(arguments, "TIMESTAMP")).createOrReplaceTempView("lake_settings")
    for dataset in (*lake.MONTHLY, *lake.WHOLE):
        if has_files(session, lake.pattern(arguments.dir, dataset)):
            rows = session.read.parquet(f"{arguments.dir.rstrip('/')}/{dataset}")
        else:
            rows = session.sql(lake.empty(dataset, "TIMESTAMP", "STRING"))
        rows.createOrReplaceTempView(dataset)
    for name in lake.STATEMENTS:
        rows = session.sql(lake.statement(name))
        # A merged history is read more than once. Spark would merge it anew each time.
        (rows.cache() if name.endswith(("_changes", "databases")) else rows).createOrReplaceTempView(f"lake_{name}")
    return session


def has_files(session: SparkSession, pattern: str) -> bool:
    """Whether a file matches, on whatever storage it is."""
    path = session._jvm.org.apache.hadoop.fs.Path(pattern)
    found = path.getFileSystem(session._jsc.hadoopConfiguration()).globStatus(path)
    return found is not None and len(found) > 0


def main() -> None:
    arguments = lake.parse("Spark")
    session = connect(arguments)
    if arguments.query is None:
        print(*lake.names(), sep="\n")
        return
    result = session.sql(lake.asked(arguments.query))
    if arguments.output:
        result.write.parquet(arguments.output)
        return
    lake.show(result.columns, map(tuple, result.toLocalIterator()))


if __name__ == "__main__":
    main()
