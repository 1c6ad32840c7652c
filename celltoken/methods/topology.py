"""Pieces of a neighbourhood: bars of persistent homology, and simpler readings of the same points.

The question is whether the points around a token, without the token itself, fall apart. Persistent
homology comes from ripser. Bars of degree 0 say at which distance the points of a cloud join: link
any two that are at most so far apart, let the distance grow, and each link that joins two pieces
ends a bar.

References
----------
Tralie, Saul and Bar-On (2018), Journal of Open Source Software 3, 925 (ripser.py).
"""

import anndata
import numpy as np
import pandas as pd
import scanpy as sc
from ripser import ripser
from scipy import sparse
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

from celltoken.methods.inputs import as_labels, as_matrix, as_whole_counts, same_rows
from celltoken.methods.recurrence import thin_rows


def bars(distances):
    """Lengths of the bars of degree 0: at which distance pieces of a cloud join.

    Parameters
    ----------
    distances : array, shape (points, points)
        Symmetric, zero on the diagonal.

    Returns
    -------
    numpy.ndarray, length points - 1
        Rising. All bars begin at 0; the one that never ends is left out.

    Raises
    ------
    ValueError
        If the matrix is not square, has fewer than two points or is not symmetric.
    """
    distances = as_matrix(distances, "distances", min_rows=2)
    square = distances.shape[0] == distances.shape[1]
    if not square or not np.allclose(distances, distances.T):
        raise ValueError("distances must be square and symmetric, such as squareform(pdist(x)).")
    # ripser leaves out bars of length zero, of points that coincide.
    found = ripser(distances, distance_matrix=True, maxdim=0)["dgms"][0][:, 1]
    found = np.sort(found[np.isfinite(found)])
    return np.concatenate([np.zeros(len(distances) - 1 - len(found)), found])


def pieces(distances, scale):
    """Number of pieces of a cloud when points that are at most ``scale`` apart are linked."""
    return int(1 + np.sum(bars(distances) > scale))


def around(x, k=50):
    """The k nearest other rows of every row, and how far they are (Euclidean): two arrays."""
    near = NearestNeighbors(n_neighbors=min(k, len(x) - 1)).fit(x)
    far, rows = near.kneighbors()
    return rows, far


def longest_bars(x, lists):
    """Longest bar of degree 0 of each list of rows of ``x``: numpy.ndarray, length of ``lists``."""
    return np.array([bars(squareform(pdist(x[rows])))[-1] for rows in lists])


def readings(x, tokens, k=50):
    """What the punctured neighbourhood of each token looks like, read in several ways.

    Parameters
    ----------
    x : array, shape (rows, columns)
    tokens : sequence of int
        Rows to look at. Their neighbours may be any other rows.
    k : int
        Neighbours; the token itself is not among them.

    Returns
    -------
    pandas.DataFrame, one row a token
        ``longest bar`` of degree 0. ``longest over median bar``: free of scale. ``longest bar of
        directions`` and ``sum of bars of directions``: the neighbours are first brought to length
        one as seen from the token; the sum is the norm by which Jakubowski et al. (2020) score
        polysemy. ``distance``: to the k-th neighbour. ``variance`` of the neighbours. ``two
        means``: silhouette of the best two-way split by k-means.
    """
    rows, far = around(x, k)
    found = []
    for token in tokens:
        points = x[rows[token]]
        seen = points - x[token]
        seen = seen / np.linalg.norm(seen, axis=1, keepdims=True).clip(1e-12)
        raw, turned = (bars(squareform(pdist(each))) for each in (points, seen))
        found.append(
            {
                "longest bar": raw[-1],
                "longest over median bar": raw[-1] / max(np.median(raw), 1e-12),
                "longest bar of directions": turned[-1],
                "sum of bars of directions": turned.sum(),
                "distance": far[token, -1],
                "variance": points.var(0).sum(),
                "two means": _split_in_two(points),
            }
        )
    return pd.DataFrame(found)


