"""Answers to the exercises of *Amortization*, as in `context`."""

import itertools
import re

import numpy as np
import pandas as pd
from scipy.interpolate import interp1d
from scipy.special import softmax
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

HARMLESS = {}


def by_expressions(shots, word):
    """Only changes that fit are counted, as regular expressions."""
    found = {}
    for item, answer in shots:
        stem = next(item[:i] for i in range(len(item), -1, -1) if answer.startswith(item[:i]))
        off, on = item.removeprefix(stem), answer.removeprefix(stem)
        if re.search(f"{off}$", word):
            found[off, on] = found.get((off, on), 0) + 1
    if not found:
        return np.str_(word)
    off, on = max(found, key=found.get)
    return re.sub(f"{off}$", on, word, count=1)


def commonest_ending_first(shots, word):
    """The commonest ending to take off, and then what is put on after it most often."""
    changes = pd.DataFrame([by_prefix(*shot) for shot in shots], columns=["off", "on"])
    for off in changes.off.value_counts().index:
        if word.endswith(off):
            on = changes.on[changes.off == off].value_counts().index[0]
            return word[: len(word) - len(off)] + on
    return word


def by_prefix(item, answer):
    same = 0
    for a, b in zip(item, answer, strict=False):
        if a != b:
            break
        same += 1
    return item[same:], answer[same:]


def nearest_item(shots, word):
    """The change of the item whose end is most like the word's."""

    def common(item):
        both = zip(item[::-1], word[::-1], strict=False)
        return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], both))

    off, on = by_prefix(*max(shots, key=lambda shot: common(shot[0])))
    return word.removesuffix(off) + on if word.endswith(off) else word


def by_loop(sizes, accuracy, level):
    if accuracy[0] >= level:
        return sizes[0]
    for i in range(1, len(sizes)):
        if accuracy[i] >= level:
            line = interp1d(accuracy[i - 1 : i + 1], np.log2(sizes[i - 1 : i + 1]))
            return np.array([2 ** line(level)])
    return float("inf")


def without_dips(sizes, accuracy, level):
    """On the highest accuracy so far."""
    return by_loop(sizes, np.maximum.accumulate(accuracy), level)


def by_fit(sizes, accuracy, level):
    """On a straight line through all points."""
    slope, start = np.polyfit(np.log(sizes), accuracy, 1)
    return np.exp((level - start) / slope) if max(accuracy) >= level else np.inf


def by_dot_products(found, base, first, second):
    errors = [
        sum(np.dot(a, b) for a, b in zip(x - first, x - second, strict=True)) for x in (found, base)
    ]
    return (errors[1] - errors[0]) / errors[1]


def explained_variance(found, base, first, second):
    """As R squared: beside the spread of the classes around their mean."""
    true = (first + second) / 2
    return 1 - ((found - true) ** 2).sum() / ((true - true.mean(0)) ** 2).sum()


def along_base(found, base, first, second):
    """The share of what is specific that goes along with the prediction."""
    step = found - base
    return (step * (first - base)).sum() / ((first - base) * (second - base)).sum()


def by_softmax(before, change, new, width):
    apart = np.linalg.norm(before - new, axis=1)
    return pd.Series(softmax(-0.5 * (apart / width) ** 2) @ change)


def in_standard_units(before, change, new, width):
    scale = before.std(0)
    return by_softmax(before / scale, change, new / scale, width)


def two_nearest(before, change, new, width):
    near = np.argsort(((before - new) ** 2).sum(1))[:2]
    return by_softmax(before[near], change[near], new, width)


def by_average(before, change, new, width):
    """Plain weights, which all round to zero far off."""
    weights = np.exp(-((before - new) ** 2).sum(1) / (2 * width**2))
    return np.average(change, axis=0, weights=weights)


def with_a_small_number(before, change, new, width):
    weights = np.exp(-((before - new) ** 2).sum(1) / (2 * width**2))
    return weights @ change / (weights.sum() + 1e-12)


