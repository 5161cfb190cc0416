#!/usr/bin/env python3
"""Runs a statement on a lake with Spark 4. --help explains it.

Alone it starts a local session (pip install pyspark; Java 17 or later). `spark-submit scripts/lake/spark.py s3a://BUCKET/FOLDER …`
runs the same on a cluster, with the settings that spark-submit is given. The name ends in .py because spark-submit needs that.
"""

import logging
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import lake_views as lake

try:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession
except ModuleNotFoundError:
    lake.fail("Python has no package pyspark: pip install pyspark, which needs Java 17 or later", 1)


def connect(arguments, query: str | None = None) -> SparkSession:
    """A session with all views, or with those that a query reads, because Spark takes seconds for some. A local one is small."""
    # Spark logs an error of a statement with all its Java frames. The runner prints what it says.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    builder = SparkSession.builder.appName("tornsnap lake")
    # spark-submit has started the gateway of Python by now, and sets the master and all else.
    is_local = "PYSPARK_GATEWAY_PORT" not in os.environ
    if is_local:
        builder = builder.master("local[*]").config("spark.sql.shuffle.partitions", "4").config("spark.ui.enabled", "false")
        # The plans of the merged histories alone may fill the gigabyte that Java has without this.
        builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.driver.memory", "3g")
    session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    session.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    session.sparkContext.setLogLevel("OFF" if is_local else "ERROR")
    session.catalog.clearCache()
    session.sql(lake.settings(arguments, "TIMESTAMP")).createOrReplaceTempView("lake_settings")
    names, statements = ((*lake.MONTHLY, *lake.WHOLE), lake.STATEMENTS) if query is None else lake.needed(query)
    are_there = lake.datasets(arguments.dir, lambda pattern: has_files(session, pattern))
    for dataset in names:
        if are_there[dataset]:
            # mergeSchema: a column that only one collector has is NULL in the rows of others.
            rows = session.read.option("mergeSchema", "true").parquet(f"{arguments.dir.rstrip('/')}/{dataset}")
        else:
            rows = session.sql(lake.empty(dataset, "TIMESTAMP", "STRING"))
        rows.createOrReplaceTempView(dataset)
    for name in statements:
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
    query = arguments.query and lake.asked(arguments.query)
    session = connect(arguments, query or "")
    if query is None:
        print(*lake.names(), sep="\n")
        return
    result = session.sql(query)
    if arguments.output:
        result.write.parquet(arguments.output)
        return
    lake.show(result.columns, map(tuple, result.toLocalIterator()))


if __name__ == "__main__":
    lake.run(main, PySparkException, Py4JError)
