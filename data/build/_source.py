"""What every builder shares: read a pinned source, write a file whose bytes repeat."""

import io
import tempfile
from pathlib import Path

import anndata
import h5py
import numpy as np
import scipy.sparse as sparse
from anndata.io import write_elem

from celltoken import data
from celltoken.data import archives, store

OVERDISPERSION = 1 / 100
PACKED = {"compression": "gzip", "compression_opts": 9, "shuffle": True}


def read(name: str, limit: int = -1) -> io.BytesIO:
    """Bytes of the member that data set `name` is made from (the first `limit` bytes of it).

    The archive is kept in the cache folder, so that two data sets of one archive fetch it once.
    """
    source = store.embedded()[name]["source"]
    folder = data.cache_folder() / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / source["archive"]
    if not kept.is_file() or archives.sha256(kept) != source["sha256"]:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as temporary:
            archives.obtain(source, Path(temporary)).replace(kept)
    with archives.member(kept, source) as stream:
        return io.BytesIO(stream.read(limit))


def read_h5ad(name: str) -> anndata.AnnData:
    """The source of data set `name`, an .h5ad, in memory."""
    return anndata.read_h5ad(read(name))


def count_matrix(cells: anndata.AnnData) -> anndata.AnnData:
    """Raw counts in the smallest unsigned type; no undetected genes; widespread genes first.

    Columns run from the gene detected in most cells to the gene detected in fewest (ties keep the
    source's order), as words run from frequent to rare. Common genes then have small column
    numbers, which compress a fifth better than any other order tried.
    """
    counts = sparse.csr_matrix(cells.X)
    counts.eliminate_zeros()
    if (counts.data < 0).any() or (counts.data != np.round(counts.data)).any():
        raise ValueError("the matrix does not hold raw counts")
    detected = np.asarray((counts > 0).sum(axis=0)).ravel()
    order = np.argsort(-detected, kind="stable")
    order = order[detected[order] > 0]
    counts = counts[:, order].astype(np.min_scalar_type(int(counts.data.max())))
    counts.sort_indices()
    return anndata.AnnData(counts, obs=cells.obs.copy(), var=cells.var.iloc[order].copy())


def packed(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Counts in the smallest unsigned type, without stored zeros."""
    counts.eliminate_zeros()
    counts = counts.astype(np.min_scalar_type(int(counts.data.max())))
    counts.sort_indices()
    return counts


def residual_variance(counts: sparse.csc_matrix) -> np.ndarray:
    """How far each column varies beyond what depth explains: variance of its Pearson residuals.

    A residual is (count - expected) divided by the standard deviation sqrt(expected + expected^2 /
    100), where "expected" is the row's total times the column's share of all counts; residuals are
    cut at plus and minus sqrt(rows).
    """
    depth = np.asarray(counts.sum(axis=1), dtype=float).ravel()
    share = np.asarray(counts.sum(axis=0), dtype=float).ravel() / depth.sum()
    limit = np.sqrt(len(depth))
    variances = np.zeros(counts.shape[1])
    for gene in np.flatnonzero(share):
        expected = depth * share[gene]
        residuals = counts[:, [gene]].toarray().ravel() - expected
        residuals /= np.sqrt(expected + OVERDISPERSION * expected**2)
        variances[gene] = residuals.clip(-limit, limit).var()
    return variances


def npz(**arrays) -> bytes:
    """Arrays as a compressed .npz, without pickles; NumPy dates all members 1980."""
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def write(content: anndata.AnnData | bytes, path: Path) -> None:
    """Write what a builder returns: an AnnData as .h5ad, or the bytes of another kind of file."""
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        write_h5ad(content, path)


def write_h5ad(adata: anndata.AnnData, path: Path) -> None:
    """Write an .h5ad whose bytes depend on the content and on the versions of h5py and its zlib.

    No times are tracked and no producer is recorded. Long arrays get chunks of 2^18 values: a gzip
    stream each, long enough to compress a tenth better than the default chunks.
    """
    with h5py.File(path, "w", libver=("earliest", "v110"), track_times=False) as file:
        write_elem(file, "/", anndata.AnnData(obs=adata.obs, var=adata.var), dataset_kwargs=PACKED)
        write_matrix(file, "X", adata.X)
        for name, layer in adata.layers.items():
            write_matrix(file["layers"], name, layer)


def write_matrix(parent: h5py.Group, name: str, matrix) -> None:
    if not sparse.issparse(matrix):
        write_elem(parent, name, matrix, dataset_kwargs=PACKED)
        return
    group = parent.create_group(name)
    group.attrs["encoding-type"] = "csr_matrix"
    group.attrs["encoding-version"] = "0.1.0"
    group.attrs["shape"] = matrix.shape
    for part in ("data", "indices", "indptr"):
        values = getattr(matrix, part)
        chunks = (min(len(values), 1 << 18),)
        group.create_dataset(part, data=values, chunks=chunks, **PACKED)


def main(name: str, build) -> None:
    """`python data/build/<name>.py`: build one file and write it beside the manifest."""
    path = data.data_folder() / store.embedded()[name]["file"]
    write(build(), path)
    print(f"{path.name}: {path.stat().st_size:,} bytes, sha256 {archives.sha256(path)}")
