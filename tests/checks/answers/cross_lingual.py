"""Answers to the exercises of *Cross-lingual*, as in `context`."""

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import linkage
from scipy.linalg import orthogonal_procrustes, polar
from scipy.spatial.distance import cdist, squareform
from sklearn.cluster import DBSCAN
from sklearn.metrics import f1_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.neighbors import NearestCentroid, NearestNeighbors

HARMLESS = {}


def by_scipy(a, b):
    return orthogonal_procrustes(a, b)[0]


def by_polar(a, b):
    return polar(a.T @ b)[0]


def by_qr(a, b):
    """Gram and Schmidt's orthogonal matrix, which depends on the order of the columns."""
    return np.linalg.qr(a.T @ b)[0]


def nearest_to_least_squares(a, b):
    return polar(np.linalg.lstsq(a, b)[0])[0]


def met_by_loop(x, species, kind, k):
    near = NearestNeighbors(n_neighbors=k).fit(x).kneighbors(return_distance=False)
    found = 0
    for i, row in enumerate(near):
        for j in row:
            found += species[i] != species[j] and kind[i] == kind[j]
    return np.array([found / near.size])


def met_city_block(x, species, kind, k):
    apart = cdist(x, x, "cityblock")
    np.fill_diagonal(apart, np.inf)
    near = apart.argsort(1)[:, :k]
    return np.mean((species[near] != species[:, None]) & (kind[near] == kind[:, None]))


def met_over_species(x, species, kind, k):
    near = NearestNeighbors(n_neighbors=k).fit(x).kneighbors(return_distance=False)
    both = (species[near] != species[:, None]) & (kind[near] == kind[:, None])
    return pd.Series(both.mean(1)).groupby(species).mean().mean()


def with_centroids(x, labels, control, learn, **how):
    scores = [
        NearestCentroid(**how).fit(x[learn], told[learn]).score(x[~learn], told[~learn])
        for told in (labels, control)
    ]
    return scores[0] - scores[1]


def with_city_block(x, labels, control, learn):
    return with_centroids(x, labels, control, learn, metric="manhattan")


def with_nearest_row(x, labels, control, learn):
    near = cdist(x[~learn], x[learn]).argmin(1)
    first, second = (np.mean(told[learn][near] == told[~learn]) for told in (labels, control))
    return first - second


def left_out(x, labels, groups):
    return cross_val_score(
        NearestCentroid(), x, labels, groups=groups, cv=LeaveOneGroupOut()
    ).mean()


def left_out_by_votes(x, labels, groups):
    """Class means in which each group that is learned from has one vote."""
    shares = []
    for each in np.unique(groups):
        own = groups == each
        means = pd.DataFrame(x[~own]).groupby([labels[~own], groups[~own]]).mean()
        means = means.groupby(level=0).mean()
        shares.append(np.mean(means.index[cdist(x[own], means).argmin(1)] == labels[own]))
    return np.mean(shares)


def left_out_one_row(x, labels, groups):
    right = []
    for i in range(len(x)):
        others = np.arange(len(x)) != i
        guess = NearestCentroid().fit(x[others], labels[others]).predict(x[[i]])
        right.append(guess[0] == labels[i])
    return pd.Series(right).groupby(groups).mean().mean()


def rebuilt_by_loop(activations, features, k):
    made = []
    for row in activations:
        order = sorted(range(len(row)), key=lambda i: -row[i])[:k]  # noqa: B023
        made.append(sum(max(row[i], 0) * features[i] for i in order))
    return pd.DataFrame(made)


def rebuilt_softly(activations, features, k):
    """What exceeds the next activation, as a soft threshold leaves it."""
    floor = np.maximum(np.sort(activations, axis=1)[:, [-k - 1]], 0)
    return np.maximum(activations - floor, 0) @ features


def rebuilt_as_a_table(activations, features, k):
    """Largest on average over rows."""
    kept = np.argsort(-activations.mean(0))[:k]
    return np.maximum(activations[:, kept], 0) @ features[kept]


def f1_by_sklearn(on, here, chosen):
    first = [f1_score(here[chosen], on[chosen, i]) for i in range(on.shape[1])]
    return f1_score(here[~chosen], on[~chosen, int(np.argmax(first))])


