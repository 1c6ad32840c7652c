"""A reader's .h5ad file: which matrix holds what a lesson needs, what its genes are called."""

import contextlib
import difflib
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.data.store import DataError, names

# Columns of .var that hold symbols, whatever their capitals.
SYMBOLS = (
    "symbol gene_symbol gene_symbols gene_name gene_names feature_name gene_short_name hgnc_symbol"
    " mgi_symbol genesymbol gene"
).split()
COUNT_LAYERS = ("counts", "raw_counts", "count", "raw")
ROUNDED = 0.5  # share of cells without a count of one from which counts look normalised, rounded
WRITE = "write it with `adata.write_h5ad(...)` and give that file"
# How another kind of file becomes an AnnData, by its ending.
READERS = {
    ".h5": "scanpy.read_10x_h5",
    ".loom": "scanpy.read_loom",
    ".mtx": "scanpy.read_mtx, transposed",
    ".csv": "scanpy.read_csv",
    ".tsv": "scanpy.read_text",
    ".txt": "scanpy.read_text",
    ".zarr": "anndata.read_zarr",
    ".h5mu": "muon.read, one modality of it",
}
PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip", b"BZ": "bzip2", b"\xfd7": "xz"}


def read_own(path: str | Path, backed: bool = False) -> anndata.AnnData:
    """Read a reader's ``.h5ad`` file as it is; with ``backed`` its matrix stays on the disk.

    Raises
    ------
    DataError
        If there is no such file, or it is not an ``.h5ad`` that can be read; the message says what
        it is instead, if that can be seen.
    """
    named, known = str(path), names()
    path = Path(path).expanduser()
    if not named.strip():
        raise DataError("The path of a matrix is empty: give that of an .h5ad file.")
    if not path.suffix and not path.exists() and path.name == named:
        near = difflib.get_close_matches(named, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}" if near else f"the data sets are {', '.join(known)}"
        raise DataError(
            f"There is no data set named {named!r}: {hint}, or give the path of an .h5ad file."
        )
    _must_be_h5ad(path, named)
    try:
        adata = _read(path, backed)
    except Exception as problem:  # h5py and anndata raise many kinds for damaged files
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        if "'obs' doesn't exist" in reason or "unexpected keyword argument" in reason:
            raise DataError(
                f"{path} is HDF5 and no .h5ad file: read it with scanpy.read_10x_h5 or "
                f"scanpy.read_loom, if it is one of these, {WRITE}."
            ) from problem
        raise DataError(f"{path} cannot be read as .h5ad ({reason}): write it again.") from problem
    if adata.X is None and not adata.layers and adata.raw is None:
        raise DataError(f"{path} has no matrix X: store your counts or vectors in `adata.X`.")
    return adata


def _read(path, backed):
    try:
        adata = anndata.read_h5ad(path, backed="r" if backed else None)
        _ = adata.X  # of a file without X an error, if it stays on the disk
    except KeyError as problem:
        if "'X'" not in str(problem):
            raise
        return anndata.read_h5ad(path)
    return adata


def _must_be_h5ad(path, named):
    """Raise DataError in one sentence for whatever is not an .h5ad file, by what it is."""
    if "://" in named:
        raise DataError(f"{named} is a web address: download the file and give its path.")
    if path.is_dir():
        inside = {each.name.lower() for each in path.iterdir()}
        reader = "anndata.read_zarr" if {".zgroup", "zarr.json"} & inside else ""
        reader = "scanpy.read_10x_mtx" if any("matrix.mtx" in each for each in inside) else reader
        how = f"read it with {reader}, {WRITE}" if reader else "give the path of the file in it"
        raise DataError(f"{path} is a folder and no .h5ad file: {how}.")
    suffix = path.suffix.lower()
    if suffix != ".h5ad":
        reader = READERS.get(suffix)
        how = f"read it with {reader}, {WRITE}" if reader else f"read your matrix, {WRITE}"
        how = how if suffix else "if it is one, let its name end so"
        how = "unpack it first" if suffix in (".gz", ".zip", ".bz2", ".xz", ".tar") else how
        raise DataError(f"{path} is not an .h5ad file: {how}.")
    if not path.is_file():
        raise DataError(f"There is no file {path.absolute()}: check the path.")
    try:
        with path.open("rb") as file:
            begin = file.read(30)
    except OSError as problem:
        raise DataError(f"{path} cannot be opened: {problem.strerror.lower()}.") from None
    if begin[:2] in PACKED:
        raise DataError(f"{path} is packed ({PACKED[begin[:2]]}): unpack it first.")
    if begin.startswith((b"<", b"version https://git-lfs")) or not begin:
        what = "is a web page" if begin.startswith(b"<") else "only points to a file of Git LFS"
        raise DataError(
            f"{path} {what if begin else 'is empty'} and no .h5ad file: download it again."
        )


