"""Exercises 5 and 6 of *Limits*: correlations given a third thing, and whether links act."""

import numpy as np
from scipy.stats import rankdata, spearmanr

from celltoken.checks.cases import of_the_sign, telling
from celltoken.checks.core import Exercise, fail, returns
from celltoken.checks.values import array, number

# -- given something else -------------------------------------------------------------------------


def confounded(rng):
    """Columns that follow, more or less, two others, which go together and are off zero."""
    for rows, columns in ((40, 3), (60, 4)):
        z = rng.normal(size=(rows, 2)) @ [[1, 0.8], [0, 0.6]] + [4, -2]
        x = z @ rng.normal(size=(2, columns)) + rng.normal(size=(rows, columns)) + 5
        x[:, 0] = x[:, 0] + x[:, 1] + 0.3 * np.exp(rng.normal(size=rows))
        yield x, z


def with_constant(z):
    return np.c_[np.ones(len(z)), z]


def told_by(x, z):
    return z @ np.linalg.lstsq(z, x)[0]


def correlated(left):
    return lambda x, z: np.corrcoef(left(x, z).T)


def left_over(x, z):
    return x - told_by(x, with_constant(z))


def one_after_the_other(x, z):
    return x - x.mean(0) - sum(told_by(x - x.mean(0), (z - z.mean(0))[:, [k]]) for k in (0, 1))


def one_side(x, z):
    columns = x.shape[1]
    return np.corrcoef(left_over(x, z).T, x.T)[:columns, columns:]


def all_others_too(x, z):
    inverse = np.linalg.inv(np.cov(left_over(x, z).T))
    scale = np.sqrt(np.diag(inverse))
    return 2 * np.eye(len(inverse)) - inverse / np.outer(scale, scale)


def square(value, x, z):
    if getattr(value, "shape", None) == x.shape:
        fail("those are rows; return the correlations of the columns.")
    return array(value, (x.shape[1],) * 2, "a square table")


given = Exercise("given", correlated(left_over), confounded, returns(square),
    hint="np.linalg.lstsq(z, x)[0] are the weights of z for every column of x at once",
    otherwise="those are not the correlations of what a least-squares fit on z leaves of the "
    "columns.",
    mistakes=[
    ("those are the correlations as they are; take off what z tells.", correlated(lambda x, z: x)),
    ("your fit has no constant, and the columns are not around zero; add a column of ones to z.",
     correlated(lambda x, z: x - told_by(x, z))),
    ("you use the first column of z only; use all of them.",
     correlated(lambda x, z: left_over(x, z[:, :1]))),
    ("you use the last column of z only; use all of them.",
     correlated(lambda x, z: left_over(x, z[:, -1:]))),
    ("you take off what each column of z tells alone, and so what they share twice; fit them "
     "together.", correlated(one_after_the_other)),
    ("you correlate what z tells; correlate what it leaves.",
     correlated(lambda x, z: told_by(x, with_constant(z)))),
    ("you take z off one of the two columns only; take it off both.", one_side),
    ("those are covariances; scale them to correlations.",
     lambda x, z: np.cov(left_over(x, z).T)),
    ("those are rank correlations; use the plain ones.",
     lambda x, z: spearmanr(left_over(x, z)).statistic),
    ("those are given all other columns of x as well; take off z only.", all_others_too),
])  # fmt: skip


# -- does it act? ---------------------------------------------------------------------------------


def circuits(rng):
    """Links and effects with signs, that agree a little, more so for some targets."""

    def draw(size):
        effects = rng.normal(size=(size, size)) * np.exp(rng.normal(size=(size, size)))
        scores = effects * rng.random(size) + rng.normal(size=(size, size))
        scores[rng.random((size, size)) < 0.3] *= -1
        np.fill_diagonal(scores, 3)
        np.fill_diagonal(effects, -9)
        return scores, effects

    for size in (7, 9):
        yield telling(lambda: draw(size), by_targets, acts.mistakes[:-2])  # noqa: B023
    effects = draw(8)[1]
    yield rng.normal(1, 0.1, size=(8, 8)) / effects, effects  # the strongest links act least


def ranks(a, b):
    return np.corrcoef(rankdata(a), rankdata(b))[0, 1]


def linked(average=np.mean, agree=ranks, first=np.abs, then=np.abs, own=False):
    """A rule: how a target's column of links agrees with its column of effects, over targets."""

    def rule(scores, effects):
        size = len(scores)
        keep = [np.arange(size) != j if not own else np.ones(size, bool) for j in range(size)]
        scores, effects = first(scores), then(effects)
        return average([agree(scores[k, j], effects[k, j]) for j, k in enumerate(keep)])

    return rule


def at_once(scores, effects):
    off = ~np.eye(len(scores), dtype=bool)
    return ranks(np.abs(scores[off]), np.abs(effects[off]))


by_targets = linked()


def as_it_is(x):
    return x


acts = Exercise("acts", by_targets, circuits, returns(lambda v, *_: number(v, "one correlation")),
    hint="others = np.arange(n) != j are the sources of target j; spearmanr(...).statistic",
    otherwise="that is not the mean over targets of the rank correlation between the sizes of "
    "links and of effects.",
    mistakes=[
    ("a gene's link with itself is counted; leave the target out of its sources.",
     linked(own=True)),
    ("you go along rows: what a gene moves; go along columns: what moves it.",
     lambda scores, effects: by_targets(scores.T, effects.T)),
    ("effects are read along rows: of what the gene moves; read both along columns.",
     lambda scores, effects: by_targets(scores, effects.T)),
    ("links are read along rows; read both along columns.",
     lambda scores, effects: by_targets(scores.T, effects)),
    ("signs are kept; a source that holds its target down acts, too, so take absolute values.",
     linked(first=as_it_is, then=as_it_is)),
    ("the signs of the links are kept; take absolute values of both.", linked(first=as_it_is)),
    ("the signs of the effects are kept; take absolute values of both.", linked(then=as_it_is)),
    ("that is Pearson's correlation, in which one large effect decides; correlate ranks.",
     linked(agree=lambda a, b: np.corrcoef(a, b)[0, 1])),
    ("you rank all links at once, so that targets that move much decide; take each target alone.",
     at_once),
    ("you take the median over targets; take the mean.", linked(np.median)),
    ("you add up over targets; take the mean.", linked(np.sum)),
    *of_the_sign(by_targets, "the agreement"),
])  # fmt: skip
