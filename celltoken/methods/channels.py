"""Two channels of the same tokens in one table, and how much of a label lies in neighbourhoods."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances

from celltoken.methods.inputs import as_labels, as_matrix, same_rows


def one_scale(x):
    """Columns centred, and all of them divided by one number: mean squared length of a row is 1."""
    x = np.asarray(as_matrix(x, min_rows=2), float)
    x = x - x.mean(0)
    length = np.sqrt((x**2).sum(1).mean())
    if length == 0:
        raise ValueError("a channel does not vary: all of its rows are the same.")
    return x / length


def fused(first, second, width):
    """Both channels at equal weight, in their common main directions.

    Parameters
    ----------
    first, second : array, shape (tokens, columns)
        Each is put on one scale (:func:`one_scale`).
    width : int
        Main directions kept.

    Returns
    -------
    numpy.ndarray, shape (tokens, width)
    """
    same_rows(first, second, "first", "second")
    both = np.hstack([one_scale(first), one_scale(second)])
    return PCA(width, svd_solver="full").fit_transform(both)


def same_label(x, label, group=None, k=10):
    """Share of a token's k nearest that have its label, mean over labels.

    Parameters
    ----------
    x : array, shape (tokens, columns)
        Euclidean distances.
    label : sequence, length tokens
    group : sequence, length tokens, optional
        Tokens of one group (a document) are no neighbours of each other.
    k : int

    Returns
    -------
    float
        About one over the number of labels, if these are equally common and say nothing.
    """
    label = as_labels(label)
    same_rows(x, label, "x", "label")
    apart = pairwise_distances(x)
    np.fill_diagonal(apart, np.inf)
    if group is not None:
        group = as_labels(group, "group")
        apart[group[:, None] == group] = np.inf
    near = np.argpartition(apart, k, axis=1)[:, :k]
    agree = (label[near] == label[:, None]).mean(1)
    return float(np.mean([agree[label == each].mean() for each in np.unique(label)]))
