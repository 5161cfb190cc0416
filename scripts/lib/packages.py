"""A Python interpreter with packages that this one may lack."""

import pathlib
import subprocess
import sys


def python_with(venv: pathlib.Path, modules: dict[str, str]) -> str | None:
    """The path of an interpreter that can import the modules, whose packages are the values.

    That is this interpreter, or one in the environment `venv`, which is made if needed. Prints why there is none.
    """
    imports = f"import {', '.join(modules)}"
    python = venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    for known in (sys.executable, str(python)):
        if can_import(known, imports):
            return known
    if not python.exists() and subprocess.run([sys.executable, "-m", "venv", venv]).returncode != 0:
        print(f"Python cannot make an environment in {venv} (Debian: apt-get install python3-venv)")
        return None
    packages = list(modules.values())
    installed = subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], capture_output=True, text=True)
    if installed.returncode == 0 and can_import(str(python), imports):
        return str(python)
    why = (installed.stderr.strip().splitlines() or ["they cannot be imported"])[-1]
    print(f"{' '.join(packages)} cannot be installed: {why}")
    return None


def can_import(python: str, imports: str) -> bool:
    try:
        return subprocess.run([python, "-c", imports], stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False
