"""Exercises 1 and 2 of *Geometry*: the participation ratio, and directions above the noise."""

import numpy as np

from celltoken.checks.core import Exercise, fail, returns
from celltoken.checks.samples import glove
from celltoken.checks.values import array, number


def singular(x):
    return np.linalg.svd(x, compute_uv=False)


def ratio(values):
    return values.sum() ** 2 / (values**2).sum()


def spread_of(x):
    """The variances along the cloud's own directions, but for a factor."""
    return singular(x - x.mean(0)) ** 2


def clouds(rng):
    """A slanted cloud off the origin; words; and more columns than rows."""
    slanted = rng.normal(size=(40, 9)) @ rng.normal(size=(9, 9)) * rng.uniform(0.5, 2, 9)
    yield (slanted + 3 * rng.normal(size=9),)
    yield (glove()[1][rng.permutation(3000)[:150]],)
    yield (rng.normal(size=(8, 20)) * rng.uniform(0.2, 3, 20) + rng.normal(size=20),)


participation_ratio = Exercise("participation_ratio", lambda x: ratio(spread_of(x)), clouds,
    returns(lambda v, x: number(v)),
    hint="np.linalg.svd(..., compute_uv=False) gives the singular values alone",
    otherwise="that is not (sum of variances) squared / sum of squared variances.",
    mistakes=[
    ("the columns are not centred: subtract each column's mean first.",
     lambda x: ratio(singular(x) ** 2)),
    ("you subtract the mean of each row; the middle of the cloud is the mean of each column.",
     lambda x: ratio(singular(x - x.mean(1, keepdims=True)) ** 2)),
    ("you subtract one mean for the whole table; each column has its own.",
     lambda x: ratio(singular(x - x.mean()) ** 2)),
    ("you use the singular values as they are; their squares are the variances.",
     lambda x: ratio(singular(x - x.mean(0)))),
    ("you square once too often: the variances are the squared singular values.",
     lambda x: ratio(spread_of(x) ** 2)),
    ("the square above the line is missing: square the sum of the variances.",
     lambda x: spread_of(x).sum() / (spread_of(x) ** 2).sum()),
    ("the squares below the line are missing: square each variance, then add.",
     lambda x: spread_of(x).sum()),
    ("below the line the order is wrong: square each variance first, then add.", lambda x: 1.0),
    ("that is upside down: the square of the sum stands above the line.",
     lambda x: 1 / ratio(spread_of(x))),
    ("that is a share of the columns; return how many directions it is.",
     lambda x: ratio(spread_of(x)) / x.shape[1]),
    ("you divide the columns by their spread; that makes all coordinates equally strong.",
     lambda x: ratio(spread_of(x / x.std(0)))),
    ("those are the variances of the columns; a slanted cloud is longest between the axes, and "
     "the singular values find where.", lambda x: ratio(x.var(0))),
    ("that counts every direction alike; weak ones must count less.",
     lambda x: float(min(x.shape))),
    ("that is the exponential of the entropy, another way to count; take the ratio asked for.",
     lambda x: np.exp(-sum(p * np.log(p) for p in spread_of(x) / spread_of(x).sum() if p > 0))),
])  # fmt: skip


# -- above the edge -------------------------------------------------------------------------------


def tables(rng):
    """Three blocks, above every edge that is named below; counts of cells in groups, with genes of
    which no molecule was caught. No singular value lies just at the edge."""
    rate = np.where(np.repeat(np.arange(3), 12)[:, None] == np.arange(24) % 3, 100, 5)
    blocks = rng.poisson(rate * rng.uniform(0.5, 2, (36, 1)) * rng.uniform(0.5, 2, 24))
    groups = rng.gamma(1, 1, size=(4, 90))[rng.integers(4, size=70)] * rng.lognormal(0, 1, size=90)
    cells = rng.poisson(groups * rng.lognormal(0, 0.4, size=(70, 1))) + np.eye(70, 90, dtype=int)
    cells[:, rng.permutation(np.arange(70, 90))[:15]] = 0
    cells[:, 69] = np.arange(70) == rng.integers(70)  # a single molecule is not none
    for counts in (blocks, cells):
        counts = counts.astype(float)
        while np.abs(strengths(counts) - 1).min() < 1e-3:
            counts = counts[:-1]
        yield (counts,)


def chance(counts):
    return np.outer(counts.sum(1), counts.sum(0)) / counts.sum()


