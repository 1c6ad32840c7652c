"""Exercise 6 of *Context*: how many neighbours change when a type is left out, beyond chance."""

import warnings
from functools import lru_cache

import numpy as np

from celltoken.checks.core import Exercise, fail
from celltoken.checks.values import number, table


def cells_and_types(rng):
    """Twice: an embedding that is made anew each time; and one that stays as it was when the type
    is left out, and only then, so that the result is negative and a lost sign shows."""
    for steady, repeats in ((False, 3), (True, 8)):
        labels = rng.permutation(np.repeat(["B", "NK", "T"], [30, 25, 45]))
        rate = rng.gamma(1, 3, size=(3, 40))[np.unique(labels, return_inverse=True)[1]]
        counts = rng.poisson(rate * rng.lognormal(0, 0.3, size=(100, 1))).astype(float)
        gone = str(rng.choice(["B", "NK"]))
        yield counts, labels, gone, steady, int(rng.integers(1000)), repeats


class Embedding:
    """Coordinates of the cells it is given; remembers which they were. It is the check's own, so
    that the check knows what an answer left out at random."""

    def __init__(self, counts, stay, steady):
        self.counts, self.stay, self.steady, self.kept = counts, stay, steady, []
        self.row = {line.tobytes(): i for i, line in enumerate(counts)}

    def __call__(self, counts):
        counts = table(counts)
        rows = [self.row.get(line.tobytes()) for line in counts]
        if len(rows) < 11 or None in rows:
            fail("give embed rows of counts as they are, one for each cell that is there.")
        kept = np.isin(np.arange(len(self.row)), rows)
        if kept.sum() < len(rows):
            fail("some cell is given to embed twice; draw without replacement.")
        self.kept.append(kept)
        whole = self.steady and (kept == self.stay).all()
        counts = self.counts if whole else counts
        x = components(counts.tobytes(), counts.shape[1])
        return x[rows] if whole else x.copy()


@lru_cache(64)  # every mistake is replayed on the cells that one answer kept
def components(counts, genes):
    x = np.log1p(np.frombuffer(counts).reshape(-1, genes))
    left, strengths, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    return left[:, :6] * strengths[:6]


