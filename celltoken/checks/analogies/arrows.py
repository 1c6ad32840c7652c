"""Exercises 1 and 2 of *Analogies*: complete an analogy, and predict a kind that was held out."""

import numpy as np

from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import array, names
from celltoken.methods.neighbours import similarity

# -- a is to b as c is to ... ---------------------------------------------------------------------


def questions(rng):
    """Clouds in which each simpler answer differs from the right one, and so does a query word."""
    for k, columns in ((3, 5), (6, 6)):
        while True:
            x = rng.normal(size=(60, columns)) * rng.lognormal(sigma=0.8, size=(60, 1)) + 0.4
            labels = [f"token{i}" for i in rng.permutation(60)]
            asked = [labels[i] for i in rng.choice(60, 3, replace=False)]
            case = (x, labels, *asked, k)
            right, first = answer(*case), ranked(*case)[0]
            simpler = [rule(*case) for rule in SIMPLER]
            if all(each != right for each in simpler) and first in asked:
                yield case
                break


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def ranked(x, labels, a, b, c, k, mix=lambda a, b, c: b - a + c, prepare=unit, metric="cosine"):
    """All names by likeness to a mixture of three vectors, nearest first."""
    y = prepare(x)
    target = mix(*(y[labels.index(each)] for each in (a, b, c)))
    return [labels[i] for i in np.argsort(-similarity(target[None], y, metric)[0], kind="stable")]


def answering(leave_out=lambda a, b, c: (a, b, c), **how):
    """A rule for the k nearest names to a mixture, without those of the question."""

    def rule(x, labels, a, b, c, k):
        without = leave_out(a, b, c)
        return [each for each in ranked(x, labels, a, b, c, k, **how) if each not in without][:k]

    return rule


answer = answering()
OF_C, SUM, TURNED = (
    answering(mix=mix)
    for mix in (lambda a, b, c: c, lambda a, b, c: b + c, lambda a, b, c: a - b + c)
)
SWAPPED = answering(mix=lambda a, b, c: c - a - b)
RAW = answering(prepare=lambda x: x)
EUCLID = answering(prepare=lambda x: x, metric="euclidean")
ONLY_C = answering(leave_out=lambda a, b, c: (c,))
ALL_IN = answering(leave_out=lambda a, b, c: ())
SIMPLER = [OF_C, SUM, TURNED, SWAPPED, RAW, EUCLID, ONLY_C, ALL_IN]

complete = Exercise("complete", answer, questions,
    returns(lambda v, x, labels, a, b, c, k: names(v, (k, k + 1))),
    hint="names.index(a) is the row of a, and vectors has one row for each name",
    otherwise="these are not the k names with the largest cosine to b - a + c, nearest first.",
    mistakes=[
    ("a word of the question is among the answers; leave all three out before you count.", ALL_IN),
    ("only c is left out; leave a and b out as well.", ONLY_C),
    ("those are the nearest to c: your arrow from a to b is missing.", OF_C),
    ("you added b and c and forgot to take a away.", SUM),
    ("the arrow points from b to a; go from a to b.", TURNED),
    ("a and b are both taken away; add b.", SWAPPED),
    ("you did not scale the vectors to length 1 first, so that long ones decide.", RAW),
    ("those are the nearest by Euclidean distance, with lengths as they are; use the cosine.",
     EUCLID),
    ("you return one name too many.",
     lambda x, labels, a, b, c, k: answer(x, labels, a, b, c, k + 1)),
    ("those are the farthest: the largest cosine comes first.",
     lambda x, labels, a, b, c, k: [each for each in ranked(x, labels, a, b, c, k)[::-1]
                                    if each not in (a, b, c)][:k]),
])  # fmt: skip


# -- a kind that was held out ---------------------------------------------------------------------


