"""Who is near whom: neighbours, and what they agree on."""

import numpy as np
from scipy import sparse
from scipy.stats import rankdata
from sklearn.neighbors import NearestNeighbors

from celltoken.methods.inputs import as_labels, as_matrix, same_rows

METRICS = ("cosine", "euclidean", "correlation", "rank")


def rows_for_metric(x, metric, name="x"):
    """Rows rescaled so that plain Euclidean distance orders neighbours as ``metric`` does.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    metric : {"cosine", "euclidean", "correlation", "rank"}
        ``correlation`` is cosine after subtracting each row's mean (Pearson), ``rank`` the same
        on each row's ranks (Spearman).

    Returns
    -------
    array or sparse matrix, shape (tokens, columns)
        For all but ``euclidean`` rows have length 1 and half the squared distance is
        1 - similarity; a row of zeros stays zero.
    """
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, not {metric!r}.")
    x = as_matrix(x, name)
    if metric == "euclidean":
        return x
    if metric != "cosine" and sparse.issparse(x):
        x = x.toarray()
    if metric == "rank":
        x = rankdata(x, axis=1)
    if metric in ("correlation", "rank"):
        x = x - x.mean(1, keepdims=True)
    if sparse.issparse(x):
        length = np.sqrt(np.asarray(x.multiply(x).sum(1))).ravel()
        return sparse.diags(1 / np.where(length > 0, length, 1)) @ x
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(length > 0, length, 1)


def similarity(x, y=None, metric="cosine"):
    """Similarity of every row of ``x`` with every row of ``y`` (of ``x`` itself if ``y`` is None).

    Cosine, Pearson or Spearman correlation; for ``euclidean`` minus the distance.

    Returns
    -------
    numpy.ndarray, shape (rows of x, rows of y)
    """
    a = rows_for_metric(x, metric)
    b = a if y is None else rows_for_metric(y, metric, "y")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"x has {a.shape[1]} columns but y has {b.shape[1]}; both must have the same columns "
            "in the same order."
        )
    if metric == "euclidean":  # single precision would lose small distances between long rows
        a, b = a.astype(np.float64), b.astype(np.float64)
    product = a @ b.T
    product = product.toarray() if sparse.issparse(product) else np.asarray(product)
    if metric != "euclidean":
        return product
    squares = [
        np.asarray(m.multiply(m).sum(1)).ravel() if sparse.issparse(m) else (m**2).sum(1)
        for m in (a, b)
    ]
    # In place, as one table of all pairs is large enough: |a - b|^2 = |a|^2 + |b|^2 - 2 a.b
    product *= -2
    product += squares[0][:, None]
    product += squares[1]
    np.maximum(product, 0, out=product)
    np.sqrt(product, out=product)
    return np.negative(product, out=product)


def neighbours(x, k=10, metric="cosine"):
    """The k nearest other rows of every row, nearest first (exact search).

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    k : int
        From 1 to tokens - 1.
    metric : {"cosine", "euclidean", "correlation", "rank"}

    Returns
    -------
    numpy.ndarray of int, shape (tokens, k)
        Row numbers; a token is never its own neighbour.

    Raises
    ------
    ValueError
        If ``k`` does not fit the number of rows or the metric is unknown.
    """
    x = as_matrix(x, min_rows=2)
    if not (isinstance(k, (int, np.integer)) and 1 <= k < x.shape[0]):
        raise ValueError(
            f"k must be a whole number from 1 to {x.shape[0] - 1} for {x.shape[0]} tokens, "
            f"not {k!r}."
        )
    prepared = rows_for_metric(x, metric)
    # kneighbors() without an argument leaves each row out of its own list.
    search = NearestNeighbors(n_neighbors=int(k), algorithm="brute").fit(prepared)
    return search.kneighbors(return_distance=False)


def label_accuracy(neighbours, labels):
    """How often the most common label among a token's neighbours is its own.

    Parameters
    ----------
    neighbours : array of int, shape (tokens, k)
        From :func:`neighbours`.
    labels : sequence, length tokens
        Ties go to the label that is more common overall.

    Returns
    -------
    float
        Share of tokens, 0 to 1. Compare it with the share of the commonest label, which a
        constant answer reaches.
    """
    neighbours = np.asarray(neighbours)
    labels = as_labels(labels)
    same_rows(neighbours, labels, "neighbours", "labels")
    return float((majority_label(neighbours, labels) == labels).mean())


def majority_label(neighbours, labels):
    """The most common label among each token's neighbours; shapes as in :func:`label_accuracy`."""
    names, codes, counts = np.unique(as_labels(labels), return_inverse=True, return_counts=True)
    ballots = np.zeros((len(neighbours), len(names)))
    for column in np.asarray(neighbours).T:
        ballots[np.arange(len(neighbours)), codes[column]] += 1
    return names[(ballots + counts / (counts.sum() + 1)).argmax(1)]


def neighbour_overlap(a, b):
    """Share of each token's neighbours that two neighbour lists have in common, averaged.

    Parameters
    ----------
    a, b : arrays of int, shape (tokens, k)
        From :func:`neighbours`, for the same tokens in the same order.

    Returns
    -------
    float
        0 to 1; two unrelated lists share about k / (tokens - 1).
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim != 2:
        raise ValueError(
            f"the two neighbour lists have shapes {a.shape} and {b.shape}; "
            "make both with the same tokens and the same k."
        )
    return float(
        np.mean([len(np.intersect1d(p, q)) / a.shape[1] for p, q in zip(a, b, strict=True)])
    )
