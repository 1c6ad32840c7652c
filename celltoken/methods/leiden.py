"""Leiden's groups of a cloud, about as many as one asks for."""

import anndata
import numpy as np
import scanpy as sc

from celltoken.methods.inputs import as_dimension, as_matrix


def leiden_groups(x, count, steps=8):
    """Leiden's groups, at the resolution that gives nearest to ``count`` of them.

    Scanpy's graph of fifteen neighbours (Euclidean) is cut at resolutions between 0.05 and 20; each
    step halves the range of their logarithms.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    count : int
        Groups wanted, at most as many as tokens.
    steps : int
        Resolutions tried.

    Returns
    -------
    numpy.ndarray of int, length tokens
        Number of each token's group, from 0 for the largest. There may be a few more or fewer than
        ``count``, as no resolution need give just as many.

    Raises
    ------
    ValueError
        If ``x`` is no finite matrix or ``count`` does not fit it.

    References
    ----------
    Traag, Waltman and van Eck (2019), doi:10.1038/s41598-019-41695-z.
    """
    x = as_matrix(x, min_rows=2)
    count = as_dimension(count, (len(x), len(x)), "count")
    graph = anndata.AnnData(x)
    sc.pp.neighbors(graph, n_neighbors=15, use_rep="X")
    low, high, tried = 0.05, 20.0, []
    for _ in range(steps):
        middle = np.sqrt(low * high)
        sc.tl.leiden(graph, middle, flavor="igraph", n_iterations=2, directed=False)
        tried.append(graph.obs.leiden.astype(int).to_numpy())
        too_few = tried[-1].max() + 1 < count
        low, high = (middle, high) if too_few else (low, middle)
    return min(tried, key=lambda groups: abs(groups.max() + 1 - count))
