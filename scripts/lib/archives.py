"""Writes archives and a Debian package that are the same, byte for byte, when they are made again from the same files."""

import gzip
import hashlib
import io
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile


def mode_of(name: str) -> int:
    """Programs may be run. A file of completions has the name of its program."""
    path = pathlib.PurePosixPath(name)
    is_program = path.name in ("tornsnap", "tornsnap.exe") and path.parent.name != "completions"
    return 0o755 if is_program else 0o644


def write_tar(path: pathlib.Path, files: dict[str, bytes], when: int) -> None:
    """A .tar.gz of files that belong to root, and are all as old as the release."""
    with path.open("wb") as target, gzip.GzipFile("", "wb", 9, target, mtime=when) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), when, mode_of(name)
            entry.uname = entry.gname = "root"
            archive.addfile(entry, io.BytesIO(content))


def write_zip(path: pathlib.Path, files: dict[str, bytes], when: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, time.gmtime(when)[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, (0o100000 | mode_of(name)) << 16
            archive.writestr(entry, content)


def write_deb(path: pathlib.Path, files: dict[str, bytes], control: dict[str, str], when: int) -> None:
    """A Debian package, by dpkg-deb. `files` are named by where they will be, without the slash at the front."""
    with tempfile.TemporaryDirectory(prefix="tornsnap-deb-") as folder:
        root = pathlib.Path(folder) / "root"
        sums = "".join(f"{hashlib.md5(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
        size = sum(len(content) for content in files.values()) // 1024 + 1
        fields = {**control, "Installed-Size": str(size)}
        text = "".join(f"{name}: {value}\n" for name, value in fields.items())
        everything = {**files, "DEBIAN/control": text.encode(), "DEBIAN/md5sums": sums.encode()}
        for name, content in everything.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(mode_of(name))
        for directory in [root, *(path for path in root.rglob("*") if path.is_dir())]:
            directory.chmod(0o755)
        command = ["dpkg-deb", "--build", "--root-owner-group", "-Zxz", str(root), str(path)]
        environment = {"SOURCE_DATE_EPOCH": str(when), "PATH": "/usr/bin:/bin"}
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode != 0:
            sys.exit(f"error: dpkg-deb could not make {path}")


def gzipped(content: bytes) -> bytes:
    """Without a time in it, as Debian wants manual pages."""
    return gzip.compress(content, 9, mtime=0)


def write_sums(folder: pathlib.Path) -> pathlib.Path:
    """SHA256SUMS for all files of the folder, as `sha256sum --check` reads it."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(lines))
    return sums


def emptied(folder: pathlib.Path) -> pathlib.Path:
    """The folder without files of an earlier release. A folder with something else in it is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name != "SHA256SUMS" and not (path.is_file() and path.name.startswith("tornsnap")):
            sys.exit(f"error: {path} is not of a release; name an empty folder with --output")
    shutil.rmtree(folder)
    folder.mkdir()
    return folder