def by_groups(x, first, second):
    table = pd.DataFrame(x)
    means = table.groupby([first, second]).mean()
    grid = means.to_numpy().reshape(2, 2, -1)
    plane = grid.mean(0)[None] + grid.mean(1)[:, None] - grid.mean((0, 1))
    of = first.astype(int), second.astype(int)
    return pd.DataFrame(x - grid[of] + plane[of])


def by_least_squares(x, first, second):
    """The additive fit to all rows, in which large groups weigh more."""
    means = by_cell_means(x, first, second)
    design = np.c_[np.ones(len(x)), first, second]
    return x - means + design @ np.linalg.lstsq(design, x)[0]


def by_cell_means(x, first, second):
    return pd.DataFrame(x).groupby([first, second]).transform("mean").to_numpy()


def without_the_gate(x, first, second):
    """What the product of the centred features explains is taken off."""
    gate = (first - first.mean()) * (second - second.mean())
    return x - np.outer(gate, gate @ x / (gate @ gate))


def by_sklearn(x, k):
    z = StandardScaler().fit_transform(x)
    more = PolynomialFeatures(2, interaction_only=True, include_bias=False).fit_transform(z[:, :k])
    return np.c_[more[:, k:], z]


def centred_products(x, k):
    """Products without their means."""
    found = by_sklearn(x, k)
    return found - found.mean(0)


def products_of_three(x, k):
    z = StandardScaler().fit_transform(x)
    more = PolynomialFeatures(3, interaction_only=True, include_bias=False).fit_transform(z[:, :k])
    return np.c_[more[:, k:], z]


def dealt_by_pandas(loadings, band, seed):
    rng, place = np.random.default_rng(seed), np.arange(len(loadings))
    to = pd.Series(place).groupby(band).transform(lambda rows: rng.permutation(rows))
    return pd.DataFrame(loadings).iloc[to].reset_index(drop=True)


def dealt_by_sorting(loadings, band, seed):
    draw, drawn = np.random.default_rng(seed).random(len(band)), np.empty_like(loadings)
    drawn[np.argsort(band, kind="stable")] = loadings[np.lexsort((draw, band))]
    return drawn


def half_dealt(loadings, band, seed):
    rng, drawn = np.random.default_rng(seed), loadings.copy()
    for each in np.unique(band):
        rows = rng.permutation(np.flatnonzero(band == each))[::2]
        drawn[rows] = loadings[np.roll(rows, 1)]
    return drawn


def ten_bands(loadings, band, seed):
    """Bands as they are numbered in the notebook, and no others."""
    rng, drawn = np.random.default_rng(seed), loadings.copy()
    for each in range(10):
        drawn[band == each] = rng.permutation(loadings[band == each])
    return drawn


def turned(loadings, band, seed):
    """A random rotation of the axes."""
    square = np.random.default_rng(seed).normal(size=(loadings.shape[1],) * 2)
    return loadings @ np.linalg.qr(square)[0]


WRONG = {
    "rule_of_endings": [(commonest_ending_first, ""), (nearest_item, "")],
    "labels_needed": [(without_dips, "first reaches"), (by_fit, "")],
    "specific_share": [(explained_variance, ""), (along_base, "")],
    "weighted_shift": [
        (in_standard_units, ""),
        (two_nearest, ""),
        (by_average, "if all weights are zero"),
        (with_a_small_number, "you return zeros"),
    ],
    "made_additive": [(by_least_squares, ""), (without_the_gate, "")],
    "with_products": [(centred_products, ""), (products_of_three, "")],
    "dealt_loadings": [
        (half_dealt, "not fair"),
        (turned, "turn the axes"),
        (ten_bands, "not every band"),
    ],
}

UNUSUAL = {
    "rule_of_endings": [by_expressions],
    "labels_needed": [by_loop],
    "specific_share": [by_dot_products],
    "weighted_shift": [by_softmax],
    "made_additive": [by_groups],
    "with_products": [by_sklearn],
    "dealt_loadings": [dealt_by_pandas, dealt_by_sorting],
}
