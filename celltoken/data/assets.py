"""What is too large to embed: language models, fetched once into a cache folder, verified.

`celltoken fetch` gets them, and `asset("minilm")` returns their files; the manifest says from where
and with which size and SHA-256. The environment variable `CELLTOKEN_CACHE` moves the folder
(default: the cache folder of the platform).
"""

import difflib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs

from celltoken.data import archives
from celltoken.data.store import DataError, difference, manifest, size

STALE_SECONDS = 24 * 3600

# Files verified in this process: (path, size, time of change).
_verified: set[tuple[Path, int, int]] = set()


def cache_folder() -> Path:
    """Folder where fetched models are kept; it may not exist yet."""
    if chosen := os.environ.get("CELLTOKEN_CACHE"):
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("celltoken", appauthor=False)


def asset(name: str) -> dict[str, Path]:
    """Paths of the files of a fetched model, verified.

    Parameters
    ----------
    name : str
        A model of the manifest: `minilm` or `smollm2`.

    Returns
    -------
    dict of str to Path
        File name -> path, for example `{"model.onnx": ..., "tokenizer.json": ...}`.

    Raises
    ------
    DataError
        If the name is unknown, or a file is missing or altered; the message names the command.
    """
    members = _asset_entry(name)["members"]
    paths = {member["name"]: cache_folder() / name / member["name"] for member in members}
    for member in members:
        problem = _difference_once(paths[member["name"]], member)
        if problem:
            raise DataError(
                f"The model {name} cannot be used because {paths[member['name']]} {problem}: "
                f"run `celltoken fetch {name}` (`make book` does it for you)."
            )
    return paths


def fetch(
    names: str | Iterable[str] | None = None, progress: Callable[[str], None] = print
) -> dict[str, dict[str, Path]]:
    """Get models that are not in the cache folder yet; what is there and verified is left alone.

    Safe to interrupt and to run twice at once: a file is completed and verified in a folder of its
    own, then moved into place in one step. Needs no network when nothing is missing.

    Parameters
    ----------
    names : str or iterable of str, optional
        Models of the manifest; all of them by default.
    progress : callable
        Receives one line of text per step.

    Returns
    -------
    dict of str to dict
        Name -> what `asset(name)` returns.

    Raises
    ------
    DataError
        If a name is unknown, the cache folder cannot be written, or every source failed.
    """
    if isinstance(names, str):
        names = [names]
    wanted = list(manifest()["assets"] if names is None else names)
    entries = {name: _asset_entry(name) for name in wanted}  # a misspelt name fails before work
    for name, entry in entries.items():
        for member in entry["members"]:
            path = cache_folder() / name / member["name"]
            if _difference_once(path, member) is None:
                progress(f"{name}: {path.name} is there and verified")
                continue
            try:
                _fetch_member(path, member, lambda line, name=name: progress(f"{name}: {line}"))
            except archives.ArchiveError as problem:
                raise DataError(f"Could not fetch {name}, because {problem}.") from problem
            except OSError as problem:
                raise DataError(
                    f"Could not write to {path.parent} ({problem.strerror or problem}): "
                    "set CELLTOKEN_CACHE to a folder with room that you can write to."
                ) from problem
    return {name: asset(name) for name in wanted}


def _asset_entry(name: str) -> dict:
    known = manifest()["assets"]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"the models are {', '.join(known)}."
        raise DataError(f"There is no model named {name!r}: {hint}")
    return known[name]


def _fetch_member(path: Path, member: dict, progress: Callable[[str], None]) -> None:
    """Bring one file into place from the first source that delivers exactly it."""
    cache = cache_folder()
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(cache)
    failures = []
    # In the cache folder itself, so that the last step is a rename on one file system.
    with tempfile.TemporaryDirectory(
        dir=cache, prefix=".fetching-", ignore_cleanup_errors=True
    ) as temporary:
        for source in member["sources"]:
            progress(f"getting {path.name} ({size(member['bytes'])}): {archives.label(source)}")
            complete = Path(temporary) / path.name
            try:
                archive = archives.obtain(source, Path(temporary))
                with archives.member(archive, source) as stream, open(complete, "wb") as target:
                    shutil.copyfileobj(stream, target, 1 << 20)
            except archives.ArchiveError as problem:
                failures.append(str(problem))
                progress(str(problem))
                continue
            if problem := difference(complete, member):
                failures.append(f"{path.name} from {archives.label(source)} {problem}")
                progress(failures[-1])
                continue
            try:
                os.replace(complete, path)
            except PermissionError:
                # On Windows a file in use cannot be replaced: fine if another process just put
                # the same one there.
                if difference(path, member):
                    raise
            progress(f"{path.name} is in place and verified")
            return
    raise archives.ArchiveError("; and ".join(failures))


def _remove_stale(cache: Path) -> None:
    """Clear what a killed process left behind; a day is longer than any fetch takes."""
    for left in cache.glob(".fetching-*"):
        try:
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        except FileNotFoundError:
            pass


def _difference_once(path: Path, entry: dict) -> str | None:
    """As `difference`, but an unchanged file is hashed once per process (100 MB take 0.1 s)."""
    try:
        state = path.stat()
    except OSError:
        return difference(path, entry)
    seen = (path, state.st_size, state.st_mtime_ns)
    if seen in _verified:
        return None
    problem = difference(path, entry)
    if problem is None:
        _verified.add(seen)
    return problem
