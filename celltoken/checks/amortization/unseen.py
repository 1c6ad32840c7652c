"""Exercises 3 and 4 of *Amortization*: what a prediction adds to the mean shift, and a better one.

In both a class has a row, and a column is a coordinate of its change.
"""

import numpy as np

from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import array, number

# -- of the specific part -------------------------------------------------------------------------


def predictions(rng):
    """Changes with a large common part in two noisy halves, and predictions good, bad and best."""
    for classes, columns, quality in ((6, 12, 0.6), (9, 5, -0.8)):
        common = rng.normal(size=columns) * 2
        own = rng.normal(size=(classes, columns)) * rng.uniform(0.6, 1.6, size=(classes, 1))
        halves = [common + own + rng.normal(scale=0.5, size=own.shape) for _ in range(2)]
        base = common + rng.normal(scale=0.1, size=own.shape)
        found = base + quality * own + rng.normal(scale=0.2, size=own.shape)
        yield found, base, *halves
    # What was made from both halves has an error below zero, and a share above one.
    yield (halves[0] + halves[1]) / 2, base, *halves


def product(x, first, second):
    return ((x - first) * (x - second)).sum(1)


def removed(error=product, share=lambda found, base: 1 - found.sum() / base.sum(), start=1):
    """A rule: a share from the errors of each class, of the prediction and of the mean shift."""

    def rule(found, base, first, second):
        return share(error(found, first, second), error(start * base, first, second))

    return rule


def noisy(x, first, second):
    return ((x - (first + second) / 2) ** 2).sum(1)


def correlated(found, base, first, second):
    pairs = zip(found, (first + second) / 2, strict=True)
    return np.mean([np.corrcoef(*each)[0, 1] for each in pairs])


specific_share = Exercise("specific_share", removed(), predictions,
    returns(lambda v, *_: number(v, "one share")),
    hint="(x - first) * (x - second) is a table; add all of it up",
    otherwise="that is not 1 - error(found) / error(base).",
    mistakes=[
    ("you square the distance to the mean of the halves, so that their noise counts as error; "
     "multiply the errors of the two halves.", removed(noisy)),
    ("you use the first half only, so that its noise counts as error; multiply the errors of both.",
     removed(lambda x, first, second: product(x, first, first))),
    ("you use the second half only, so that its noise counts as error; multiply the errors of "
     "both.", removed(lambda x, first, second: product(x, second, second))),
    ("you add the squared errors of both halves, so that their noise counts as error; multiply.",
     removed(lambda x, first, second: product(x, first, first) + product(x, second, second))),
    ("you take absolute values, so that noise adds up; let products be negative.",
     removed(lambda x, first, second: np.abs((x - first) * (x - second)).sum(1))),
    ("you multiply the lengths of two errors; multiply number by number.",
     removed(lambda x, first, second:
         np.linalg.norm(x - first, axis=1) * np.linalg.norm(x - second, axis=1))),
    ("that is the share of the error that is left; take it from one.",
     removed(share=lambda found, base: found.sum() / base.sum())),
    ("the fraction stands on its head: found over base.",
     removed(share=lambda found, base: 1 - base.sum() / found.sum())),
    ("that is an error and no share; divide by the error of base.",
     removed(share=lambda found, base: base.sum() - found.sum())),
    ("you compare with no change at all, and most of a change is common; compare with base.",
     removed(start=0)),
    ("you take a share in each class and then their mean, so that a class near the mean shift "
     "decides; add up the errors first.",
     removed(share=lambda found, base: np.mean(1 - found / base))),
    ("a prediction can be worse than the mean shift; leave what is negative negative.",
     removed(share=lambda found, base: max(0, 1 - found.sum() / base.sum()))),
    ("an error can be below zero by noise, and the share then lies above one; leave it so.",
     removed(share=lambda found, base: min(1, 1 - found.sum() / base.sum()))),
    ("an error can be below zero by noise; take no absolute value.",
     removed(share=lambda found, base: 1 - abs(found.sum() / base.sum()))),
    ("you take roots; compare squared errors.",
     removed(share=lambda found, base: 1 - np.sqrt(np.abs(found.sum() / base.sum())))),
    ("that is a correlation, which pays for what all classes have in common.", correlated),
])  # fmt: skip


