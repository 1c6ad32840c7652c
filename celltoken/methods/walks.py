"""Random walks on a graph of neighbours: where they are, what they cross, and pseudotime.

Graph and diffusion map are scanpy's; what is added is arithmetic on the matrix of transitions.
"""

import anndata
import numpy as np
import scanpy as sc
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from celltoken.methods.inputs import as_labels, as_matrix, same_rows
from celltoken.methods.neighbours import similarity


def neighbour_graph(x, k=15, metric="euclidean"):
    """Scanpy's graph of the k nearest tokens and the diffusion map on it.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    k : int
        Counts the token itself, as in scanpy; at most the number of tokens.
    metric : str
        Any that :func:`scanpy.pp.neighbors` knows.

    Returns
    -------
    anndata.AnnData
        ``X`` is ``x``; with ``obsp["connectivities"]``, ``obsp["distances"]`` and
        ``obsm["X_diffmap"]`` (the first column is stationary and tells nothing).

    Raises
    ------
    ValueError
        If ``x`` is no finite matrix or ``k`` does not fit it.
    """
    x = as_matrix(x, min_rows=4)
    if not (isinstance(k, (int, np.integer)) and 2 <= k <= len(x)):
        raise ValueError(f"k must be a whole number from 2 to {len(x)}, not {k!r}.")
    graph = anndata.AnnData(np.asarray(x, np.float32))
    # The exact search: above 4,096 rows scanpy would take an approximate one.
    sc.pp.neighbors(graph, n_neighbors=int(k), use_rep="X", metric=metric, transformer="sklearn")
    sc.tl.diffmap(graph, n_comps=min(15, len(x) - 2))
    return graph


def transitions(graph):
    """Probabilities of one step of the walk of scanpy's diffusion map.

    Parameters
    ----------
    graph : anndata.AnnData
        From :func:`neighbour_graph`.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, tokens)
        Row i: where a walk at token i goes next. Rows sum to 1. The weights were divided by the
        density at both ends, so that crowded places attract no more than others.

    References
    ----------
    Coifman and Lafon (2006), doi:10.1016/j.acha.2006.04.006 (their alpha is 1 here).
    """
    walk = sc.Neighbors(graph)
    walk.compute_transitions()
    step = sparse.csr_matrix(walk.transitions, dtype=float)
    return (sparse.diags(1 / step.sum(1).A1) @ step).tocsr()  # scanpy's are of single precision


def inside_after(step, inside, steps):
    """Share of walks begun in a set of tokens that are in that set some steps later.

    Parameters
    ----------
    step : array or sparse matrix, shape (tokens, tokens)
        Rows sum to 1.
    inside : array of bool, shape (tokens,) or (sets, tokens)
        At least one of a set must be true; walks begin at each of these equally often.
    steps : int
        They may have left in between. 0 gives 1.

    Returns
    -------
    float, or numpy.ndarray, length sets
    """
    inside = _as_set(inside, step.shape[0])
    at = inside / inside.sum(-1, keepdims=True)
    for _ in range(_as_steps(steps)):
        at = at @ step
    return (at * inside).sum(-1)


def inside_own_group(step, groups, steps):
    """:func:`inside_after` of each group, averaged over groups.

    Parameters
    ----------
    step : array or sparse matrix, shape (tokens, tokens)
    groups : sequence, length tokens
        One label a token.
    steps : int

    Returns
    -------
    float
    """
    groups = as_labels(groups)
    same_rows(step, groups, "step", "groups")
    return float(inside_after(step, np.unique(groups)[:, None] == groups, steps).mean())


def own_regions(likeness, groups, rng, draws=20):
    """Regions as large as groups: a token drawn at random, and those most like it.

    Parameters
    ----------
    likeness : array, shape (tokens, tokens)
        Row i: how like token i each token is, such as a similarity, or where walks from it are.
    groups : sequence, length tokens
    rng : numpy.random.Generator or int
    draws : int
        Regions a group.

    Returns
    -------
    numpy.ndarray of bool, shape (groups * draws, tokens)
        For :func:`inside_after`.
    """
    sizes = np.unique(as_labels(groups), return_counts=True)[1].repeat(draws)
    drawn = np.random.default_rng(rng).integers(len(likeness), size=len(sizes))
    rank = (-np.asarray(likeness)[drawn]).argsort(axis=1, kind="stable").argsort(axis=1)
    return rank < sizes[:, None]


