"""What the course runs on: embedded data sets and language models, by name, verified.

`data/manifest.toml` lists them. A data set is an `.h5ad` file in `data/`: `load("pbmc3k")`. A model
is too large for that: `celltoken fetch` gets it once into a cache folder, and `asset("minilm")`
returns its files. Every file is checked against the size and the SHA-256 in the manifest before it
is used, and no format that executes code on loading is read.

Two environment variables move the folders: `CELLTOKEN_DATA` (default: `data/` beside this package)
and `CELLTOKEN_CACHE` (default: the cache folder of the platform).
"""

import difflib
import os
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import anndata
import numpy as np
from scipy import sparse

from celltoken import archives

STALE_SECONDS = 24 * 3600

# Files of models verified in this process: (path, size, time of change).
_verified: set[tuple[Path, int, int]] = set()


class DataError(Exception):
    """A data set or a model cannot be used. The message is one sentence that says what to do."""


def data_folder() -> Path:
    """Folder of the embedded data sets and their manifest."""
    return Path(os.environ.get("CELLTOKEN_DATA") or Path(__file__).resolve().parents[1] / "data")


def cache_folder() -> Path:
    """Folder where fetched models are kept; it may not exist yet."""
    if chosen := os.environ.get("CELLTOKEN_CACHE"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "celltoken"


def manifest() -> dict:
    """The manifest: `{"datasets": {name: entry}, "assets": {name: entry}}`."""
    path = data_folder() / "manifest.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{path} is missing: restore it with `git checkout -- data/`, "
            "or point CELLTOKEN_DATA at the course's data folder."
        ) from None
    except tomllib.TOMLDecodeError as problem:
        raise DataError(
            f"{path} is damaged ({problem}): restore it with `git checkout -- data/`."
        ) from None


def names() -> list[str]:
    """Names of the embedded data sets."""
    return list(manifest()["datasets"])


def load(name_or_path: str | Path) -> anndata.AnnData:
    """Load an embedded data set by name, or a matrix of your own by path.

    Parameters
    ----------
    name_or_path : str or Path
        A name from `names()`, or the path of an `.h5ad` file.

    Returns
    -------
    AnnData, shape (tokens, columns)
        Rows are tokens (words or cells). `X` is float32, a NumPy array or a CSR matrix: coordinates
        for word vectors, raw counts of molecules for cells. Layers have the same type as `X`.

    Raises
    ------
    DataError
        If the name is unknown, or the file is missing, truncated, altered, or not an `.h5ad`.
    """
    listed = manifest()
    name = str(name_or_path)
    if name in listed["assets"]:
        raise DataError(f"{name!r} is a model, not a data set: use `data.asset({name!r})`.")
    if name not in listed["datasets"]:
        return _as_float32(_read_own(name_or_path, list(listed["datasets"])))
    entry = listed["datasets"][name]
    path = data_folder() / entry["file"]
    problem = _difference(path, entry)
    if problem:
        raise DataError(
            f"{path} {problem}: restore it with `git checkout -- data/{entry['file']}` "
            "or rebuild it with `make data`."
        )
    return _as_float32(anndata.read_h5ad(path))


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


def catalogue() -> str:
    """The manifest as MyST Markdown: a section per data set, then one per model."""
    listed = manifest()
    parts = [_dataset_section(name, entry) for name, entry in listed["datasets"].items()]
    models = [_asset_section(name, entry) for name, entry in listed["assets"].items()]
    return "\n\n".join(["## Data sets", *parts, "## Models", *models]) + "\n"


# -- files ----------------------------------------------------------------------------------------


def _difference(path: Path, entry: dict) -> str | None:
    """How a file differs from its entry in the manifest; None if it does not."""
    try:
        size = path.stat().st_size
        if size != entry["bytes"]:
            return f"has {size:,} bytes instead of {entry['bytes']:,} (truncated or altered)"
        if archives.sha256(path) != entry["sha256"]:
            return "was altered (its SHA-256 is not that of the manifest)"
    except FileNotFoundError:
        return "is missing"
    except OSError as problem:
        return f"cannot be read ({problem.strerror or problem})"
    return None


def _difference_once(path: Path, entry: dict) -> str | None:
    """As `_difference`, but an unchanged file is hashed once per process (100 MB take 0.1 s)."""
    try:
        state = path.stat()
    except OSError:
        return _difference(path, entry)
    seen = (path, state.st_size, state.st_mtime_ns)
    if seen in _verified:
        return None
    problem = _difference(path, entry)
    if problem is None:
        _verified.add(seen)
    return problem


