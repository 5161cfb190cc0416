#!/usr/bin/env python3
"""Runs a statement on a lake with Spark 4. --help explains it.

Alone it starts a local session (pip install pyspark; Java 17 or later). `spark-submit scripts/lake/spark.py s3a://BUCKET/FOLDER …`
runs the same on a cluster, with the settings that spark-submit is given. The name ends in .py because spark-submit needs that.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import lake_views as lake

from pyspark.sql import SparkSession


def connect(arguments) -> SparkSession:
    """A session with all views. spark-submit sets the master and all else; a local session is small."""
    builder = SparkSession.builder.appName("tornsnap lake")
    if "spark.submit.deployMode" not in dict(SparkSession.builder._options) and not under_spark_submit():
        builder = builder.master("local[*]").config("spark.sql.shuffle.partitions", "4").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    session.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    session.sparkContext.setLogLevel("ERROR")
    session.sql(lake.settings(arguments, "TIMESTAMP")).createOrReplaceTempView("lake_settings")
    for dataset in (*lake.MONTHLY, *lake.WHOLE):
        if has_files(session, lake.pattern(arguments.dir, dataset)):
            rows = session.read.parquet(f"{arguments.dir.rstrip('/')}/{dataset}")
        else:
            rows = session.sql(lake.empty(dataset, "TIMESTAMP", "STRING"))
        rows.createOrReplaceTempView(dataset)
    for name in lake.STATEMENTS:
        session.sql(f"CREATE OR REPLACE TEMPORARY VIEW lake_{name} AS {lake.statement(name)}")
    return session


def under_spark_submit() -> bool:
    """Whether spark-submit has started this: it has a gateway for Python by then."""
    import os
    return "PYSPARK_GATEWAY_PORT" in os.environ


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