def matrix_of(adata, name, counts, layer, said):
    """The matrix to use as float32 CSR, and the names of its columns."""
    if layer is not None and layer not in adata.layers:
        have = ", ".join(adata.layers) or "none"
        raise DataError(f"{name} has no layer {layer!r}: with --layer choose one of its: {have}.")
    if layer is not None:
        candidates = [(f"the layer {layer!r}", adata.layers[layer], adata)]
    else:
        candidates = [("X", adata.X, adata)] if adata.X is not None else []
        candidates += [
            (f"the layer {each!r}", adata.layers[each], adata)
            for each in sorted(adata.layers)
            if each.lower() in COUNT_LAYERS
        ]
        if adata.raw is not None:
            candidates.append((".raw", adata.raw.X, adata.raw))
    if not candidates:
        have = ", ".join(adata.layers)
        raise DataError(f"{name} has no matrix X: with --layer choose one of its layers, {have}.")
    if adata.X is None and layer is None:
        said.append(f"There is no X, so {candidates[0][0]} is used.")
    problems = []
    for where, x, owner in candidates:
        x = _csr(x, where, name)
        problem = _problem(x, counts)
        if problem is None:
            if problems:
                said.append(
                    f"{candidates[0][0]} holds {problems[0]}, so {where} is used, which holds "
                    "counts."
                )
            if not counts:
                return x, pd.Index(owner.var_names.astype(str))
            _doubts(x, said)
            return x, _symbols(owner.var, said)
        problems.append(problem)
    raise DataError(
        f"{name}: {candidates[0][0]} holds {problems[0]}"
        + _what_to_do(adata, problems[0], counts and layer is None)
    )


def _what_to_do(adata, problem, other):
    """The end of a sentence about a matrix that cannot be used; ``other`` if another may do."""
    if not other or problem in ("nothing but zeros", "NaN or infinite values"):
        return ": repair or remove these entries first."
    for each in sorted(adata.layers):
        with contextlib.suppress(DataError):
            if _problem(_csr(adata.layers[each], each, ""), True) is None:
                return f"; whole numbers are in the layer {each!r}: choose it with --layer {each}."
    return ", and no layer nor .raw holds whole counts: store them in `adata.layers['counts']`."


def _doubts(x, said):
    """Say what whole numbers may be instead of counts."""
    rounded = np.rint(x.data)
    if rounded.max() <= 1:
        said.append("All values are 0 or 1: if these are not counts, give counts instead.")
        return
    x = sparse.csr_matrix((rounded, x.indices, x.indptr), shape=x.shape)
    x.eliminate_zeros()
    filled = np.flatnonzero(np.diff(x.indptr))
    least = np.minimum.reduceat(x.data, x.indptr[filled])
    if (least > 1).mean() > ROUNDED:
        said.append(
            f"{int((least > 1).sum())} cell(s) have no gene counted once: if the values were "
            "normalised and rounded, give counts instead."
        )


def _csr(x, where, name):
    try:
        dense = x if sparse.issparse(x) else np.asarray(x)
        if not np.issubdtype(dense.dtype, np.number) and dense.dtype != bool:
            raise TypeError
        # Through double precision: half precision holds whole numbers only up to 2,048.
        return sparse.csr_matrix(dense, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            f"{name}: {where} holds text and not numbers: store counts there."
        ) from None


def _problem(x, counts):
    """What keeps a matrix from being used, in a few words; None if nothing does."""
    values = x.data
    if values.size and not np.isfinite(values).all():
        return "NaN or infinite values"
    if not values.any():
        return "nothing but zeros"
    if not counts:
        return None
    if values.min() < 0:
        return "negative values (scaled or centred, not counts)"
    whole = np.abs(values - np.rint(values)).max() < 1e-3
    if whole:
        return None
    return (
        "fractions below 20 (log-normalised, not counts)"
        if values.max() < 20
        else "fractions (normalised or corrected, not counts)"
    )


def _symbols(var, said):
    """Names of the columns: symbols in place of identifiers, if a column of .var holds them."""
    names = pd.Index(var.index.astype(str))
    ensembl = names.str.match(r"ENS[A-Z]*G\d+").mean() > 0.5
    if ensembl or names.str.fullmatch(r"\d+").mean() > 0.5:
        ids = "Ensembl's ids" if ensembl else "numbers"
        column = next((each for each in var if str(each).lower() in SYMBOLS), None)
        if column is not None:
            said.append(f"Genes are named by .var[{str(column)!r}] in place of {ids}.")
            symbols = pd.Series(var[column].astype(object).to_numpy())
            symbols = symbols.where(symbols.notna(), "").astype(str).str.strip()
            names = pd.Index(symbols.where(symbols != "", names))
        else:
            said.append(f"Genes are named by {ids}: what looks for a gene by symbol finds none.")
    blank = np.flatnonzero(names.str.strip() == "")
    if len(blank):
        said.append(f"{len(blank)} gene(s) without a name were given a number.")
        named = names.to_numpy(dtype=object).copy()
        named[blank] = [f"unnamed {i + 1}" for i in range(len(blank))]
        names = pd.Index(named)
    return names


def unique(names, what, said):
    names = pd.Index(names.astype(str))
    if names.is_unique:
        return names
    twice = int(names.duplicated().sum())
    said.append(f"{twice} {what} name(s) stood twice and were given a number.")
    return anndata.utils.make_index_unique(names)


def merge_genes(adata, counts, said):
    """Columns of one name added up (counts), or told apart by a number."""
    names = adata.var_names
    if names.is_unique:
        return adata
    if not counts:
        adata.var_names = unique(names, "gene", said)
        return adata
    kept = pd.unique(names)
    place = pd.Index(kept).get_indexer(names)
    said.append(f"{len(names) - len(kept)} gene(s) of a name that stood before: counts added up.")
    ones = np.ones(len(names))
    merge = sparse.csr_matrix((ones, (np.arange(len(names)), place)), (len(names), len(kept)))
    merged = anndata.AnnData(sparse.csr_matrix(adata.X @ merge), obs=adata.obs)
    merged.var_names = kept
    return merged