def two_conditions(rng):
    """Three kinds of unlike size before and after, each with a shift of its own."""
    for columns in (4, 7):
        kinds = rng.permutation(np.repeat(["B", "NK", "T", "mono"], [9, 14, 30, 21]))
        after = rng.random(len(kinds)) < np.where(kinds == "T", 0.3, 0.6)
        for kind in np.unique(kinds):
            first, last = np.flatnonzero(kinds == kind)[[0, -1]]
            after[first], after[last] = False, True
        middle = {kind: rng.normal(size=columns) * 2 for kind in np.unique(kinds)}
        shift = {kind: 1.5 + rng.normal(size=columns) for kind in np.unique(kinds)}
        x = np.array([middle[k] + a * shift[k] for k, a in zip(kinds, after, strict=True)])
        yield x + rng.normal(scale=0.3, size=x.shape), kinds, after, str(rng.choice(["B", "T"]))


def means(x, kinds, after, without=(), average=np.mean):
    """Mean before and mean after of each kind that is not left out."""
    kept = [kind for kind in np.unique(kinds) if kind not in without]
    return np.array([
        [average(x[(kinds == kind) & (after == when)], axis=0) for when in (False, True)]
        for kind in kept
    ])  # fmt: skip


def predicting(shift, start=lambda x, kinds, after, held_out: x[(kinds == held_out) & ~after]):
    """A rule: the mean of some rows, moved by a shift."""

    def rule(x, kinds, after, held_out):
        return start(x, kinds, after, held_out).mean(0) + shift(x, kinds, after, held_out)

    return rule


def mean_shift(x, kinds, after, held_out):
    both = means(x, kinds, after, {held_out})
    return (both[:, 1] - both[:, 0]).mean(0)


def shift_of_cells(x, kinds, after, held_out):
    others = kinds != held_out
    return x[others & after].mean(0) - x[others & ~after].mean(0)


def shift_of_all(x, kinds, after, _):
    both = means(x, kinds, after)
    return (both[:, 1] - both[:, 0]).mean(0)


def own_shift(x, kinds, after, held_out):
    own = kinds == held_out
    return x[own & after].mean(0) - x[own & ~after].mean(0)


predict_held_out = Exercise("predict_held_out", predicting(mean_shift), two_conditions,
    returns(lambda v, x, *_: array(v, (x.shape[1],), "one number for each column,")),
    hint="after is an array of True and False; ~after are the cells before",
    otherwise="that is not the held-out kind's mean before plus the mean shift of the other kinds.",
    mistakes=[
    ("you have looked: that is the mean of the held-out kind after the treatment.",
     predicting(own_shift)),
    ("the held-out kind's own shift is in your mean; leave it out, or you have looked.",
     predicting(shift_of_all)),
    ("you average over cells, so that kinds whose shares change between the conditions pass for a "
     "shift; take each kind's own shift, then the mean over kinds.", predicting(shift_of_cells)),
    ("that is the shift alone; add the held-out kind's mean before.",
     lambda *case: mean_shift(*case)),
    ("no change is predicted; add the shift.", predicting(lambda *case: 0)),
    ("the shift points backwards: after minus before.",
     predicting(lambda *case: -mean_shift(*case))),
    ("you start from all cells before; start from those of the held-out kind.",
     predicting(mean_shift, lambda x, kinds, after, _: x[~after])),
    ("you start from all cells of the held-out kind, also those after; start from those before.",
     predicting(mean_shift, lambda x, kinds, after, held_out: x[kinds == held_out])),
    ("that is the mean after of the other kinds; the held-out kind has a place of its own.",
     lambda x, kinds, after, held_out: means(x, kinds, after, {held_out})[:, 1].mean(0)),
    ("you add up the shifts of the kinds; take their mean.",
     predicting(lambda x, kinds, after, held_out:
         np.diff(means(x, kinds, after, {held_out}), axis=1).sum((0, 1)))),
    ("you take medians; take means.",
     lambda x, kinds, after, held_out: np.median(x[(kinds == held_out) & ~after], axis=0)
         + np.diff(means(x, kinds, after, {held_out}, np.median), axis=1).mean((0, 1))),
])  # fmt: skip
