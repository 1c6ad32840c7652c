"""Order along a path: pseudotime from a start by diffusion, or from two layers of counts by
velocity, which needs no start; and the positions that tokens take at successive times."""

import anndata
import numpy as np
import scanpy as sc
import scvelo as scv
from scipy import sparse
from scipy.sparse.linalg import ArpackNoConvergence
from sklearn.neighbors import NearestNeighbors

from celltoken.methods.cooccurrence import ppmi, svd_embedding
from celltoken.methods.inputs import as_counts, as_matrix, same_rows

scv.settings.verbosity = 0  # it would print a line a step

SHARED = 20  # scVelo's usual filter: counts of a column in tokens that have it in both layers


def diffusion_time(x, start, n_neighbors=30):
    """Diffusion pseudotime: how far each row lies from one of them, by way of the others.

    Parameters
    ----------
    x : array, shape (rows, columns)
        Rows are compared by Euclidean distance.
    start : int
        Number of the row at which time is 0.
    n_neighbors : int
        Of the graph on which the walks run; fewer than rows.

    Returns
    -------
    numpy.ndarray, length rows
        From 0 to 1; infinite where no path leads.

    Raises
    ------
    ValueError
        If there are fewer than four rows, or ``start`` or ``n_neighbors`` does not fit.

    References
    ----------
    Haghverdi et al. (2016), doi:10.1038/nmeth.3971; here by scanpy, with ten components.
    """
    x = as_matrix(x, min_rows=4)
    x = x.toarray() if sparse.issparse(x) else x
    _must_fit(len(x), start, n_neighbors)
    points = anndata.AnnData(x)
    sc.pp.neighbors(points, n_neighbors=n_neighbors, use_rep="X")
    return _walked(points, start)


def _walked(points, start):
    components = min(10, points.n_obs - 2)
    sc.tl.diffmap(points, n_comps=components)
    points.uns["iroot"] = int(start)
    sc.tl.dpt(points, n_dcs=components)
    return points.obs["dpt_pseudotime"].to_numpy(float)


def _must_fit(rows, start, n_neighbors):
    if not (isinstance(start, (int, np.integer)) and 0 <= start < rows):
        raise ValueError(f"start must be the number of a row, 0 to {rows - 1}, not {start!r}.")
    if not (isinstance(n_neighbors, (int, np.integer)) and 2 <= n_neighbors < rows):
        raise ValueError(f"n_neighbors must be from 2 to {rows - 1}, not {n_neighbors!r}.")


def central(x, rows):
    """Number of the row, among some of a matrix, that lies nearest to their mean.

    ``rows`` is a mask or an array of numbers, not empty; the result counts rows of ``x``.
    """
    rows = np.arange(len(x))[rows]
    return int(rows[np.linalg.norm(x[rows] - x[rows].mean(0), axis=1).argmin()])


