"""The licences of everything that is linked into the program, with their texts, as cargo knows them."""

import json
import pathlib
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The names of files with the text of a licence in the sources of crates.
NAMES = ("LICEN", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")

# Code that is linked too, and is in no crate or has a licence of its own inside one.
SQLITE = "SQLite is in the public domain: https://sqlite.org/copyright.html"


@dataclass
class Part:
    """A crate or a library, and the texts that come with it by the name of their file."""

    name: str
    licence: str
    texts: dict[str, str]


def linked_crates(triple: str) -> set[tuple[str, str]]:
    """Name and version of each crate that is linked: without macros, build scripts and what only the tests use."""
    # `cargo metadata` cannot tell: it adds up the features of the tests, and the crates that these need.
    tree = cargo("tree", "--edges", "normal,no-proc-macro", "--target", triple, "--prefix", "none", "--no-dedupe",
                 "--format", "{p}")
    crates = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    return {(name, version.removeprefix("v")) for name, version in crates if name != "tornsnap"}


def parts(triple: str) -> list[Part]:
    """Every crate that is linked, with its texts, and then the standard library and the C libraries."""
    metadata = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", triple))
    packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
    found = []
    for crate in sorted(linked_crates(triple)):
        package = packages[crate]
        texts = texts_in(pathlib.Path(package["manifest_path"]).parent)
        if not package["license"] or not texts:
            sys.exit(f"error: {crate[0]} {crate[1]} has no licence text in its sources; add it to scripts/lib/licences.py")
        found.append(Part(" ".join(crate), package["license"].replace("/", " OR "), texts))
    return [*found, Part("SQLite", "public domain", {"note": SQLITE}), standard_library(), *c_libraries(triple)]


def texts_in(folder: pathlib.Path) -> dict[str, str]:
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name.upper().startswith(NAMES)]
    return {path.name: path.read_text(errors="replace") for path in files}


def standard_library() -> Part:
    """The standard library of Rust. A toolchain of Debian has the texts elsewhere; crates have the same two."""
    folder = pathlib.Path(output("rustc", "--print", "sysroot")) / "share/doc/rust/licenses"
    files = [folder / name for name in ("Apache-2.0.txt", "MIT.txt") if (folder / name).exists()]
    texts = {file.name: file.read_text() for file in files}
    texts["note"] = "Copyright (c) The Rust Project Contributors; https://github.com/rust-lang/rust/blob/main/COPYRIGHT"
    return Part(f"Rust standard library {output('rustc', '--version').split()[1]}", "MIT OR Apache-2.0", texts)


def c_libraries(triple: str) -> list[Part]:
    """The C libraries that are linked statically. Debian has their texts beside the compilers that link them."""
    if triple.endswith("-musl"):
        return [c_library("musl", "MIT", "musl", "https://git.musl-libc.org/cgit/musl/tree/COPYRIGHT")]
    if triple.endswith("-windows-gnu"):
        return [c_library("mingw-w64 runtime", "ZPL-2.1 and others", "mingw-w64-common",
                          "https://www.mingw-w64.org/license/"),
                c_library("libgcc", "GPL-3.0-or-later WITH GCC-exception-3.1", "gcc-mingw-w64-base",
                          "https://www.gnu.org/licenses/gcc-exception-3.1.html")]
    return []


def c_library(name: str, licence: str, package: str, address: str) -> Part:
    text = pathlib.Path("/usr/share/doc") / package / "copyright"
    return Part(name, licence, {"copyright": text.read_text(errors="replace")} if text.exists() else {"note": address})


def licences(triple: str) -> str:
    """The document that goes into an archive: a line for each part, then each text once with the parts that have it."""
    found = parts(triple)
    # Line ends and indentation differ between copies of one text.
    users: dict[str, list[str]] = defaultdict(list)
    first: dict[str, str] = {}
    for part in found:
        for file, text in part.texts.items():
            words = " ".join(text.split())
            users[words].append(f"{part.name} ({file})")
            first.setdefault(words, text.replace("\r\n", "\n").strip())
    lines = ["Licences of third parties", "",
             f"tornsnap itself is under the MIT licence, see LICENSE. These {len(found)} parts are linked into the program "
             f"for {triple}:", ""]
    lines += [f"- {part.name}: {part.licence}" for part in found]
    for words, names in users.items():
        lines += ["", "=" * 100, *names, "=" * 100, "", first[words]]
    return "\n".join(lines) + "\n"


def cargo(*arguments: str) -> str:
    return output("cargo", *arguments[:1], "--locked", *arguments[1:])


def output(*command: str) -> str:
    """What a command prints; its messages go to stderr, and a failure ends the script."""
    finished = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        sys.exit(f"error: {' '.join(command)} ended with {finished.returncode}")
    return finished.stdout.strip()
