"""The engines that the checks of sql/lake run: DuckDB and Spark, through scripts/lake/duckdb and scripts/lake/spark.py."""

import functools
import importlib.machinery
import importlib.util
import shutil
import subprocess
import sys

from packages import install
from program import ROOT

PACKAGES = {"duckdb": "duckdb", "spark": "pyspark"}
RUNNERS = {"duckdb": "duckdb", "spark": "spark.py"}
VENV = ROOT / "target/lake-check"


def usable(engines: list[str], in_venv: bool) -> list[str]:
    """The engines that can run. Starts this program again in an environment with packages that are missing here."""
    if "spark" in engines and not shutil.which("java"):
        print("skipped spark: there is no java (Debian: apt-get install openjdk-17-jre-headless)")
        engines = [name for name in engines if name != "spark"]
    missing = [name for name in engines if not importlib.util.find_spec(PACKAGES[name])]
    if not missing:
        return engines
    if in_venv:
        for name in missing:
            print(f"skipped {name}: the package {PACKAGES[name]} cannot be imported from {VENV}")
        return [name for name in engines if name not in missing]
    pythons = [install(VENV, {PACKAGES[name]: PACKAGES[name]}) for name in engines]
    python = next(filter(None, pythons), None)
    if not python:
        print(f"skipped {', '.join(engines)}")
        return []
    sys.stdout.flush()
    sys.exit(subprocess.run([python, *sys.argv, "--in-venv"]).returncode)


@functools.cache
def runner(engine: str):
    """The module of scripts/lake/duckdb or scripts/lake/spark.py."""
    loader = importlib.machinery.SourceFileLoader(f"run_{engine}", str(ROOT / "scripts/lake" / RUNNERS[engine]))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module
