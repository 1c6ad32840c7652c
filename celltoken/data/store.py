"""What the course runs on: the files embedded in `data/`, by name, verified.

`data/manifest.toml` lists them. A data set is an `.h5ad` file: `load("pbmc3k")`. Corpora and
lexicons have forms and loaders of their own (`celltoken.data.corpus`, `.lexicons`), which ask
`embedded_file` for the path. Models are too large to embed: `celltoken.data.assets`. Every file is
checked against the size and the SHA-256 in the manifest before it is used, and no format that
executes code on loading is read.

The environment variable `CELLTOKEN_DATA` moves the folder (default: `data/` beside this package).
"""

import os
import tomllib
from pathlib import Path

import anndata
import numpy as np
from scipy import sparse

from celltoken.data import archives

# Tables of the manifest whose entries are files in the data folder, and who loads them.
EMBEDDED = {
    "datasets": "celltoken.data.load",
    "corpora": "celltoken.data.corpus.documents",
    "lexicons": "celltoken.data.lexicons",
}


class DataError(ValueError):
    """A data set or a model cannot be used. The message is one sentence that says what to do."""


def data_folder() -> Path:
    """Folder of the embedded data sets and their manifest."""
    return Path(os.environ.get("CELLTOKEN_DATA") or Path(__file__).resolve().parents[2] / "data")


def manifest() -> dict:
    """The manifest: `{"datasets": {name: entry}, "assets": {name: entry}, ...}`."""
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


def embedded(listed: dict | None = None) -> dict[str, dict]:
    """Entries of all files in the data folder, name -> entry: data sets, corpora and lexicons."""
    listed = manifest() if listed is None else listed
    return {name: entry for table in EMBEDDED for name, entry in listed.get(table, {}).items()}


def embedded_file(name: str) -> Path:
    """Path of an embedded file, once its size and SHA-256 are those of the manifest.

    Raises
    ------
    DataError
        If the file is missing, truncated or altered.
    """
    entry = embedded()[name]
    path = data_folder() / entry["file"]
    problem = difference(path, entry)
    if problem:
        raise DataError(
            f"{path} {problem}: restore it with `git checkout -- data/{entry['file']}` "
            "or rebuild it with `make data`."
        )
    return path


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
    for table in ("corpora", "lexicons"):
        if name in listed.get(table, {}):
            raise DataError(f"{name!r} is no matrix: use `{EMBEDDED[table]}`.")
    if name not in listed["datasets"]:
        from celltoken.data import own_matrix  # which needs this module

        return _as_float32(own_matrix.read_own(name_or_path))
    return _as_float32(anndata.read_h5ad(embedded_file(name)))


# -- files ----------------------------------------------------------------------------------------


def difference(path: Path, entry: dict) -> str | None:
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


def _as_float32(adata: anndata.AnnData) -> anndata.AnnData:
    adata.X = _matrix_as_float32(adata.X)
    for layer in list(adata.layers):
        adata.layers[layer] = _matrix_as_float32(adata.layers[layer])
    return adata


def _matrix_as_float32(x):
    return sparse.csr_matrix(x, dtype=np.float32) if sparse.issparse(x) else x.astype(np.float32)


def size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
