"""A Python interpreter with packages that this one may lack."""

import pathlib
import subprocess
import sys


def python_with(venv: pathlib.Path, modules: dict[str, str]) -> str | None:
    """The path of an interpreter that can import the modules: this one, or that of `install`."""
    return sys.executable if can_import(sys.executable, modules) else install(venv, modules)


def install(venv: pathlib.Path, modules: dict[str, str]) -> str | None:
    """The path of the interpreter of the environment `venv`, with the modules, whose packages are the values.

    Makes the environment and installs the packages if needed. Prints why they cannot be had.
    """
    python = str(venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    if can_import(python, modules):
        return python
    if not pathlib.Path(python).exists() and subprocess.run([sys.executable, "-m", "venv", venv]).returncode != 0:
        print(f"Python cannot make an environment in {venv} (Debian: apt-get install python3-venv)")
        return None
    packages = list(modules.values())
    installed = subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], capture_output=True, text=True)
    if installed.returncode == 0 and can_import(python, modules):
        return python
    why = (installed.stderr.strip().splitlines() or ["no reason given"])[-1]
    print(f"{' '.join(packages)} cannot be installed: {why}")
    return None


def can_import(python: str, modules: dict[str, str]) -> bool:
    try:
        return subprocess.run([python, "-c", f"import {', '.join(modules)}"], stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False