def along(x, start):
    """How far each row lies from one of them: by diffusion pseudotime, and by two rulers.

    The graph has 30 neighbours, or half of the rows if these are fewer than sixty. A walk on it
    averages over neighbours, so the second ruler measures between means of as many nearest rows.
    """
    k = min(30, len(x) // 2)
    near = NearestNeighbors(n_neighbors=k).fit(x).kneighbors(x, return_distance=False)
    rulers = {"distance": x, "distance, averaged": x[near].mean(1)}
    rulers = {name: np.linalg.norm(y - y[start], axis=1) for name, y in rulers.items()}
    return {"pseudotime": diffusion_time(x, start, k), **rulers}


def layered(older, newer, n_columns=2000, n_neighbors=30):
    """Two layers of counts made ready for a velocity: scVelo's recipe, with its defaults.

    Columns that both layers have, equal totals in each layer, the most variable columns of the
    older layer, 30 principal components of it, neighbours, and means of both layers over them.

    Parameters
    ----------
    older, newer : arrays or sparse matrices of counts, shape (tokens, columns)
        Newer counts turn into older ones with time, as unspliced molecules into spliced ones.
    n_columns, n_neighbors : int

    Returns
    -------
    anndata.AnnData, shape (tokens, columns kept)
        ``layers["Ms"]`` and ``["Mu"]`` hold the means of the older and the newer layer.

    Raises
    ------
    ValueError
        If the layers differ in shape, hold no counts, or share fewer than three columns.
    """
    older, newer = as_counts(older, "older"), as_counts(newer, "newer")
    if older.shape != newer.shape:
        raise ValueError(f"older has shape {older.shape}, newer {newer.shape}: give both the same.")
    _must_fit(older.shape[0], 0, n_neighbors)
    kept = shared_columns(older, newer)
    if len(kept) < 3:
        raise ValueError(
            f"{len(kept)} columns have {SHARED} counts or more in tokens with both layers: "
            "at least 3 are needed, so give more tokens or more counts."
        )
    layers = {"spliced": older[:, kept], "unspliced": newer[:, kept]}
    layers = {name: sparse.csr_matrix(x, dtype=np.float32) for name, x in layers.items()}
    tokens = anndata.AnnData(layers["spliced"].copy(), layers=layers)
    for layer in (None, *layers):
        sc.pp.normalize_total(tokens, layer=layer)
    sc.pp.log1p(tokens)
    if tokens.n_vars > n_columns:
        sc.pp.highly_variable_genes(tokens, n_top_genes=n_columns, subset=True)
    sc.pp.pca(tokens, n_comps=min(30, *(side - 1 for side in tokens.shape)), random_state=0)
    sc.pp.neighbors(tokens, n_neighbors=n_neighbors)
    scv.pp.moments(tokens, n_neighbors=None, n_pcs=None)
    return tokens


def shared_columns(older, newer):
    """Numbers of the columns with at least 20 counts in tokens that have them in both layers."""
    older, newer = sparse.csr_matrix(older), sparse.csr_matrix(newer)
    counts = older.multiply(newer > 0) + newer.multiply(older > 0)
    return np.flatnonzero(np.asarray(counts.sum(0)).ravel() >= SHARED)


def add_velocity(tokens, mode="stochastic"):
    """Add velocities to layered counts, and the graph of transitions.

    Parameters
    ----------
    tokens : anndata.AnnData
        What :func:`layered` returned; it is changed.
    mode : {"stochastic", "deterministic"}
        scVelo's models of the steady state: regression with second moments, or without.

    Returns
    -------
    anndata.AnnData
        The same. ``obs["velocity_confidence"]`` is the mean correlation of a velocity with those
        of its neighbours.

    References
    ----------
    La Manno et al. (2018), doi:10.1038/s41586-018-0414-6; Bergen et al. (2020),
    doi:10.1038/s41587-020-0591-3.
    """
    scv.tl.velocity(tokens, mode=mode)
    scv.tl.velocity_graph(tokens, show_progress_bar=False, n_jobs=1)
    scv.tl.velocity_confidence(tokens)
    return tokens


def add_time(tokens):
    """Add to tokens with velocities the time that these give: ``obs["velocity_pseudotime"]``.

    From 0 to 1; its start is where transitions come from, and nobody names it.

    Raises
    ------
    ValueError
        If no start can be found, as happens with few tokens.
    """
    try:
        scv.tl.velocity_pseudotime(tokens)
    except ArpackNoConvergence as problem:
        raise ValueError(
            f"no start of the velocities of {tokens.n_obs} tokens can be found: give more tokens."
        ) from problem
    return tokens


def time_from(tokens, start):
    """Diffusion pseudotime on the neighbours that layered counts have already."""
    return _walked(tokens.copy(), start)


def transitions(tokens):
    """Cosine of each token's velocity with the step to each of its neighbours: sparse, -1 to 1."""
    cosines = tokens.uns["velocity_graph"] + tokens.uns["velocity_graph_neg"]
    return sparse.csr_matrix(cosines, dtype=float)


def in_order(labels, stages):
    """Number of each token's stage: 0 for the first one named, and so on.

    Parameters
    ----------
    labels : sequence of str
    stages : str or sequence of str
        Labels in order of time, with commas between if it is one text. What is not named comes
        last, all at once: a development that ends in several types has one last stage.

    Returns
    -------
    numpy.ndarray of int, length of ``labels``

    Raises
    ------
    ValueError
        If a stage is no label, or all tokens would be in one stage.
    """
    if isinstance(stages, str):
        stages = [stage.strip() for stage in stages.split(",")]
    labels = np.asarray(labels).astype(str)
    missing = [stage for stage in stages if stage not in labels]
    if missing:
        raise ValueError(
            f"No token is called {missing[0]!r}: name stages among {', '.join(np.unique(labels))}."
        )
    number = {stage: i for i, stage in enumerate(stages)}
    found = np.array([number.get(label, len(stages)) for label in labels])
    if np.ptp(found) == 0:
        raise ValueError("All tokens are in one stage: name at least two, or leave one out.")
    return found


def uphill(scores, time):
    """Whether scores between rows rise with time: 1 if every row prefers its later neighbours.

    Parameters
    ----------
    scores : sparse matrix, shape (rows, rows)
        Stored entries are the neighbours of a row, and how much it points to each.
    time : array, length rows

    Returns
    -------
    float
        Pearson's correlation between a row's scores and the times of its neighbours, averaged over
        rows with three neighbours or more that are not all of one time. -1 if all point back; a
        row whose scores are all the same counts 0.

    Raises
    ------
    ValueError
        If no row has such neighbours.
    """
    scores, time = sparse.csr_matrix(scores), np.asarray(time, float)
    same_rows(scores, time, "scores", "time")
    found = []
    for row in range(scores.shape[0]):
        part = slice(scores.indptr[row], scores.indptr[row + 1])
        score, when = scores.data[part], time[scores.indices[part]]
        if len(when) > 2 and np.ptp(when) > 0:
            found.append(np.corrcoef(score, when)[0, 1] if np.ptp(score) > 0 else 0.0)
    if not found:
        raise ValueError("no row has three neighbours that differ in time: give more rows.")
    return float(np.mean(found))


def variety(tokens, counts):
    """Number of different contexts of a token, averaged over itself and its neighbours.

    Parameters
    ----------
    tokens : anndata.AnnData
        With neighbours, as :func:`layered` returns it.
    counts : array or sparse matrix, shape (tokens, columns)
        Of all columns, also of those that ``tokens`` does not keep.

    Returns
    -------
    numpy.ndarray, length tokens

    References
    ----------
    Gulati et al. (2020), doi:10.1126/science.aax0249, for the number of genes as a sign of an early
    cell; theirs goes on to genes that follow that number.
    """
    same_rows(tokens.X, counts, "tokens", "counts")
    number = np.asarray((sparse.csr_matrix(counts) > 0).sum(1), float).ravel()
    near = (tokens.obsp["distances"] > 0).astype(float) + sparse.eye_array(tokens.n_obs)
    return near @ number / np.asarray(near.sum(1)).ravel()


def towards(graph, level):
    """The same neighbours as in a graph, each scored by a level of its own: sparse matrix."""
    scores = sparse.csr_matrix(graph, dtype=float, copy=True)
    scores.data = np.asarray(level, float)[scores.indices]
    return scores


def positions_in_time(tables, dimension=50):
    """Where each token stands at each time, in one space, relative to all tokens at that time.

    Parameters
    ----------
    tables : sequence of arrays or sparse matrices, each of shape (tokens, contexts)
        Counts at successive times, the same tokens and contexts in each. As contexts are the same,
        nothing has to be aligned afterwards.
    dimension : int

    Returns
    -------
    numpy.ndarray, shape (tokens, times, dimension)
        PPMI of all tables together and SVD (singular values kept), less the mean of each time.

    Raises
    ------
    ValueError
        If the tables differ in shape or ``dimension`` does not fit.
    """
    tables = [as_counts(table, "a table") for table in tables]
    if len({table.shape for table in tables}) != 1:
        raise ValueError("tables must have the same tokens and contexts at every time.")
    x = svd_embedding(ppmi(sparse.vstack(tables)), dimension, power=1)
    x = x.reshape(len(tables), -1, x.shape[1])
    return (x - x.mean(1, keepdims=True)).swapaxes(0, 1)
