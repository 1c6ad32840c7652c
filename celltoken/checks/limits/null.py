"""Exercise 7 of *Limits*: a random walk as a null for "change has a direction"."""

from functools import lru_cache

import numpy as np
from numpy.random import default_rng
from scipy.stats import spearmanr

from celltoken import data
from celltoken.checks.core import Exercise
from celltoken.checks.nulls import observe_null, of_the_seed, verdict
from celltoken.checks.values import array
from celltoken.data.recipes import log_normalise


def paths(rng):
    """Steps of unlike length that drift, in columns of unlike spread, from a start off zero."""
    for times, columns in ((8, 400), (10, 500)):
        steps = rng.normal(1, 0.7, size=(times, columns)) * rng.lognormal(0, 0.7, columns)
        steps *= np.linspace(0.5, 3, times)[rng.permutation(times)][:, None]
        yield steps.cumsum(0) + 7, int(rng.integers(1000))


def lengths(path):
    return np.linalg.norm(np.diff(path, axis=0), axis=1)


def units(path):
    return np.diff(path, axis=0) / np.maximum(lengths(path), 1e-12)[:, None]


def kept(path, drawn):
    """What a fair null keeps of a path, and what not."""
    new, old = units(drawn), units(path)
    between = (new @ new.T)[np.triu_indices(len(new), 1)]
    away = np.linalg.norm(drawn[1:] - drawn[0], axis=1)
    spread = np.corrcoef((new**2).mean(0), (old**2).mean(0))[0, 1]
    # In many columns the entries of a random direction are normal, and have a kurtosis of 3.
    kurtosis = (new**4).mean() / max((new**2).mean() ** 2, 1e-300)
    return {
        "start": np.allclose(drawn[0], path[0]),
        "lengths": np.allclose(lengths(drawn), lengths(path)),
        "goes on": not np.allclose(away, lengths(path)),
        "other places": not np.isin(drawn[1:, 0], path[:, 0]).all(),
        "other steps": not np.allclose(new, old),
        "along the old": not np.allclose(np.abs((new * old).sum(1)), 1),
        "other directions": bool(np.abs(new @ old.T).max() < 0.35),
        "angles": not np.allclose(new @ new.T, old @ old.T),
        "steps apart": bool(np.abs(between).max() < 0.35),
        "steps differ": bool(np.abs(between).min() < 0.99),
        "new numbers": not np.allclose(*(np.sort(np.diff(each, axis=0)) for each in (drawn, path))),
        "both signs": bool(0.3 < (new[new != 0] > 0).mean() < 0.7),
        "normal numbers": bool(2.5 < kurtosis < 3.5),
        "columns alike": not spread > 0.4,
    }


def reference(path, seed, draw=lambda rng, steps: rng.normal(size=steps.shape)):
    """Steps in the directions that are drawn, as long as they were."""
    steps = draw(default_rng(seed), np.diff(path, axis=0))
    steps = steps / np.linalg.norm(steps, axis=1, keepdims=True) * lengths(path)[:, None]
    return np.vstack([path[:1], path[0] + steps.cumsum(0)])


def walk(draw):
    return lambda path, seed: reference(path, seed, draw)


def unscaled(path, seed):
    steps = default_rng(seed).normal(size=np.diff(path, axis=0).shape)
    return np.vstack([path[:1], path[0] + steps.cumsum(0)])


def around_the_start(path, seed):
    walked = reference(path, seed)
    return np.vstack([path[:1], path[0] + np.diff(walked, axis=0)])


def times_permuted(path, seed):
    return np.vstack([path[:1], default_rng(seed).permutation(path[1:])])


def turned(rng, steps):
    return steps[:, rng.permutation(steps.shape[1])] * rng.choice([-1, 1], steps.shape[1])


@lru_cache
def stem_cells():
    """Log-normalised levels of stem cells that differentiate, and their hours."""
    cells = data.load("mesc_ra")
    cells = log_normalise(cells[np.asarray(cells.X.sum(1)).ravel() > 0])
    return cells.to_df(), cells.obs["hours"].to_numpy()


def cells_say(ask, seed):
    """How well direction 1 of half of the stem cells orders their times, against the null."""
    levels, hours = stem_cells()
    some = default_rng(seed).random(len(hours)) < 0.5
    path = levels[some].groupby(hours[some]).mean().to_numpy()

    def in_order(path):
        left = np.linalg.svd(path - path.mean(0), full_matrices=False)[0]
        return abs(spearmanr(left[:, 0], np.arange(len(path))).statistic)

    nulls = [in_order(array(ask(path, seed + each), path.shape)) for each in range(20)]
    what = "the rank correlation of direction 1 with time"
    return verdict(in_order(path), np.mean(nulls), what, margin=0.05)


random_walk = Exercise("random_walk", reference, paths, observe_null(kept), remark=cells_say,
    hint="np.diff(path, axis=0) are the steps; steps.cumsum(0) goes the other way",
    otherwise="your null is not fair: it must begin where the path begins and keep the length of "
    "each step, and its steps must go in random directions, each by itself.",
    mistakes=[
    ("the times are permuted, which makes long steps of short ones; draw new directions.",
     times_permuted, ("other places", "lengths")),
    ("the same steps come in another order and lead to the same end; draw new directions.",
     lambda path, seed: path[0] + np.vstack([
         path[:1] * 0, default_rng(seed).permutation(np.diff(path, axis=0)).cumsum(0)]),
     ("lengths", "other directions", "steps apart")),
    ("nothing is destroyed: the steps go where they went.", lambda path, seed: path,
     ("other steps",)),
    ("each step goes forth or back where it went; draw new directions.",
     walk(lambda rng, steps: steps * rng.choice([-1, 1], len(steps))[:, None]),
     ("along the old",)),
    ("the places lie around the start; add the steps up, so that each goes on from the last.",
     around_the_start, ("lengths", "goes on")),
    ("your steps have other lengths; scale each to the length that it had.", unscaled,
     ("lengths",)),
    ("the walk begins at zero; begin where the path begins.",
     lambda path, seed: reference(path, seed) - path[0], ("start",)),
    ("all steps go in one direction, so the walk is straight; draw one for each step.",
     walk(lambda rng, steps: steps * 0 + rng.normal(size=steps.shape[1])),
     ("steps apart", "steps differ")),
    ("the path is turned as a whole, so its steps keep their angles; draw each step by itself.",
     walk(turned), ("angles",)),
    ("the numbers of each step change places, and what all columns share stays; draw directions.",
     walk(lambda rng, steps: rng.permuted(steps, axis=1)), ("new numbers", "steps apart")),
    ("your directions have no negative numbers, so that every column rises; draw from a normal "
     "distribution.", walk(lambda rng, steps: rng.random(steps.shape)), ("both signs",)),
    ("your steps follow the columns in which the data change most; take all directions alike.",
     walk(lambda rng, steps: rng.normal(size=steps.shape) * steps.std(0)), ("columns alike",)),
    *[("not all directions are equally likely: too few or too many of your numbers are large; draw "
       "each from a normal distribution.", walk(draw), ("normal numbers",))
      for draw in (lambda rng, steps: rng.choice([-1.0, 1.0], steps.shape),
                   lambda rng, steps: rng.standard_cauchy(steps.shape))],
    *of_the_seed(reference),
])  # fmt: skip