def _read_own(path: str | Path, known: list[str]) -> anndata.AnnData:
    named = str(path)
    path = Path(path).expanduser()
    if not path.suffix and not path.exists() and path.name == named:
        near = difflib.get_close_matches(named, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}" if near else f"the data sets are {', '.join(known)}"
        raise DataError(
            f"There is no data set named {named!r}: {hint}, or give the path of an .h5ad file."
        )
    if path.suffix != ".h5ad":
        raise DataError(
            f"{path} is not an .h5ad file: write your matrix with `adata.write_h5ad(...)` and "
            "give its path."
        )
    if not path.is_file():
        raise DataError(f"There is no file {path.absolute()}: check the path.")
    try:
        adata = anndata.read_h5ad(path)
    except Exception as problem:  # h5py and anndata raise many kinds for damaged files
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise DataError(f"{path} cannot be read as .h5ad ({reason}): write it again.") from problem
    if adata.X is None:
        raise DataError(f"{path} has no matrix X: store your counts or vectors in `adata.X`.")
    return adata


def _as_float32(adata: anndata.AnnData) -> anndata.AnnData:
    adata.X = _matrix_as_float32(adata.X)
    for layer in list(adata.layers):
        adata.layers[layer] = _matrix_as_float32(adata.layers[layer])
    return adata


def _matrix_as_float32(x):
    return sparse.csr_matrix(x, dtype=np.float32) if sparse.issparse(x) else x.astype(np.float32)


# -- models ---------------------------------------------------------------------------------------


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
            progress(f"getting {path.name} ({_size(member['bytes'])}): {archives.label(source)}")
            complete = Path(temporary) / path.name
            try:
                archive = archives.obtain(source, Path(temporary))
                with archives.member(archive, source) as stream, open(complete, "wb") as target:
                    shutil.copyfileobj(stream, target, 1 << 20)
            except archives.ArchiveError as problem:
                failures.append(str(problem))
                progress(str(problem))
                continue
            if problem := _difference(complete, member):
                failures.append(f"{path.name} from {archives.label(source)} {problem}")
                progress(failures[-1])
                continue
            try:
                os.replace(complete, path)
            except PermissionError:
                # On Windows a file in use cannot be replaced: fine if another process just put
                # the same one there.
                if _difference(path, member):
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


# -- the page of data sets ------------------------------------------------------------------------


def _dataset_section(name: str, entry: dict) -> str:
    rows, columns = entry["shape"]
    described = [
        (f'`{slot}["{column}"]`', meaning)
        for slot in ("obs", "var", "layers")
        for column, meaning in entry.get(slot, {}).items()
    ]
    facts = [
        ("Shape", f"{rows:,} {entry['rows']} x {columns:,} {entry['columns']}"),
        ("Values", entry["values"]),
        *described,
        *_origin(entry),
        ("Source", _source_text(entry["source"])),
        (
            "File",
            f"`data/{entry['file']}`, {_size(entry['bytes'])}, SHA-256 `{entry['sha256'][:12]}`",
        ),
        ("Made by", f"`data/build/{name}.py`: {entry['made']}"),
        ("Full data", entry["full"]),
    ]
    heading = f"(dataset-{name})=\n### `{name}`: {entry['title']}"
    return "\n\n".join([heading, entry["description"], _definitions(facts)])


def _asset_section(name: str, entry: dict) -> str:
    files = [
        f"`{member['name']}`, {_size(member['bytes'])}, SHA-256 `{member['sha256'][:12]}`, from "
        + " or ".join(_source_text(source) for source in member["sources"])
        for member in entry["members"]
    ]
    facts = [
        *_origin(entry),
        ("Files", "; ".join(files)),
        ("How to get it", f"`celltoken fetch {name}` (`make book` does it for you)"),
    ]
    heading = f"(asset-{name})=\n### `{name}`: {entry['title']}"
    return "\n\n".join([heading, entry["description"], _definitions(facts)])


def _origin(entry: dict) -> list[tuple[str, str]]:
    citation = entry["citation"]
    if "doi" in entry:
        citation += f" [doi:{entry['doi']}](https://doi.org/{entry['doi']})"
    accession = [("Accession", entry["accession"])] if "accession" in entry else []
    return [("Licence", entry["licence"]), ("Cite", citation), *accession]


def _source_text(source: dict) -> str:
    text = f"`{archives.label(source)}`"
    return text + (f", member `{source['member']}`" if "member" in source else "")


def _definitions(facts: list[tuple[str, str]]) -> str:
    return "\n".join(f"* **{term}.** {text}" for term, text in facts)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
