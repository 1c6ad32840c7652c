"""Random removals to compare a removal with: as large, and of single units or of whole groups.

Units that resemble one another (cells of one neighbourhood, speeches of one year) are removed or
kept together, so that a removal costs as much of a neighbourhood as the one under test does.
"""

import numpy as np

from celltoken.methods.inputs import as_matrix, same_rows


def groups_of_neighbours(x, rng, size=8):
    """Deal rows to groups of nearest neighbours: a random row with the nearest that are free.

    Parameters
    ----------
    x : array, shape (rows, columns)
    rng : numpy.random.Generator
    size : int
        Rows a group; the last group may be smaller.

    Returns
    -------
    numpy.ndarray of int, length rows
        Each row's group, numbered from 0 in the order in which they were made.
    """
    x = as_matrix(x)
    group, free = np.full(len(x), -1), np.ones(len(x), dtype=bool)
    for row in rng.permutation(len(x)):
        if free[row]:
            left = np.flatnonzero(free)
            near = left[np.argsort(((x[left] - x[row]) ** 2).sum(1))[:size]]
            group[near], free[near] = group.max() + 1, False
    return group


def groups_as_large(like, size, group, rng):
    """Random whole groups that together are about as large as some given units.

    Parameters
    ----------
    like : array of bool, length units
        The units whose total size is to be matched.
    size : array, length units
        Non-negative; ones if every unit counts the same.
    group : array of int, length units
        Number of each unit's group; ``numpy.arange`` for single units.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of bool, length units
        The units of the groups drawn; their total is the nearest that this order of groups allows.
    """
    same_rows(like, size, "like", "size")
    same_rows(size, group, "size", "group")
    total = np.bincount(group, weights=size)
    order = rng.permutation(len(total))
    order = order[total[order] > 0]
    wanted = size[like].sum()
    enough = np.searchsorted(total[order].cumsum(), wanted) + 1
    best = min((enough - 1, enough), key=lambda n: abs(total[order[:n]].sum() - wanted))
    return np.isin(group, order[:best])


def parts_as_large(second, size, group, stratum, rng):
    """A random part of the units that is, in each stratum, as large as a given part.

    Parameters
    ----------
    second : array of bool, length units
        The part whose size is to be matched in each stratum.
    size, group, rng
        As for :func:`groups_as_large`.
    stratum : array, length units
        Such as the type of each cell; zeros for a single one.

    Returns
    -------
    numpy.ndarray of bool, length units
    """
    part = np.zeros(len(size), bool)
    for each in np.unique(stratum):
        mine = np.flatnonzero(stratum == each)
        part[mine] = groups_as_large(second[mine], size[mine], group[mine], rng)
    return part
