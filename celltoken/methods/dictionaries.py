"""Dictionaries of directions beside a sparse autoencoder's, and scores that are fair to all.

A dictionary has units. Each unit has a direction in the space of the rows, and says of every row
how far it is on: zero, or a positive number.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF, FastICA
from sklearn.exceptions import ConvergenceWarning

from celltoken.methods import sparse_autoencoder
from celltoken.methods.inputs import as_matrix, same_rows
from celltoken.methods.sparse_autoencoder import keep_largest


@dataclass(frozen=True)
class Dictionary:
    """``features``: array, shape (units, columns), not scaled. ``on``: from rows to (rows, units),
    how far every unit is on, never negative.
    """

    features: np.ndarray
    on: Callable


def learned(x, units, active, rng, steps=1200):
    """The dictionary of a sparse autoencoder: a row has at most ``active`` units on."""
    made = sparse_autoencoder.train(x, units, active, rng, steps=steps)
    return Dictionary(made.features, made.encode)


def untrained(x, units, active, rng):
    """The same with its random weights: what sparsity does before anything is learned."""
    made = sparse_autoencoder.train(x, units, active, rng, steps=1, rate=0.0, revive=False)
    return Dictionary(made.features, made.encode)


def principal_components(x, units, active, rng):
    """Main directions of variance, each split into a positive and a negative unit."""
    centre = x.mean(0)
    _, _, directions = np.linalg.svd(x - centre, full_matrices=False)
    return _both_signs(directions[: units // 2], directions[: units // 2], centre)


def independent_components(x, units, active, rng, most=50):
    """Independent components (FastICA), each split into a positive and a negative unit."""
    number = min(units // 2, most, x.shape[1])
    fit = FastICA(number, whiten="unit-variance", max_iter=100, tol=0.01, random_state=_seed(rng))
    _quiet(fit.fit, x)
    return _both_signs(fit.components_, fit.mixing_.T, fit.mean_)


def non_negative_factors(x, units, active, rng):
    """Non-negative factors of what each coordinate has above and below its mean."""
    centre = x.mean(0)
    fit = NMF(units, init="random", solver="cd", max_iter=30, tol=1e-3, random_state=_seed(rng))
    _quiet(fit.fit, _parts(x - centre))
    above, below = np.split(fit.components_, 2, axis=1)
    return Dictionary(above - below, lambda rows: _quiet(fit.transform, _parts(rows - centre)))


def clusters(x, units, active, rng):
    """Centres of k-means; a unit is the more on, the nearer the row is to its centre."""
    centre = x.mean(0)
    fit = KMeans(min(units, len(x)), n_init=1, random_state=_seed(rng)).fit(x - centre)
    middle = fit.cluster_centers_

    def near(rows):
        apart = ((rows - centre) ** 2).sum(1, keepdims=True) - 2 * (rows - centre) @ middle.T
        apart = np.sqrt(np.maximum(apart + (middle**2).sum(1), 0))
        return 1 / (1 + apart / scale)

    scale = float(np.sqrt(np.mean(np.sum((x - centre) ** 2, axis=1))))
    return Dictionary(middle, near)


def examples(x, units, active, rng):
    """Rows drawn at random; a unit is on as far as a row points the way of its example."""
    centre = x.mean(0)
    drawn = x[rng.choice(len(x), units, replace=units > len(x))] - centre
    return _along(drawn, centre)


def random_directions(x, units, active, rng):
    """Directions drawn from nothing; of each row the ``active`` nearest are kept on."""
    centre = x.mean(0)
    made = _along(rng.normal(size=(units, x.shape[1])), centre)
    return Dictionary(made.features, lambda rows: keep_largest(made.on(rows), active))


RIVALS = {
    "principal components": principal_components,
    "independent components": independent_components,
    "non-negative factors": non_negative_factors,
    "clusters": clusters,
    "examples": examples,
    "random dictionary": random_directions,
    "untrained": untrained,
}


def every(x, units, active, rng, rivals=RIVALS):
    """A sparse autoencoder's dictionary, under ``"value"``, and its rivals by name.

    Parameters
    ----------
    x : array, shape (rows, columns)
        To learn from.
    units, active : int
        Units of each dictionary (fewer where there are not so many), and how many may be on in a
        row where the kind of dictionary says so.
    rng : numpy.random.Generator
    rivals : dict from str to callable

    Returns
    -------
    dict from str to Dictionary
    """
    x = as_matrix(x, min_rows=2)
    made = {"value": learned} | dict(rivals)
    return {name: make(x, units, active, rng) for name, make in made.items()}


def best_unit(on, here):
    """The unit and the threshold that tell best which rows hold a concept.

    Parameters
    ----------
    on : array, shape (rows, units)
        Not negative.
    here : array of bool, length rows

    Returns
    -------
    unit : int
    threshold : float
        Above zero: the concept is said of rows at or above it. Infinite if no unit is ever on.
    score : float
        F1, the harmonic mean of precision and recall; 0 if no unit is ever on.
    """
    return best_units(on, np.asarray(here, bool)[:, None])[0]


def best_units(on, concepts, asked=None, at_once=256):
    """:func:`best_unit` of several concepts, for which the units are sorted once.

    Parameters
    ----------
    on : array, shape (rows, units)
    concepts : array of bool, shape (rows, concepts)
    asked : array of bool, shape (rows, concepts), optional
        Of which rows each concept is asked; by default of all.
    at_once : int
        Units that are sorted at the same time.

    Returns
    -------
    list of (unit, threshold, score)
    """
    concepts = np.asarray(concepts, bool)
    same_rows(on, concepts, "on", "concepts")
    asked = np.ones(concepts.shape, bool) if asked is None else np.asarray(asked, bool)
    best = [(0, np.inf, 0.0)] * concepts.shape[1]
    for start in range(0, on.shape[1], at_once):
        part = on[:, start : start + at_once]
        order = np.argsort(-part, axis=0, kind="stable")
        sorted_on = np.take_along_axis(part, order, 0)
        # A threshold takes all rows that are on as far, or none of them.
        last_of_tie = np.vstack([sorted_on[:-1] > sorted_on[1:], np.ones((1, part.shape[1]), bool)])
        allowed = (sorted_on > 0) & last_of_tie
        for number, (here, of) in enumerate(zip(concepts.T, asked.T, strict=True)):
            said = of[order].cumsum(0, dtype=np.int32)
            f1 = 2 * (here & of)[order].cumsum(0, dtype=np.int32) / (said + np.sum(here & of))
            f1[~allowed] = 0
            row, unit = np.unravel_index(f1.argmax(), f1.shape)
            if f1[row, unit] > best[number][2]:
                best[number] = int(unit) + start, float(sorted_on[row, unit]), float(f1[row, unit])
    return best


def held_out_scores(on, concepts, rng, asked=None):
    """How well one unit stands for each concept, on rows that had no part in choosing it.

    Unit and threshold are chosen on a random half of the rows and scored on the other, both ways.

    Parameters
    ----------
    on : array, shape (rows, units)
    concepts : array of bool, shape (rows, concepts)
    rng : numpy.random.Generator
    asked : array of bool, shape (rows, concepts), optional
        Of which rows each concept is asked; by default of all.

    Returns
    -------
    numpy.ndarray, length concepts
        Mean F1 of both ways.
    """
    concepts = np.asarray(concepts, bool)
    same_rows(on, concepts, "on", "concepts")
    asked = np.ones(concepts.shape, bool) if asked is None else np.asarray(asked, bool)
    first = rng.permutation(len(on)) % 2 == 0
    scores = np.zeros((2, concepts.shape[1]))
    for way, chosen in enumerate((first, ~first)):
        best = best_units(on[chosen], concepts[chosen], asked[chosen])
        for number, (unit, threshold, _) in enumerate(best):
            rows = ~chosen & asked[:, number]
            said, true = on[rows, unit] >= max(threshold, 1e-12), concepts[rows, number]
            scores[way, number] = 2 * np.sum(said & true) / max(np.sum(said) + np.sum(true), 1)
    return scores.mean(0)


def both_held(first, second, mixed, active):
    """How often a mixture has the top units of both its parents on, beyond other mixtures.

    Parameters
    ----------
    first, second, mixed : arrays, shape (pairs, units)
        How far every unit is on in both parents and in their mixture; at least two pairs.
    active : int
        So many units of a mixture count as held, those farthest above their mean over the parents.
        A parent's top unit is the one farthest above it.

    Returns
    -------
    float
        Share of mixtures that hold both, less the mean share of all other mixtures (a unit that is
        on everywhere is held by those as well); -1 to 1.
    """
    usual = np.vstack([first, second]).mean(0)
    kept = (keep_largest(mixed - usual, active) > 0).astype(float)
    one, two = ((each - usual).argmax(1) for each in (first, second))
    rows = np.arange(len(kept))
    own = kept[rows, one] * kept[rows, two]
    others = ((kept.T @ kept)[one, two] - own) / (len(kept) - 1)
    return float(np.mean(own - others))


def turned_up(made, x, here, effect, rng, times=4):
    """What adding a feature does, over what adding the difference of means of like length does.

    Parameters
    ----------
    made : dict from str to Dictionary
        As :func:`every` gives it. Of each, the unit that tells the concept best is turned up.
    x : array, shape (rows, columns)
        To choose units on.
    here : array of bool, length rows
        Which rows hold the concept.
    effect : callable
        From vectors to add, (vectors, columns), to a number each. It should be measured on other
        rows.
    rng : numpy.random.Generator
    times : int
        Other latents, and random directions, whose mean is taken.

    Returns
    -------
    dict from str to float
        By the names of ``made``, and ``"other latents"`` (of ``made["value"]``) and
        ``"random directions"``. The difference of means itself has 1.

    Raises
    ------
    ValueError
        If all rows hold the concept, or none does.
    """
    here = np.asarray(here, bool)
    if here.all() or not here.any():
        raise ValueError("here must name some of the rows, not all and not none.")
    means = x[here].mean(0) - x[~here].mean(0)
    best = {name: best_unit(each.on(x), here)[0] for name, each in made.items()}
    features = np.delete(made["value"].features, best["value"], axis=0)
    some = rng.choice(len(features), min(times, len(features)), replace=False)
    tried = [made[name].features[unit] for name, unit in best.items()]
    tried = np.vstack([*tried, features[some], rng.normal(size=(times, len(means)))])
    tried = tried * (np.linalg.norm(means) / np.linalg.norm(tried, axis=1, keepdims=True))
    whole, *shares = effect(np.vstack([means, tried]))
    shares = np.array(shares) / whole
    found = dict(zip(best, shares.tolist(), strict=False))
    found["other latents"] = shares[len(best) : len(best) + len(some)].mean()
    found["random directions"] = shares[len(best) + len(some) :].mean()
    return found


def _along(features, centre):
    unit = features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-12)
    return Dictionary(features, lambda rows: np.maximum((rows - centre) @ unit.T, 0))


def _both_signs(read, features, centre):
    def on(rows):
        said = (rows - centre) @ read.T
        return np.maximum(np.hstack([said, -said]), 0)

    return Dictionary(np.vstack([features, -features]), on)


def _parts(x):
    return np.hstack([np.maximum(x, 0), np.maximum(-x, 0)])


def _seed(rng):
    return int(rng.integers(2**31))


def _quiet(call, *given):
    """A fit that is stopped early on purpose says so every time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return call(*given)