def two_means(x, lists):
    """Silhouette of the best two-way split by k-means of each list of rows: numpy.ndarray."""
    return np.array([_split_in_two(x[rows]) for rows in lists])


def _split_in_two(points):
    if len(np.unique(points, axis=0)) < 3:
        return 0.0
    group = KMeans(2, n_init=2, random_state=0).fit_predict(points)
    return float(silhouette_score(points, group))


def pinched(near, kind, tokens, rng):
    """Neighbourhoods of two tokens glued into one: half the neighbours of either.

    Parameters
    ----------
    near : array of int, shape (rows, k)
    kind : sequence, length rows
        The two are of different kinds where that is possible.
    tokens : sequence of int
        Rows to draw from; as many neighbourhoods are made.
    rng : numpy.random.Generator

    Returns
    -------
    list of numpy.ndarray of int
        Rows of each neighbourhood.
    """
    kind, tokens, half = as_labels(kind), np.asarray(tokens), near.shape[1] // 2
    glued = []
    for first in tokens:
        other = tokens[kind[tokens] != kind[first]]
        second = rng.choice(other if len(other) else tokens)
        both = np.concatenate([near[first, :half], near[second, :half]])
        glued.append(np.unique(both))
    return glued


def merge_some(counts, kind, rng, share=1 / 8):
    """Add up pairs of tokens of different kinds, and thin all tokens to about the same total.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, columns)
        Whole numbers.
    kind : sequence, length tokens
    rng : numpy.random.Generator
    share : float
        Of the tokens that have the total: so many pairs are made. Both parents leave the table.

    Returns
    -------
    table : scipy.sparse.csr_matrix, shape (pairs + unmerged tokens, columns)
        Pairs first. The expected total, which seven in ten tokens have, is the same for all.
    parents : numpy.ndarray of int, shape (pairs, 2)
        Rows of ``counts``.
    alone : numpy.ndarray of int
        Rows of ``counts`` of the unmerged ones, in their order in the table.

    Raises
    ------
    ValueError
        If no two tokens of different kinds can be paired.
    """
    counts, kind = as_whole_counts(counts), as_labels(kind)
    same_rows(counts, kind, "counts", "kind")
    total = np.asarray(counts.sum(1)).ravel()
    events = np.quantile(total, 0.3)
    drawn = rng.permutation(np.flatnonzero(total >= events))
    free, parents = list(drawn), []
    while len(parents) < share * len(drawn) and len(free) > 1:
        first = free.pop(0)
        place = next((i for i, row in enumerate(free) if kind[row] != kind[first]), None)
        if place is None:
            break
        parents.append((first, free.pop(place)))
    if not parents:
        raise ValueError("all tokens are of one kind: none can be merged with another kind.")
    parents = np.array(parents)
    alone = np.setdiff1d(drawn, parents)
    merged = counts[parents[:, 0]] + counts[parents[:, 1]]
    table = thin_rows(sparse.vstack([merged, counts[alone]]).tocsr(), events, rng)
    return table.astype(np.float32), parents, alone


def doublet_score(counts, rng=0):
    """Scrublet's score of every token: how many of its neighbours are simulated doublets.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, columns)
    rng : numpy.random.Generator or int

    Returns
    -------
    numpy.ndarray, length tokens
        A token that scanpy's filter leaves out scores 0.

    References
    ----------
    Wolock, Lopez and Klein (2019), doi:10.1016/j.cels.2018.11.005; here by scanpy.
    """
    seed = int(np.random.default_rng(rng).integers(2**31))
    table = anndata.AnnData(sparse.csr_matrix(counts, dtype=np.float32))
    table.obs_names = [str(i) for i in range(table.n_obs)]
    axes = min(30, *(side // 8 for side in table.shape))
    sc.pp.scrublet(table, threshold=0.25, n_prin_comps=axes, verbose=False, random_state=seed)
    return table.obs["doublet_score"].astype(float).fillna(0).to_numpy()
