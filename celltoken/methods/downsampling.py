"""Fewer events of the same table: binomial thinning, and the split of a table into two parts.

Both treat each unit of count (a molecule of a gene in a cell, a word seen beside a word) as one
event, kept or dropped on its own. If counts are Poisson, the two parts of a split are independent.

References
----------
Neufeld, Gao, Popp, Battle and Witten (2024), Biostatistics 25, 270-287 (count splitting).
"""

import numpy as np
from scipy import sparse

from celltoken.methods.inputs import as_whole_counts


def downsample(counts, share, rng=0):
    """Keep each counted event with probability ``share``.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Non-negative whole numbers.
    share : float
        Above 0 and at most 1. A token of ``n`` events keeps ``n * share`` of them on average; the
        number varies as a binomial does.
    rng : numpy.random.Generator or int
        A generator moves on with every call; the same int always draws the same events.

    Returns
    -------
    scipy.sparse.csr_matrix of float32, shape (tokens, contexts)
        Whole numbers, nowhere above ``counts``.

    Raises
    ------
    ValueError
        If a count is negative or not whole, or ``share`` is out of range.
    """
    counts = as_whole_counts(counts)
    _check_share(share, "above 0 and at most 1", 0 < share <= 1)
    kept = np.random.default_rng(rng).binomial(counts.data.astype(np.int64), share)
    return _with_values(counts, kept)


def split(counts, rng=0, share=0.5):
    """Deal every counted event to one of two tables.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Non-negative whole numbers.
    rng : numpy.random.Generator or int
    share : float
        Probability of the first table, between 0 and 1.

    Returns
    -------
    tuple of two scipy.sparse.csr_matrix of float32, shape (tokens, contexts)
        They add up to ``counts``.

    Raises
    ------
    ValueError
        If a count is negative or not whole, or ``share`` is out of range.
    """
    counts = as_whole_counts(counts)
    _check_share(share, "between 0 and 1", 0 < share < 1)
    events = counts.data.astype(np.int64)
    first = np.random.default_rng(rng).binomial(events, share)
    return _with_values(counts, first), _with_values(counts, events - first)


def _check_share(share, wanted, fits):
    if not fits:
        raise ValueError(f"share must be a number {wanted}, not {share!r}.")


def _with_values(counts, values):
    parts = (values.astype(np.float32), counts.indices.copy(), counts.indptr.copy())
    result = sparse.csr_matrix(parts, shape=counts.shape)
    result.eliminate_zeros()
    return result
