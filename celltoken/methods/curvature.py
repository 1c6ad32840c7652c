"""How much a path of points bends, and the same cloud without its bend, or with one planted."""

import numpy as np
from scipy.ndimage import uniform_filter1d
from sklearn.neighbors import NearestNeighbors

from celltoken.methods.inputs import as_matrix


def extrinsic_bend(x, start, end, centres, k=60):
    """How well sideways coordinates predict the squared position along a line: adjusted R2.

    Around a bent path the offset from the line goes with the square of the position ``t`` along it
    (to second order ``t**2`` times half the curvature); around a straight one it does not.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    start, end : arrays, shape (columns,)
        The line.
    centres : sequence of int
        Rows around which to look.
    k : int
        Neighbours of each centre, itself included; more than ``columns + 1``.

    Returns
    -------
    numpy.ndarray, shape (centres,)
        Gain in R2 of predicting ``t**2`` when the sideways coordinates join ``1`` and ``t``,
        adjusted for their number: noise alone scores 0 on average, a clean bend 1.

    Raises
    ------
    ValueError
        If ``k`` does not exceed the number of columns by two, or the tokens.
    """
    x = as_matrix(x)
    columns = x.shape[1]
    if not columns + 1 < k <= len(x):
        raise ValueError(
            f"k must lie between {columns + 2} (columns) and {len(x)} (tokens), not {k}; "
            "use fewer components or more tokens."
        )
    direction = (end - start) / np.linalg.norm(end - start)
    search = NearestNeighbors(n_neighbors=k).fit(x)
    scores = []
    for rows in search.kneighbors(x[np.asarray(centres)], return_distance=False):
        y = x[rows] - x[rows].mean(0)
        t = y @ direction
        line = np.column_stack([np.ones(k), t])
        sides = np.column_stack([line, y - np.outer(t, direction)])
        left = [
            ((t**2 - each @ np.linalg.lstsq(each, t**2)[0]) ** 2).sum() for each in (line, sides)
        ]
        scores.append(1 - left[1] / left[0] * (k - 2) / (k - 1 - columns))
    return np.array(scores)


def straighten(x, start, end, rng, height=0.0, block=20):
    """The cloud with its bend taken out, or with one hill planted half-way.

    Every token keeps its position along the line. Its sideways part loses its local mean, which is
    the bend, and is permuted among the ``block`` tokens next to it along the line, so that ends,
    density and noise stay.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    start, end : arrays, shape (columns,)
    rng : numpy.random.Generator
    height : float
        Of a hill half-way in a random direction off the line, in lengths of the line.
    block : int
        Tokens among which sideways parts are permuted.

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
    """
    x = as_matrix(x)
    line = end - start
    t = (x - start) @ line / (line @ line)
    order = np.argsort(t, kind="stable")
    aside = (x - start - np.outer(t, line))[order]
    aside -= uniform_filter1d(aside, 2 * block + 1, axis=0, mode="nearest")
    permuted = np.lexsort([rng.random(len(x)), np.arange(len(x)) // block])
    straight = np.empty_like(x)
    straight[order] = start + np.outer(t[order], line) + aside[permuted]
    out = np.linalg.qr(np.column_stack([line, rng.normal(size=len(line))]))[0][:, 1]
    hill = height * np.linalg.norm(line) * np.exp(-(((t - 0.5) / 0.25) ** 2))
    return straight + np.outer(hill, out)
