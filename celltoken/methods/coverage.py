"""How often an interval made from single tokens misses another unit, such as another donor."""

from itertools import combinations

import numpy as np
from scipy.stats import norm

from celltoken.methods.inputs import as_labels, as_matrix, same_rows


def unit_means(x, unit):
    """Mean and standard error of every column in each unit.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    unit : sequence, length tokens
        Library or document of each token; two tokens or more of each.

    Returns
    -------
    names : numpy.ndarray
    mean, error : numpy.ndarray, shape (units, columns)
        ``error`` takes the tokens of a unit for independent draws.
    """
    x, unit = np.asarray(as_matrix(x, min_rows=2), float), as_labels(unit, "unit")
    same_rows(x, unit, "x", "unit")
    names, counts = np.unique(unit, return_counts=True)
    if counts.min() < 2:
        raise ValueError(f"unit {names[counts.argmin()]!r} has a single token: leave it out.")
    rows = [x[unit == name] for name in names]
    error = [np.sqrt(each.var(0, ddof=1) / len(each)) for each in rows]
    return names, np.array([each.mean(0) for each in rows]), np.array(error)


def missed(x, unit, group, when=None, reach=np.inf, level=0.9):
    """Share of columns in which two units differ by more than their tokens' intervals allow.

    For two units the interval of a column's difference is its mean less the other's, plus and minus
    what ``level`` of a normal distribution with the tokens' standard error holds.

    Parameters
    ----------
    x, unit
        As for :func:`unit_means`.
    group : sequence, length tokens
        Donor or author of each token; all tokens of a unit have the same.
    when : sequence of float, length tokens, optional
        Time of each token's unit.
    reach : float
        Pairs of units farther apart in time than this are left out.
    level : float

    Returns
    -------
    other, same : float
        Mean over pairs of units of different groups, of one group. If tokens were independent
        draws from one population, both would be 1 - ``level``.

    Raises
    ------
    ValueError
        If no two units of one group, or of different groups, are within reach.
    """
    names, mean, error = unit_means(x, unit)
    first = [np.flatnonzero(as_labels(unit) == name)[0] for name in names]
    group = as_labels(group, "group")[first]
    when = np.zeros(len(names)) if when is None else np.asarray(when, float)[first]
    wide = norm.ppf((1 + level) / 2)
    found = {True: [], False: []}
    for i, j in combinations(range(len(names)), 2):
        if abs(when[i] - when[j]) <= reach:
            both = np.hypot(error[i], error[j])
            outside = np.abs(mean[i] - mean[j]) > wide * both
            found[bool(group[i] == group[j])].append(outside[both > 0].mean())
    if not (found[True] and found[False]):
        raise ValueError("give two units of one group, and two of different groups, within reach.")
    return float(np.mean(found[False])), float(np.mean(found[True]))


def with_shifts(x, group, rng, size=0.3):
    """The tokens with a step of its own for each group in each column: a planted difference.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    group : sequence, length tokens
    rng : numpy.random.Generator
    size : float
        Standard deviation of the steps, in standard deviations of the column.

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
    """
    x = np.asarray(as_matrix(x), float)
    names, number = np.unique(as_labels(group, "group"), return_inverse=True)
    return x + size * x.std(0) * rng.normal(size=(len(names), x.shape[1]))[number]