def reached(step, source, target, steps, without=None):
    """Share of walks from one set of tokens that meet another set within some steps.

    Parameters
    ----------
    step : array or sparse matrix, shape (tokens, tokens)
    source, target : arrays of bool, length tokens
        Without a token in common. Walks begin at each token of ``source`` equally often.
    steps : int
    without : array of bool, optional
        Tokens that are taken out of the graph first: a step to one of them is not made, and the
        others become likelier by as much. A token that has nowhere to go stays.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the sets overlap, or one of them is empty (also after ``without``).
    """
    source, target = (_as_set(each, step.shape[0]) for each in (source, target))
    if (source & target).any():
        raise ValueError("source and target have tokens in common.")
    if without is not None:
        kept = ~np.asarray(without, bool)
        step = sparse.csr_matrix(step)[kept][:, kept]
        left = step.sum(1).A1
        stuck = sparse.diags((left == 0).astype(float))
        step = sparse.diags(1 / np.where(left > 0, left, 1)) @ step + stuck
        source, target = (_as_set(each[kept], step.shape[0]) for each in (source, target))
    at, arrived = source / source.sum(), 0.0
    for _ in range(_as_steps(steps)):
        at = at @ step
        arrived += at[target].sum()
        at[target] = 0  # whoever has arrived walks no more
    return float(arrived)


def crossings(step, x, bridge, ways, steps, rng, metric="euclidean", draws=5):
    """Share of walks that arrive, after a bridge or other tokens were taken away.

    Parameters
    ----------
    step : array or sparse matrix, shape (tokens, tokens)
    x : array, shape (tokens, columns)
        In which a region is near.
    bridge : array of bool, length tokens
    ways : sequence of (source, target), arrays of bool, length tokens
        :func:`reached` is averaged over them. Targets are never taken away.
    steps : int
    rng : numpy.random.Generator or int
    metric : {"cosine", "euclidean", "correlation", "rank"}
    draws : int

    Returns
    -------
    dict from str to float
        After "nothing", "the bridge", "as many others" drawn at random (mean over draws) and "a
        region as large" around a token drawn at random (likewise) were taken away. Others and
        region leave out bridge and targets.
    """
    rng, size = np.random.default_rng(rng), int(np.sum(bridge))
    free = np.flatnonzero(~np.any([bridge, *(target for _, target in ways)], axis=0))
    if len(free) <= size:
        raise ValueError(f"beside bridge and targets there are only {len(free)} tokens.")
    near = similarity(x[rng.choice(free, draws)], x[free], metric).argsort(axis=1)
    gone = {
        "nothing": [[]],
        "the bridge": [np.flatnonzero(bridge)],
        "as many others": [rng.permutation(free)[:size] for _ in range(draws)],
        "a region as large": free[near[:, -size:]],
    }
    return {
        name: float(np.mean([_all_ways(step, ways, steps, rows) for rows in sets]))
        for name, sets in gone.items()
    }


def _all_ways(step, ways, steps, rows):
    without = np.isin(np.arange(step.shape[0]), rows)
    return np.mean([reached(step, *way, steps, without) for way in ways])


def pseudotime(graph, root):
    """Scanpy's diffusion pseudotime from one token, 0 to 1; 2 where no path leads.

    Parameters
    ----------
    graph : anndata.AnnData
        From :func:`neighbour_graph`; ``uns["iroot"]`` and a column of ``obs`` are overwritten.
    root : int

    Returns
    -------
    numpy.ndarray, length tokens

    References
    ----------
    Haghverdi et al. (2016), doi:10.1038/nmeth.3971.
    """
    graph.uns["iroot"] = int(root)
    sc.tl.dpt(graph)
    found = graph.obs["dpt_pseudotime"].to_numpy(float)
    return np.where(np.isfinite(found), found, 2)


def path_length(graph, root):
    """Length of the shortest path along the graph from one token; infinite where none leads.

    Parameters
    ----------
    graph : anndata.AnnData
        From :func:`neighbour_graph`; edges are as long as ``obsp["distances"]`` says.
    root : int

    Returns
    -------
    numpy.ndarray, length tokens
    """
    return dijkstra(graph.obsp["distances"], directed=False, indices=int(root))


def middle_of(x, members):
    """Number of the token nearest to the median of some tokens, which is one of them.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    members : array of bool, length tokens
    """
    rows = np.flatnonzero(_as_set(members, len(x)))
    return int(rows[np.linalg.norm(x[rows] - np.median(x[rows], axis=0), axis=1).argmin()])


def _as_set(mask, tokens):
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.ndim not in (1, 2) or mask.shape[-1] != tokens:
        raise ValueError(f"a set of tokens is an array of {tokens} bools.")
    if not mask.any(-1).all():
        raise ValueError("a set of tokens is empty.")
    return mask


def _as_steps(steps):
    if not (isinstance(steps, (int, np.integer)) and steps >= 0):
        raise ValueError(f"steps must be a whole number of at least 0, not {steps!r}.")
    return int(steps)