def residuals(counts):
    return (counts - chance(counts)) / np.sqrt(chance(counts))


def full(counts):
    return counts[:, counts.sum(0) > 0]


def edge(counts):
    return np.sqrt(full(counts).shape).sum()


def strengths(counts):
    """All singular values of the residuals in units of the edge."""
    return singular(residuals(full(counts))) / edge(counts)


def above(counts, residuals_of=residuals, edge_of=edge):
    found = singular(residuals_of(full(counts))) / edge_of(full(counts))
    return found[found > 1]


def read(ask, counts):
    value = ask(counts)
    if not hasattr(value, "__len__") or getattr(value, "shape", None) == ():
        found = number(value, "the singular values above the edge, an array")
        if found == len(above(counts)):
            fail("that is how many there are; return the values, and count them outside.")
        fail(f"return the singular values above the edge, not one number ({found:.3g}).")
    return {"value": array(value, (len(value),), "the singular values above the edge")}


above_edge = Exercise("above_edge", above, tables, read,
    hint="a column of row totals times a row of column totals, divided by the grand total, has "
    "the shape of the table; and a column without counts gives 0 / 0",
    otherwise="these are not the residuals' singular values above the edge, in units of the edge.",
    mistakes=[
    ("these are the right directions, but not in units of the edge; divide by it.",
     lambda counts: above(counts) * edge(counts)),
    ("those are all singular values in units of the edge; keep only those above it.",
     lambda counts: strengths(counts)),
    ("those are all singular values as they are; divide by the edge and keep what exceeds 1.",
     lambda counts: strengths(counts) * edge(counts)),
    ("those are the directions below the edge; keep those above it.",
     lambda counts: strengths(counts)[strengths(counts) < 1]),
    ("the largest comes first.", lambda counts: above(counts)[::-1]),
    ("the scatter is forgotten: divide each difference by the root of what chance expects.",
     lambda counts: above(counts, lambda c: c - chance(c))),
    ("you divide by what chance expects; the scatter is its root.",
     lambda counts: above(counts, lambda c: (c - chance(c)) / chance(c))),
    ("you multiply by the scatter; divide by it.",
     lambda counts: above(counts, lambda c: (c - chance(c)) * np.sqrt(chance(c)))),
    ("what chance expects is not subtracted, so that the totals come first.",
     lambda counts: above(counts, lambda c: c / np.sqrt(chance(c)))),
    ("what chance expects of a pair is not the mean of its column: rows differ in their totals.",
     lambda counts: above(counts, lambda c: (c - c.mean(0)) / np.sqrt(c.mean(0)))),
    ("what chance expects of a pair is not the mean of its row: columns differ in their totals.",
     lambda counts: above(counts, lambda c: (c - c.mean(1)[:, None]) / np.sqrt(c.mean(1))[:,
         None])),
    ("the totals' product is not divided by the grand total.",
     lambda counts: above(counts, lambda c: (c - chance(c) * c.sum()) / np.sqrt(chance(c) *
         c.sum()))),
    ("your edge is the root of rows times columns; it is the sum of their roots.",
     lambda counts: above(counts, edge_of=lambda c: np.sqrt(c.size))),
    ("your edge is rows plus columns; it is the sum of their roots.",
     lambda counts: above(counts, edge_of=lambda c: sum(c.shape))),
    ("your edge is the root of rows plus columns; it is the sum of their roots.",
     lambda counts: above(counts, edge_of=lambda c: np.sqrt(sum(c.shape)))),
    ("your edge is squared, which is the edge for eigenvalues; singular values end at the sum of "
     "the roots.", lambda counts: above(counts, edge_of=lambda c: edge(c) ** 2)),
    ("your edge is the root of the larger side only; add the root of the other.",
     lambda counts: above(counts, edge_of=lambda c: np.sqrt(max(c.shape)))),
    ("those are squares (eigenvalues); singular values are their roots.",
     lambda counts: above(counts) ** 2),
    ("you compare squares (eigenvalues) with the edge of singular values; take their roots.",
     lambda counts: (lambda s: s[s > 1])(strengths(counts) ** 2 * edge(counts))),
    ("your edge counts the columns that have no counts; leave them out first.",
     lambda counts: above(counts, edge_of=lambda c: np.sqrt(counts.shape).sum())),
    ("nothing is above your edge: it is too high, or your residuals are too small.",
     lambda counts: np.array([])),
])  # fmt: skip
