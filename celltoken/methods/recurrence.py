"""Does likeness come back: in another context, and in another half of the counts?"""

import itertools

import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.methods.cooccurrence import ppmi, svd_embedding
from celltoken.methods.inputs import as_labels, as_whole_counts, same_rows
from celltoken.methods.neighbours import (
    majority_label,
    neighbour_overlap,
    neighbours,
    rows_for_metric,
    similarity,
)


def nearest_across_contexts(x, context, name, metric="cosine", k=5):
    """The k nearest rows of the other context for every row.

    Parameters
    ----------
    x : array, shape (rows, columns)
        Rows are brought to unit length (for ``cosine``) and centred in each context, so that a
        common difference between the contexts does not count.
    context, name : sequences, length rows
        ``context`` has two values. Rows of one ``name`` are one token met in both contexts; they
        are never each other's neighbours.
    metric : {"cosine", "euclidean", "correlation", "rank"}
    k : int

    Returns
    -------
    numpy.ndarray of int, shape (rows, k)
        Row numbers, nearest first.

    Raises
    ------
    ValueError
        If there are not exactly two contexts, or the inputs differ in length.
    """
    context, name = as_labels(context), as_labels(name)
    for labels, what in ((context, "context"), (name, "name")):
        same_rows(x, labels, "x", what)
    here_and_there = np.unique(context)
    if len(here_and_there) != 2:
        raise ValueError(f"context has {len(here_and_there)} values; two are needed.")
    x = np.asarray(x, float)
    if metric == "cosine":
        x = rows_for_metric(x, "cosine")
    found = np.empty((len(x), min(k, *(np.sum(context == each) for each in here_and_there))), int)
    for here in here_and_there:
        a, b = context == here, context != here
        like = similarity(x[a] - x[a].mean(0), x[b] - x[b].mean(0), metric)
        like[name[a][:, None] == name[b]] = -np.inf
        near = np.argsort(-like, axis=1, kind="stable")[:, : found.shape[1]]
        found[a] = np.flatnonzero(b)[near]
    return found


def votes_across_contexts(x, kind, context, name, metric="cosine", k=5):
    """The kind for which each row's k nearest rows of the other context vote.

    Parameters
    ----------
    x, context, name, metric, k
        As for :func:`nearest_across_contexts`.
    kind : sequence, length rows

    Returns
    -------
    numpy.ndarray, length rows
        Kinds. Ties go to the kind that is more common in the other context.
    """
    kind, context = as_labels(kind), as_labels(context)
    same_rows(x, kind, "x", "kind")
    near, voted = nearest_across_contexts(x, context, name, metric, k), kind.copy()
    for here in np.unique(context):
        other = np.flatnonzero(context != here)
        place = np.searchsorted(other, near[context == here])
        voted[context == here] = majority_label(place, kind[other])
    return voted


def recall_across_contexts(x, kind, context, name, metric="cosine", k=5):
    """Mean recall of the kinds by :func:`votes_across_contexts`, a mean over both contexts.

    Returns
    -------
    float
        0 to 1; a constant answer scores 1 / (number of kinds).
    """
    right = votes_across_contexts(x, kind, context, name, metric, k) == as_labels(kind)
    recalls = pd.Series(right).groupby([as_labels(context), as_labels(kind)]).mean()
    return float(recalls.groupby(level=0).mean().mean())


def at_most(kind, context, most, rng):
    """Random rows, at most so many of each kind in each context: their numbers in order."""
    order = rng.permutation(len(kind))
    groups = pd.DataFrame({"kind": np.asarray(kind)[order], "context": np.asarray(context)[order]})
    return np.sort(order[groups.groupby(["kind", "context"]).cumcount() < most])


def means_of_parts(parts, x, counts=None, own=None):
    """Mean vector of each unit's parts, also without what the unit itself gave to them.

    Parameters
    ----------
    parts : sparse matrix, shape (units, parts)
        How much of each part a unit has.
    x : array, shape (parts, dimension)
    counts : array or sparse matrix, shape (parts, contexts)
        Needed with ``own``; then ``x`` is ``svd_embedding(ppmi(counts), dimension)``.
    own : array or sparse matrix, shape (units, contexts), optional
        What each unit contributed to the counts of each of its parts. Each part's PPMI is then
        taken from ``counts`` minus this, with the contexts' totals as they are, and folded into
        the directions of ``x``, which are not learned anew.

    Returns
    -------
    numpy.ndarray, shape (units, dimension)
        A unit without parts, or whose parts occur in it alone, has zeros.
    """
    parts = sparse.csr_matrix(parts)
    total = np.asarray(parts.sum(1)).clip(1e-9)
    if own is None:
        return (parts @ x) / total
    own = sparse.csr_matrix(own)
    dense = counts.toarray() if sparse.issparse(counts) else np.asarray(counts)
    dense = dense.astype(float)
    context = dense.sum(0)
    # A row of PPMI times ``fold`` is that row of ``x``.
    fold = ppmi(sparse.csr_matrix(dense)).T @ x
    fold *= (x**2).sum(0) / (fold**2).sum(0)
    found = np.zeros((parts.shape[0], x.shape[1]))
    for unit, (start, stop) in enumerate(itertools.pairwise(parts.indptr)):
        mine = parts.indices[start:stop]
        left = dense[mine] - own[unit].toarray()
        expected = np.outer(left.sum(1), context) / context.sum()
        ratio = np.divide(left, expected, out=np.ones_like(left), where=(left > 0) & (expected > 0))
        found[unit] = parts.data[start:stop] @ (np.maximum(np.log(ratio), 0) @ fold)
    return found / total


def merge_rows(counts, group):
    """Sums of the rows of each group.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
    group : array of int, length tokens
        Numbered from 0.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (groups, contexts)
    """
    ones = np.ones(len(group))
    return sparse.csr_matrix((ones, (group, np.arange(len(group))))) @ sparse.csr_matrix(counts)


def thin_rows(counts, events, rng):
    """Thin every row to about the same number of events (binomially).

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Whole numbers.
    events : float
        Expected total of a row; a row that has fewer is left as it is.
    rng : numpy.random.Generator

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, contexts)
    """
    thin = sparse.csr_matrix(as_whole_counts(counts), dtype=float, copy=True)
    total = np.asarray(thin.sum(1)).ravel()
    share = np.repeat(np.minimum(1, events / total.clip(1)), np.diff(thin.indptr))
    thin.data = rng.binomial(thin.data.astype(int), share).astype(float)
    thin.eliminate_zeros()
    return thin


def neighbour_agreement(first, second, k=5, dimension=20):
    """Neighbours that two tables of the same tokens have in common, beyond chance.

    Parameters
    ----------
    first, second : arrays or sparse matrices, shape (tokens, contexts)
        Counts; each is placed on its own by PPMI and SVD.
    k, dimension : int

    Returns
    -------
    float
        1 if all neighbours are the same; 0 is the expectation for unrelated tables.
    """
    chance = k / (first.shape[0] - 1)
    near = [neighbours(svd_embedding(ppmi(each), dimension), k) for each in (first, second)]
    return (neighbour_overlap(*near) - chance) / (1 - chance)
