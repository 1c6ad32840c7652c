"""Exercises of the kind *break this claim*: is a student's null fair, and what does it say?

A null is a function of data and a seed. It is fair if it keeps what the claim does not speak of,
and destroys what it does. Each check observes a few properties of the tables that it returns; a
mistake is recognised by the properties that it breaks.
"""

from collections.abc import Callable

import numpy as np

from celltoken.checks.values import array


def observe_null(kept: Callable) -> Callable:
    """How to observe a null: the properties of its tables, and whether it heeds the seed.

    ``kept`` takes the data and the null's table and returns a dict from property to bool.
    """

    def observe(ask, data, seed):
        drawn, again, other = (
            array(ask(data, each), data.shape, "a table") for each in (seed, seed, seed + 1)
        )
        return {
            "finite": bool(np.isfinite(drawn).all()),
            **{name: bool(value) for name, value in kept(data, drawn).items()},
            "same seed, same table": np.array_equal(drawn, again, equal_nan=True),
            "other seed, other table": not np.array_equal(drawn, other, equal_nan=True),
        }

    return observe


def kurtosis(x: np.ndarray) -> float:
    """How far out rows lie, whatever turn and scale: Mardia's kurtosis over that of a Gaussian.

    By chance it is 1 give or take the root of 8 / (rows * columns * (columns + 2)); NaN if a number
    of the table is not finite.
    """
    if not np.isfinite(x).all():
        return float("nan")
    out, columns = x - x.mean(0), x.shape[1]
    squared = np.sum(out @ np.linalg.pinv(np.cov(x.T)) * out, axis=1)
    return float(np.mean(squared**2) / (columns * (columns + 2)))


def of_the_seed(null: Callable) -> list[tuple]:
    """The two mistakes that any null can make with its seed."""
    return [
        ("the same seed gives another table: make the generator from seed, in the function.",
         lambda data, seed: null(data, None), ("same seed, same table",)),
        ("another seed gives the same table: use the argument seed.",
         lambda data, seed: null(data, 0), ("other seed, other table",)),
    ]  # fmt: skip


def within(move: Callable) -> Callable:
    """A null that moves the rows of each group by themselves.

    ``move`` takes a generator and the rows of a group and returns as many; the null takes rows, the
    group of each, and a seed.
    """

    def null(rows, group, seed):
        rng, drawn = np.random.default_rng(seed), np.array(rows)
        for each in np.unique(group):
            drawn[group == each] = move(rng, rows[group == each])
        return drawn

    return null


def verdict(value: float, null: float, what: str, margin: float) -> str:
    """What a null says of a claim: a sentence without its full stop."""
    return f"{stands(value - null > margin)}: {what} is {value:.2f}, and {null:.2f} under your null"


def stands(beyond: bool) -> str:
    return f"the claim {'survives' if beyond else 'falls to'} this rival"
