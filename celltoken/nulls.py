"""What would be seen if there were nothing to see: shuffles that keep all but what is tested."""

from itertools import pairwise

import numpy as np
from scipy import sparse

from celltoken._inputs import as_counts, as_labels, as_matrix


def shuffle_pairs(counts, seed=0):
    """Reassign every counted event's context at random, keeping both margins.

    Each unit of count is one event (a word seen beside a word, a molecule of a gene in a cell).
    The contexts of all events are permuted, so every token keeps its total and every context
    keeps its total, but who occurs with whom is chance.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, contexts)
        Non-negative whole numbers.
    seed : int

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, contexts)
        Same row sums and column sums as ``counts``.

    Raises
    ------
    ValueError
        If a count is negative or not whole.
    """
    counts = as_counts(counts)
    events = np.rint(counts.data).astype(np.int64)
    if not np.allclose(events, counts.data):
        raise ValueError("counts must be whole numbers; pass raw counts, not normalised ones.")
    columns = np.repeat(counts.indices, events)
    np.random.default_rng(seed).shuffle(columns)
    # Row by row: a table with one entry for each event would take several times the memory.
    ends = np.concatenate([[0], events.cumsum()])[counts.indptr]
    rows = [
        sparse.csr_matrix(np.bincount(columns[i:j], minlength=counts.shape[1]), dtype=np.float32)
        for i, j in pairwise(ends)
    ]
    return sparse.vstack(rows, format="csr")


def shuffle_columns(x, seed=0):
    """Permute each column on its own: every coordinate keeps its values, rows lose their company.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    seed : int

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
    """
    x = as_matrix(x)
    dense = x.toarray() if sparse.issparse(x) else x
    return np.random.default_rng(seed).permuted(dense, axis=0)


def shuffle_labels(labels, seed=0):
    """The same labels in random order: class sizes stay, their link to the tokens goes.

    Parameters
    ----------
    labels : sequence, length tokens
    seed : int

    Returns
    -------
    numpy.ndarray, length tokens
    """
    return np.random.default_rng(seed).permutation(as_labels(labels))
