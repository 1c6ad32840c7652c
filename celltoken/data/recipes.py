"""The recipe that most analyses of single cells begin with, for cells and words alike.

Equal totals, logarithm, highly variable columns, principal components: scanpy's defaults, in one
place so that all lessons mean the same by "log-normalised".
"""

import warnings

import anndata
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse

from celltoken.methods.inputs import as_counts, as_dimension, as_matrix


def log_normalise(adata, n_genes=None):
    """Counts per 10,000, then the logarithm of one plus that; keep the raw counts beside it.

    Parameters
    ----------
    adata : anndata.AnnData or matrix, shape (tokens, contexts)
        ``X`` holds raw counts; it is not changed. A bare matrix of counts will do.
    n_genes : int, optional
        Keep at most this many highly variable columns, chosen on the logarithms (scanpy's default,
        the dispersion within bins of equal mean). The totals are those of all columns.

    Returns
    -------
    anndata.AnnData, shape (tokens, contexts kept)
        ``X`` is log-normalised (natural logarithm), ``layers["counts"]`` raw.

    Raises
    ------
    ValueError
        If a value is negative, none is positive, the matrix is log-normalised already, or
        ``n_genes`` is not a positive whole number.

    References
    ----------
    Satija et al. (2015), doi:10.1038/nbt.3192, for the choice of columns.
    """
    if n_genes is not None and not (isinstance(n_genes, (int, np.integer)) and n_genes >= 1):
        raise ValueError(f"n_genes must be a whole number of at least 1, not {n_genes!r}.")
    if not isinstance(adata, anndata.AnnData):
        adata = anndata.AnnData(as_matrix(adata, "counts"))
    elif "log1p" in adata.uns:
        raise ValueError("adata is log-normalised already; pass raw counts, as data.load does.")
    as_counts(adata.X)
    result = adata.copy()
    result.layers["counts"] = result.X.copy()
    sc.pp.normalize_total(result, target_sum=1e4)
    sc.pp.log1p(result)
    if n_genes is not None:
        with warnings.catch_warnings():  # columns that never vary cannot be ranked: fewer remain
            warnings.filterwarnings("ignore", "`n_top_genes` > number of normalized")
            sc.pp.highly_variable_genes(
                result, n_top_genes=min(n_genes, result.n_vars), subset=True
            )
    return result


def principal_components(x, n=20):
    """Coordinates on the main directions of variance, by an exact solver.

    Parameters
    ----------
    x : anndata.AnnData (its ``X``), array or sparse matrix, shape (tokens, columns)
        Columns are centred, not scaled.
    n : int
        Below the smaller side of ``x``.

    Returns
    -------
    numpy.ndarray, shape (tokens, n)
        Largest variance first. Signs are arbitrary, but the same for the same input.

    Raises
    ------
    ValueError
        If ``n`` does not fit the shape or ``x`` is not finite.
    """
    x = as_matrix(x.X if isinstance(x, anndata.AnnData) else x, min_rows=2)
    n = as_dimension(n, [side - 1 for side in x.shape], "n")
    x = sparse.csr_matrix(x) if sparse.issparse(x) else x
    return sc.pp.pca(x, n_comps=n, svd_solver="arpack", random_state=0)


def in_two_contexts(atlas, types, context, fewest=10):
    """The cells of the two commonest contexts, of those types that are met in both.

    Parameters
    ----------
    atlas : anndata.AnnData, shape (cells, genes)
    types, context : str
        Columns of ``atlas.obs``: the type of each cell; condition or donor.
    fewest : int
        Leave out types with fewer cells than this in one of the two contexts.

    Returns
    -------
    kept : anndata.AnnData
        A copy.
    token, where : numpy.ndarray of int, length of ``kept``
        Number of each cell's type and of its context, in alphabetical order.
    """
    where = atlas.obs[context].astype(str)
    where = where[where.isin(where.value_counts().index[:2])]
    kind = atlas.obs.loc[where.index, types].astype(str)
    number = pd.crosstab(kind, where)
    shared = number.index[(number >= fewest).all(axis=1)]
    kind = kind[kind.isin(shared)]
    token = pd.factorize(kind, sort=True)[0]
    return atlas[kind.index].copy(), token, pd.factorize(where[kind.index], sort=True)[0]