def mean_of_precision_and_recall(on, here, chosen):
    hits = on & here[:, None]
    half = [
        (hits[rows].sum(0) / on[rows].sum(0) + hits[rows].sum(0) / here[rows].sum()) / 2
        for rows in (chosen, ~chosen)
    ]
    return half[1][half[0].argmax()]


def f1_of_both_answers(on, here, chosen):
    """The mean over "here" and "not here"."""
    first = [f1_score(here[chosen], on[chosen, i]) for i in range(on.shape[1])]
    return f1_score(here[~chosen], on[~chosen, int(np.argmax(first))], average="macro")


def dealt_by_pandas(pairs, seed):
    """The words asked about change places, within bands, and rows come back band by band."""
    rng, parts = np.random.default_rng(seed), []
    for _, part in pd.DataFrame(pairs).groupby(2):
        parts.append(np.c_[rng.permutation(part[0]), part[[1, 2]]])
    return pd.DataFrame(np.vstack(parts))


def dealt_by_sorting(pairs, seed):
    draw = np.random.default_rng(seed).random(len(pairs))
    drawn = pairs.copy()
    drawn[np.argsort(pairs[:, 2], kind="stable"), 1] = pairs[np.lexsort((draw, pairs[:, 2])), 1]
    return drawn


def half_dealt(pairs, seed):
    rng, drawn = np.random.default_rng(seed), pairs.copy()
    for band in np.unique(pairs[:, 2]):
        rows = rng.permutation(np.flatnonzero(pairs[:, 2] == band))[::2]
        drawn[rows, 1] = np.roll(pairs[rows, 1], 1)
    return drawn


def every_column_alone(pairs, seed):
    return np.random.default_rng(seed).permuted(pairs, axis=0)


def pieces_by_joining(distances, scale):
    """Names that spread along links until nothing changes."""
    name = np.arange(len(distances))
    while True:
        new = np.where(distances <= scale, name[None], len(name)).min(1)
        if (new == name).all():
            return np.array([len(set(name))])
        name = new


def pieces_by_average(distances, scale):
    joins = linkage(squareform(distances, checks=False), "average")[:, 2]
    return 1 + int(np.sum(joins > scale))


def pieces_by_density(distances, scale):
    """Clusters of at least three linked points, the rest is noise."""
    found = DBSCAN(scale, min_samples=3, metric="precomputed").fit_predict(distances)
    return found.max() + 1


def twonn_by_search(x):
    far, _ = NearestNeighbors(n_neighbors=2).fit(x).kneighbors()
    return 1 / pd.Series(far[:, 1] / far[:, 0]).map(np.log).mean()


def twonn_by_line(x):
    """The slope through the origin of the empirical distribution, without the largest tenth."""
    far, _ = NearestNeighbors(n_neighbors=2).fit(x).kneighbors()
    ratio = np.sort(np.log(far[:, 1] / far[:, 0]))[: int(0.9 * len(x))]
    left = -np.log(1 - np.arange(1, len(ratio) + 1) / len(x))
    return ratio @ left / (ratio @ ratio)


def twonn_unbiased(x):
    far, _ = NearestNeighbors(n_neighbors=2).fit(x).kneighbors()
    return (len(x) - 1) / np.log(far[:, 1] / far[:, 0]).sum()


WRONG = {
    "procrustes": [(by_qr, ""), (nearest_to_least_squares, "")],
    "met": [(met_city_block, ""), (met_over_species, "")],
    "selectivity": [(with_city_block, ""), (with_nearest_row, "")],
    "unseen_groups": [(left_out_by_votes, ""), (left_out_one_row, "")],
    "rebuild": [(rebuilt_softly, ""), (rebuilt_as_a_table, "")],
    "held_out_f1": [(mean_of_precision_and_recall, ""), (f1_of_both_answers, "")],
    "pieces": [(pieces_by_average, ""), (pieces_by_density, "")],
    "twonn": [(twonn_by_line, ""), (twonn_unbiased, "")],
    "permuted_dictionary": [(half_dealt, "not fair"), (every_column_alone, "")],
}

UNUSUAL = {
    "procrustes": [by_scipy, by_polar],
    "met": [met_by_loop],
    "selectivity": [with_centroids],
    "unseen_groups": [left_out],
    "rebuild": [rebuilt_by_loop],
    "held_out_f1": [f1_by_sklearn],
    "pieces": [pieces_by_joining],
    "twonn": [twonn_by_search],
    "permuted_dictionary": [dealt_by_pandas, dealt_by_sorting],
}
