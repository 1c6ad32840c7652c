"""Where tokens lie: distances in steps, and blocks of a section that are resampled as a whole."""

import numpy as np
from scipy.spatial.distance import cdist

from celltoken.methods.inputs import as_labels, as_matrix, same_rows


def steps_between(at, section=None):
    """Distance of every two tokens, in units of the usual distance to the nearest other.

    Parameters
    ----------
    at : array, shape (tokens, 2 or 3)
        Places, in any unit.
    section : sequence, length tokens, optional
        Tokens of different sections are infinitely far apart.

    Returns
    -------
    numpy.ndarray, shape (tokens, tokens)
        Infinite from a token to itself, so that none is its own neighbour. The unit is the median
        over the tokens of the distance to the nearest other one.

    Raises
    ------
    ValueError
        If the lengths differ, a place is not finite, or most tokens share one place.
    """
    at = np.asarray(as_matrix(at, "at", min_rows=2), dtype=float)
    apart = cdist(at, at)
    if section is not None:
        section = as_labels(section, "section")
        same_rows(at, section, "at", "section")
        apart[section[:, None] != section] = np.inf
    np.fill_diagonal(apart, np.inf)
    unit = np.median(apart.min(1))
    if not 0 < unit < np.inf:
        raise ValueError("places coincide or stand alone: give every token a place of its own.")
    return apart / unit


def blocks(at, section=None, per_side=5):
    """The block of each token on a grid of squares over its section, as a label.

    Neighbours are alike, so that single spots are no independent sample; blocks are more nearly so.

    Parameters
    ----------
    at : array, shape (tokens, 2 or more)
        Places; the first two coordinates count.
    section : sequence, length tokens, optional
    per_side : int
        Squares along each side of the box around all places.

    Returns
    -------
    numpy.ndarray of str, length tokens
    """
    at = np.asarray(as_matrix(at, "at", min_rows=2), dtype=float)[:, :2]
    extent = np.ptp(at, axis=0)
    if not (extent > 0).all():
        raise ValueError("all places lie on one line: give places that spread in x and in y.")
    square = np.minimum((at - at.min(0)) / extent * per_side, per_side - 1).astype(int)
    names = np.array([f"{x},{y}" for x, y in square])
    if section is None:
        return names
    section = as_labels(section, "section").astype(str)
    same_rows(at, section, "at", "section")
    return np.char.add(np.char.add(section, ":"), names)
