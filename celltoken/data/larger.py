"""Data sets that are too large to embed and that a package fetches: for whoever has a network.

`load("pancreas_full")` takes the file from the cache folder, where `celltoken fetch` keeps models,
or lets the package fetch it there. What arrives is compared with the manifest.
"""

import contextlib
import hashlib
import importlib
import io
from pathlib import Path

import anndata
import numpy as np
from scipy import sparse

from celltoken.data import store
from celltoken.data.assets import cache_folder
from celltoken.data.store import DataError, manifest


def path_of(name: str) -> Path:
    """Where the file of a larger set is kept, whether it is there or not."""
    return cache_folder() / name / manifest()["larger"][name]["file"]


def load(name: str | Path) -> anndata.AnnData:
    """A larger set of the manifest, fetched if it is not in the cache folder; or any other data.

    Takes what :func:`celltoken.data.load` takes, and the names of larger sets besides.

    Raises
    ------
    DataError
        In one sentence, if the file is not there and cannot be fetched, or is another one.
    """
    larger = manifest().get("larger", {})
    if str(name) not in larger:
        return store.load(name)
    entry, path = larger[name], path_of(name)
    if not path.is_file():
        _fetch(name, entry["use"], path)
    if git_hash(path) != entry["git_hash"]:
        raise DataError(
            f"{path} is not the file that the manifest describes (another version, or cut off): "
            "remove it and try again."
        )
    adata = anndata.read_h5ad(path)
    adata.var_names_make_unique()
    layers = {
        each: sparse.csr_matrix(adata.layers[each], dtype=np.float32)
        for each in ("spliced", "unspliced")
    }
    return anndata.AnnData(layers["spliced"], obs=adata.obs, var=adata.var[[]], layers=layers)


def _fetch(name, function, path) -> None:
    module, _, call = function.rpartition(".")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:  # it writes to the path, draws a bar, and returns what it read
        with contextlib.redirect_stderr(io.StringIO()):
            getattr(importlib.import_module(module), call)(path)
    except Exception as problem:  # a network has many ways to fail, and so has what arrives
        path.unlink(missing_ok=True)
        raise DataError(
            f"{name} is not in {path.parent}, and `{function}()` could not fetch it "
            f"({type(problem).__name__}): put {path.name} there from a machine with a network, "
            "or run the lesson without it."
        ) from problem


def git_hash(path: Path) -> str:
    """The name under which git keeps a file: SHA-1 of its length and its bytes."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with open(path, "rb") as stream:
        while part := stream.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