def removals(stay, seed, repeats):
    """As many masks, each the same mask in random order."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(stay) for _ in range(repeats)]


class Draws:
    """Draws masks, or gives those that an answer drew: see ``replay``."""

    fixed = None

    def __call__(self, *given, how=removals):
        return how(*given) if self.fixed is None else self.fixed


draws = Draws()


def ten_nearest(x):
    return _ten_nearest(np.ascontiguousarray(x, dtype=float).tobytes(), x.shape[1])


@lru_cache(64)
def _ten_nearest(x, columns):
    x = np.frombuffer(x).reshape(-1, columns)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    return np.argsort(2 * np.eye(len(x)) - x @ x.T, axis=1)[:, :10]


def overlap(near, later):
    return (near[:, :, None] == later[:, None]).any(2).mean()


def drift(before, after, kept):
    return 1 - overlap(ten_nearest(before[kept]), ten_nearest(after))


def among_all(before, after, kept):
    """The drift if neighbours before are sought among all cells."""
    later = np.flatnonzero(kept)[ten_nearest(after)]
    return 1 - overlap(ten_nearest(before)[kept], later)


def misplaced(before, after, kept):
    return drift(before[: kept.sum()], after, np.ones(kept.sum(), dtype=bool))


def both(counts, labels, gone, embed, seed, repeats, how=removals, measure=drift):
    """The drift when the type is left out, and those of the random removals."""
    before, stay = embed(counts), labels != gone
    masks = [stay, *draws(stay, seed, repeats, how=how)]
    real, *random = [measure(before, embed(counts[kept]), kept) for kept in masks]
    return real, np.array(random)


def effect(*given, take=np.mean, **options):
    real, random = both(*given, **options)
    return real - take(random)


def but(**options):
    """A wrong effect that differs in one thing."""
    return lambda *given: effect(*given, **options)


def change(value):
    return lambda *given: value(effect(*given))


def of_both(value, **options):
    return lambda *given: value(*both(*given, **options))


def ask_and_watch(ask, counts, labels, gone, steady, seed, repeats):
    stay = labels != gone

    def asked(seed):
        embed = Embedding(counts, stay, steady)
        return number(ask(counts, labels, gone, embed, seed, repeats)), embed.kept

    value, kept = asked(seed)
    random = [k for k in kept if not k.all() and (k != stay).any()]
    removed = [(~k & ~stay).sum() for k in random] or [0]
    # Of n cells drawn from all, hypergeometric: how many are of the type?
    n, share = (~stay).sum(), (~stay).mean()
    limit = 5.5 * np.sqrt(n * share * (1 - share) ** 2 / len(removed))
    again, other = (asked(each)[1] if repeats == 3 else None for each in (seed, seed + 1))
    return {
        "value": value,
        "draws": random,
        "embedded": len(kept) > 0,
        "type left out": any((k == stay).all() for k in kept),
        "type alone": any((k == ~stay).all() for k in kept),
        "all cells": any(k.all() for k in kept),
        "any at random": len(random) > 0,
        "as many removed": {(~k).sum() for k in random} <= {n},
        "removals": len(random),
        "all the same": len(random) > 1 and len({k.tobytes() for k in random}) == 1,
        "of the type": bool(max(removed) > 0),
        "from all alike": bool(abs(np.mean(removed) - n * share) < limit)
        and (len(removed) < 8 or len(set(removed)) > 1),  # chance does not share out evenly
        "same seed, same cells": again is None or np.array_equal(again, kept),
        "other seed, other cells": other is None or not np.array_equal(other, kept),
    }


def replay(function, case, masks):
    """The value of a function that removes the cells that an answer removed."""
    counts, labels, gone, steady, seed, repeats = case
    draws.fixed = masks
    try:
        embed = Embedding(counts, labels != gone, steady)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(counts, labels, gone, embed, seed, len(masks))
    except Exception:
        return np.nan
    finally:
        draws.fixed = None


def from_the_others(stay, seed, repeats):
    """Removes none of the type."""
    rng = np.random.default_rng(seed)
    lost = [rng.permutation(np.flatnonzero(stay))[: (~stay).sum()] for _ in range(repeats)]
    return [~np.isin(np.arange(len(stay)), rows) for rows in lost]


def half_and_half(stay, seed, repeats):
    rng = np.random.default_rng(seed)
    n = (~stay).sum()
    draw = [[rng.permutation(np.flatnonzero(s)) for s in (stay, ~stay)] for _ in range(repeats)]
    lost = [np.concatenate([a[: n - n // 2], b[: n // 2]]) for a, b in draw]
    return [~np.isin(np.arange(len(stay)), rows) for rows in lost]


excess_drift = Exercise("excess_drift", effect, cells_and_types, ask_and_watch, replay=replay,
    hint="to compare neighbours before and after, both tables must hold the same cells: drop from "
    "the first those that leave",
    otherwise="that is not the drift when the type leaves, minus the mean drift of random "
    "removals (drift: the share of the ten nearest neighbours, by cosine, that change).",
    mistakes=[
    ("embed is never called; the coordinates of those that stay must be made anew.",
     lambda *_: 0.0, ("embedded",)),
    ("you keep the cells of the type and remove the others; it is they who leave.",
     lambda counts, labels, gone, *more: effect(counts, np.where(labels == gone, "", gone), gone,
         *more), ("type alone",)),
    ("the cells that stay when the type leaves are never embedded on their own.",
     lambda counts, labels, gone, embed, *_: embed(counts).mean(), ("type left out",)),
    ("you never embed all cells: before anyone leaves is what you compare with.",
     lambda counts, labels, gone, embed, *_: embed(counts[labels != gone]).mean(), ("all cells",)),
    ("no cells are removed at random; without that, nothing says what size alone costs.",
     of_both(lambda real, _: real, how=lambda *_: []), ("any at random",)),
    ("the type's leaving removes one number of cells, your random removal another; remove as many.",
     lambda *given: effect(*given, how=lambda stay, *how: removals(np.arange(len(stay)) < len(stay)
         // 2, *how)), ("as many removed",)),
    ("there must be as many random removals as repeats says.",
     but(how=lambda stay, seed, n: removals(stay, seed, 1)), ("removals",)),
    ("your random removals are all the same: make the generator once, not each time.",
     but(how=lambda stay, seed, n: removals(stay, seed, 1) * n), ("all the same",)),
    ("draw from all cells: your random removals never touch a cell of the type.",
     but(how=from_the_others), ("of the type",)),
    ("draw from all cells alike: your random removals take too many, or too few, of the type.",
     but(how=half_and_half), ("from all alike",)),
    ("the same seed gives other removals: make the generator from seed, in the function.",
     but(how=lambda stay, _, n: removals(stay, None, n)), ("same seed, same cells",)),
    ("another seed gives the same removals: use the argument seed.",
     but(how=lambda stay, _, n: removals(stay, 0, n)), ("other seed, other cells",)),
    ("the sign is wrong: drift is the share of neighbours that change, so it is targeted minus "
     "random.", change(np.negative)),
    ("the sign is lost: the drift can well be less than that of random removals.", change(abs)),
    ("values below 0 are cut off: the drift can well be less than that of random removals.",
     change(lambda v: max(v, 0))),
    ("that is the drift itself; take off the mean drift of the random removals.",
     of_both(lambda real, _: real)),
    ("that is the share kept; drift is the share that changes.", of_both(lambda real, _: 1 - real)),
    ("that is the mean drift of the random removals only.",
     of_both(lambda _, random: random.mean())),
    ("you take off the sum of the random drifts; take off their mean.",
     but(take=np.sum), ("value",)),
    ("you take off the largest random drift; take off the mean.", but(take=np.max), ("value",)),
    ("you take off the smallest random drift; take off the mean.", but(take=np.min), ("value",)),
    ("you take off one random drift only; take off the mean of all repeats.",
     but(take=lambda v: v[0]), ("value",)),
    ("you take off the last random drift only; take off the mean of all repeats.",
     but(take=lambda v: v[-1]), ("value",)),
    ("that is a ratio; subtract the mean drift of the random removals.",
     of_both(lambda real, random: real / random.mean()), ("value",)),
    ("neighbours 'before' are sought among all cells, so whoever had a neighbour that left seems "
     "to drift; drop those that leave first, then look for neighbours.", but(measure=among_all)),
    ("rows do not match: the first rows of 'before' are not the cells that stay; drop the same "
     "cells.", but(measure=misplaced)),
])  # fmt: skip