# -- weighted by likeness -------------------------------------------------------------------------


def classes(rng):
    """Classes and a new one: amid them, and so far off that all plain weights round to zero, though
    the right ones are shared among several."""
    for count, columns, far, width in ((5, 3, 0, 1.3), (7, 4, 0, 0.7), (6, 3, 1000, 40)):
        before = rng.normal(size=(count, columns)) + 0.5
        change = rng.normal(size=(count, columns + 2)) + 1
        yield before, change, rng.normal(size=columns) + far, width


def squared(before, new):
    return ((before - new) ** 2).sum(1)


def weighing(weight):
    """A rule: the mean of the changes with weights of squared distance and width."""

    def rule(before, change, new, width):
        given = weight(squared(before, new), width)
        return given @ change / given.sum()

    return rule


def bell(apart, width):
    return np.exp(-(apart - apart.min()) / (2 * width**2))


def plain(apart, width):
    return np.exp(-apart / (2 * width**2))


def or_else(fallback):
    """A rule that has an answer of its own where all plain weights round to zero."""

    def rule(before, change, new, width):
        apart = squared(before, new)
        none = plain(apart, width).sum() == 0
        return fallback(apart, change) if none else weighing(plain)(before, change, new, width)

    return rule


weighted_shift = Exercise("weighted_shift", weighing(bell), classes,
    returns(lambda v, before, change, *_: array(v, (change.shape[1],), "one number a column,")),
    hint="before - new takes new from every row; if all weights are zero, take the smallest "
    "squared distance from all before np.exp",
    otherwise="that is not the mean of the changes with the weights of the statement.",
    mistakes=[
    ("a class far from all others gets NaN, for all its weights round to zero: take the smallest "
     "squared distance from all before exp; the shares stay the same.", weighing(plain)),
    *[(f"where all weights round to zero you return {what}; take the smallest squared distance "
       "from all before exp, and several classes count.", or_else(fallback))
      for what, fallback in (
          ("the mean shift", lambda apart, change: change.mean(0)),
          ("zeros", lambda apart, change: 0 * change[0]),
          ("the change of the nearest class", lambda apart, change: change[apart.argmin()]),
      )],
    ("you take the smallest distance off before you square, which changes the shares; square "
     "first.",
     weighing(lambda apart, width: plain((np.sqrt(apart) - np.sqrt(apart.min())) ** 2, width))),
    ("that is the mean shift; let near classes weigh more.",
     weighing(lambda apart, width: np.ones_like(apart))),
    ("that is the change of the nearest class; let all others weigh as well.",
     weighing(lambda apart, width: (apart == apart.min()).astype(float))),
    ("far classes weigh more than near ones: a minus is missing.",
     weighing(lambda apart, width: np.exp((apart - apart.max()) / (2 * width**2)))),
    ("you have the distance in the exponent; square it.",
     weighing(lambda apart, width: bell(np.sqrt(apart), width))),
    ("you divide by twice the width; square the width.",
     weighing(lambda apart, width: bell(apart, np.sqrt(width)))),
    ("the factor 2 beside the squared width is missing.",
     weighing(lambda apart, width: bell(apart, width / np.sqrt(2)))),
    ("you take the mean of the squares over columns; add them up.",
     lambda before, change, new, width:
         weighing(bell)(before, change, new, width * np.sqrt(before.shape[1]))),
    ("the weights do not add up to one; divide by their sum.",
     lambda before, change, new, width: bell(squared(before, new), width) @ change),
    ("you divide by the number of classes; divide by the sum of the weights.",
     lambda before, change, new, width:
         bell(squared(before, new), width) @ change / len(before)),
    ("you weigh by one over the distance; use the bell of the statement.",
     weighing(lambda apart, width: 1 / np.sqrt(apart))),
])  # fmt: skip
