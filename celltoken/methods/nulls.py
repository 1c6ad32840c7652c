"""What would be measured if there were nothing to find: permuted, Gaussian and random versions.

Every function takes ``rng``, a ``numpy.random.Generator`` (which moves on with each call) or an int
(which draws the same each time), and leaves its input as it is.
"""

from itertools import pairwise

import numpy as np
from scipy import sparse

from celltoken.methods.inputs import as_labels, as_matrix, as_whole_counts


def shuffle_pairs(counts, rng=0):
    """Reassign every counted event's context at random, keeping both margins.

    Each unit of count is one event (a word seen beside a word, a molecule of a gene in a cell).
    The contexts of all events are permuted, so every token keeps its total and every context
    keeps its total, but who occurs with whom is chance.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Non-negative whole numbers.
    rng : numpy.random.Generator or int

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, contexts)
        Same row sums and column sums as ``counts``.

    Raises
    ------
    ValueError
        If a count is negative or not whole.
    """
    counts = as_whole_counts(counts)
    events = np.rint(counts.data).astype(np.int64)
    columns = np.repeat(counts.indices, events)
    np.random.default_rng(rng).shuffle(columns)
    # Row by row: a table with one entry for each event would take several times the memory.
    ends = np.concatenate([[0], events.cumsum()])[counts.indptr]
    rows = [
        sparse.csr_matrix(np.bincount(columns[i:j], minlength=counts.shape[1]), dtype=np.float32)
        for i, j in pairwise(ends)
    ]
    return sparse.vstack(rows, format="csr")


def layers(totals, count=10):
    """Number of the layer of about equal totals, 0 to ``count - 1``, that each row belongs to."""
    rank = np.argsort(np.argsort(totals, kind="stable"), kind="stable")
    return rank * count // len(rank)


def permute_within(counts, layer, rng=0):
    """Permute each column among the rows of one layer: columns keep their bursts, not each other.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, columns)
    layer : sequence of int, length tokens
        Such as :func:`layers` of the totals.
    rng : numpy.random.Generator or int

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, columns)
        Each column holds the same values in each layer, in random order.
    """
    rng, counts = np.random.default_rng(rng), _dense(counts).copy()
    for each in np.unique(layer):
        rows = np.flatnonzero(layer == each)
        counts[rows] = rng.permuted(counts[rows], axis=0)
    return sparse.csr_matrix(counts)


def shuffle_columns(x, rng=0):
    """Permute each column on its own: each keeps its values, correlations between columns go.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    rng : numpy.random.Generator or int

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
    """
    return np.random.default_rng(rng).permuted(_dense(x), axis=0)


def shuffle_labels(labels, rng=0):
    """The same labels in random order: class sizes stay, their link to the tokens goes.

    Parameters
    ----------
    labels : sequence, length tokens
    rng : numpy.random.Generator or int

    Returns
    -------
    numpy.ndarray, length tokens
    """
    return np.random.default_rng(rng).permutation(as_labels(labels))


def gaussian_like(x, rng=0):
    """Draw tokens from the normal distribution with the mean and covariance of ``x``.

    What two coordinates at a time say is kept; clusters, curves and heavy tails are not.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    rng : numpy.random.Generator or int

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
        The covariance drawn from is that of the sample (divided by tokens - 1).
    """
    x = _dense(x, min_rows=2)
    mean = x.mean(0)
    _, scale, axes = np.linalg.svd(x - mean, full_matrices=False)
    draws = np.random.default_rng(rng).standard_normal((len(x), len(scale)))
    return (mean + (draws * scale) @ axes / np.sqrt(len(x) - 1)).astype(x.dtype)


def variance_matched_directions(x, share, rng=0):
    """Random orthonormal directions that together hold a given share of the variance of ``x``.

    The control for "removing the main directions": a few principal components hold much more
    variance than as many random directions, so more random ones are taken until the share is met.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
        Time grows with the cube of the number of columns (2,000 take some seconds).
    share : float
        Between 0 and 1, of the total variance around the mean.
    rng : numpy.random.Generator or int

    Returns
    -------
    numpy.ndarray, shape (directions, columns)
        Orthonormal rows, at least one; their number is the one whose share comes nearest.

    Raises
    ------
    ValueError
        If ``share`` is out of range or ``x`` does not vary.
    """
    x = _dense(x, min_rows=2)
    if not 0 < share < 1:
        raise ValueError(f"share must be a number between 0 and 1, not {share!r}.")
    x = x - x.mean(0)
    total = (x**2).sum()
    if total == 0:
        raise ValueError("x does not vary: all rows are the same.")
    draws = np.random.default_rng(rng).standard_normal((x.shape[1], x.shape[1]))
    directions = np.linalg.qr(draws)[0].T
    held = ((x @ directions.T) ** 2).sum(0).cumsum() / total
    return directions[: 1 + np.abs(held - share).argmin()]


def _dense(x, min_rows=1):
    x = as_matrix(x, min_rows=min_rows)
    return x.toarray() if sparse.issparse(x) else x
