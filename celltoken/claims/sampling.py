"""Random halves of what was sampled: how far a measurement would scatter with other data.

A half drawn without replacement scatters around the whole as the whole does around what it was
drawn from (the delete-half jackknife: Shao and Wu 1989, Annals of Statistics 17, 1176-1197,
doi:10.1214/aos/1176347263). Unlike a bootstrap it holds no unit twice: a copy of a cell would be
that cell's nearest neighbour.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FEWEST = 8


@dataclass(frozen=True)
class Fixed:
    """Something a measurement needs that is not resampled, such as vectors from elsewhere."""

    value: object


def whole(units):
    """The units as they are, without the wrapping of :class:`Fixed`."""
    if isinstance(units, tuple):
        return tuple(whole(each) for each in units)
    return units.value if isinstance(units, Fixed) else units


def half(units, rng, by=None):
    """A random half of the units, in their order.

    Parameters
    ----------
    units : DataFrame, AnnData, array, sparse matrix, or tuple of these
        One row a unit. The parts of a tuple are halved independently of one another; a part
        wrapped in :class:`Fixed` is passed on whole.
    rng : numpy.random.Generator
    by : str, optional
        Column of the table (of ``.obs``) that names clusters, such as donors or blocks of spots:
        half of the clusters is drawn, with all their rows.

    Raises
    ------
    ValueError
        If there are too few units or clusters to halve, or there is no such column.
    """
    if isinstance(units, Fixed):
        return units.value
    if isinstance(units, tuple):
        return tuple(half(each, rng, by) for each in units)
    table = getattr(units, "obs", units)
    if by is not None and isinstance(table, pd.DataFrame):
        if by not in table:
            raise ValueError(f"there is no column {by!r} to draw halves by; it has {list(table)}.")
        names = table[by].unique()
        _enough(len(names), f"different values of {by!r}", fewest=2)
        drawn = rng.choice(names, len(names) // 2 + len(names) % 2, replace=False)
        return _rows(units, np.flatnonzero(table[by].isin(drawn)))
    count = units.shape[0] if hasattr(units, "shape") else len(units)
    _enough(count, "units", FEWEST)
    return _rows(units, np.sort(rng.permutation(count)[: (count + 1) // 2]))


def _rows(units, rows):
    if isinstance(units, (pd.DataFrame, pd.Series)):
        return units.iloc[rows]
    if isinstance(units, list):
        return [units[i] for i in rows]
    taken = units[rows]
    return taken.copy() if hasattr(taken, "obs") else taken


def _enough(count, what, fewest):
    if count < fewest:
        raise ValueError(
            f"{count} {what} cannot be resampled: at least {fewest} are needed; name other units."
        )
