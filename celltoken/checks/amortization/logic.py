"""Exercises 5 and 6 of *Amortization*: take the interaction off, and let a linear probe have it."""

import numpy as np

from celltoken.checks.core import Exercise, fail, kind, returns
from celltoken.checks.values import array

# -- a parallelogram ------------------------------------------------------------------------------


def crossed(rng):
    """Four groups of unlike size, off the origin, one corner lifted."""
    for rows, columns in ((60, 4), (90, 6)):
        first = rng.random(rows) < 0.4
        second = rng.random(rows) < np.where(first, 0.7, 0.35)
        for place, corner in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
            first[2 * place : 2 * place + 2], second[2 * place : 2 * place + 2] = corner
        arrows = rng.normal(size=(3, columns))
        x = 2 + rng.normal(size=(rows, columns)) + np.c_[first, second, first & second] @ arrows
        yield x, first, second


def corners(x, first, second, middle=np.mean):
    """Middle of the rows with neither feature, the second, the first, both."""
    return [
        middle(x[(first == a) & (second == b)], axis=0)
        for a in (False, True)
        for b in (False, True)
    ]


def interaction(*given, middle=np.mean):
    neither, other, one, both = corners(*given, middle=middle)
    return both - one - other + neither


def pooled(x, first, second):
    return 2 * (x[first == second].mean(0) - x[first != second].mean(0))


def moving(where=lambda first, second: np.where(first == second, -1 / 4, 1 / 4), by=interaction):
    """A rule: how far along the interaction each row moves."""

    def rule(x, first, second):
        return x + where(first, second)[:, None] * by(x, first, second)

    return rule


def centred(x, first, second):
    names = 2 * first + second
    return x - np.array(corners(x, first, second))[names.astype(int)]


made_additive = Exercise("made_additive", moving(), crossed,
    returns(lambda v, x, *_: array(v, x.shape, "a table")),
    hint="x[first & ~second].mean(0) is one of four means; first == second are the rows that move "
    "one way",
    otherwise="your groups do not each move by a quarter of the interaction, towards a "
    "parallelogram.",
    mistakes=[
    ("nothing is moved.", moving(by=lambda x, *_: 0 * x[0])),
    ("you move the wrong way, so that the interaction is twice as large.",
     moving(by=lambda *given: -interaction(*given))),
    ("that leaves half of the interaction: the four moves add up, each a quarter of it.",
     moving(by=lambda *given: interaction(*given) / 2)),
    ("you move each group by half of the interaction, and turn it round; a quarter is enough.",
     moving(by=lambda *given: 2 * interaction(*given))),
    ("only the group with both features is moved, by the whole; share the move among all four.",
     moving(lambda first, second: np.where(first & second, -1.0, 0.0))),
    ("all rows move alike, which changes no shape; rows with one feature move the other way.",
     moving(lambda first, second: np.full(len(first), -1 / 4))),
    ("rows with one feature stay; they move the other way.",
     moving(lambda first, second: np.where(first == second, -1 / 4, 0.0))),
    ("you compare all rows with exactly one feature and all others, so that large groups decide; "
     "take four means.", moving(by=pooled)),
    ("the group with neither feature is missing from your interaction.",
     moving(by=lambda *given: interaction(*given) - corners(*given)[0])),
    ("you subtract each group's mean, and with the interaction both features are gone.", centred),
    ("you take medians; take means.",
     moving(by=lambda *given: interaction(*given, middle=np.median))),
])  # fmt: skip


# -- products -------------------------------------------------------------------------------------


def tables(rng):
    """Columns off the origin and of unlike scale, more of them than are multiplied."""
    for rows, columns, k in ((20, 5, 3), (30, 7, 4)):
        yield rng.normal(size=(rows, columns)) * rng.uniform(0.5, 3, columns) + 2, k


def standard(x):
    return (x - x.mean(0)) / x.std(0)


def pairs(k, include=0):
    return np.triu_indices(k, 1 - include)


def adding(prepare=standard, kept=lambda x: x, pairs=pairs, combine=np.multiply):
    """A rule: the columns and combinations of two of them, after a preparation."""

    def rule(x, k):
        z = prepare(x)
        i, j = pairs(min(k, x.shape[1]))
        return np.c_[kept(z), combine(z[:, i], z[:, j])]

    return rule


def by_columns(value, x, k):
    """A table, its columns in an order that does not depend on the answer's."""
    shape = getattr(value, "shape", ())
    if len(shape) != 2:
        fail(f"return a table with a row for each token, not {kind(value)}.")
    found = array(value, (len(x), shape[1]), "a table")
    return found[:, np.lexsort(found)]


with_products = Exercise("with_products", adding(), tables, returns(by_columns),
    hint="np.triu_indices(k, 1) gives the two columns of each pair, once",
    otherwise="those are not the standardised columns and the products of each two of the first k.",
    mistakes=[
    ("nothing is standardised, and products of columns off zero are mostly these columns again.",
     adding(lambda x: x)),
    ("you take the means off and leave the scales; divide by the standard deviations.",
     adding(lambda x: x - x.mean(0))),
    ("you divide by the standard deviations and leave the means; take them off first.",
     adding(lambda x: x / x.std(0))),
    ("your standard deviation divides by one row less, as that of pandas does; take x.std(0).",
     adding(lambda x: (x - x.mean(0)) / x.std(0, ddof=1))),
    ("you standardise after you have multiplied; do it before.",
     lambda x, k: standard(adding(lambda x: x)(x, k))),
    ("you standardise each row; a column has a mean and a scale.",
     adding(lambda x: standard(x.T).T)),
    ("you multiply the standardised columns and then add the raw ones; keep the standardised.",
     lambda x, k: np.c_[x, adding(kept=lambda z: z[:, :0])(x, k)]),
    ("only products are left; keep the columns themselves.", adding(kept=lambda z: z[:, :0])),
    ("the columns behind the first k are lost; keep all, and multiply the first k.",
     lambda x, k: adding()(x[:, :k], k)),
    ("the squares are among your products; multiply different columns.",
     adding(pairs=lambda k: pairs(k, 1))),
    ("those are squares; multiply each two different columns.",
     adding(pairs=lambda k: (np.arange(k), np.arange(k)))),
    ("every product is there twice; the order of two columns does not matter.",
     adding(pairs=lambda k: np.nonzero(~np.eye(k, dtype=bool)))),
    ("you multiply neighbours only; multiply each two of the first k.",
     adding(pairs=lambda k: (np.arange(k - 1), np.arange(1, k)))),
    ("you multiply all columns; multiply the first k.",
     lambda x, k: adding()(x, x.shape[1])),
    ("you add the columns up, and a linear probe can do that itself; multiply.",
     adding(combine=np.add)),
])  # fmt: skip
