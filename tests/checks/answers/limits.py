"""Answers to the exercises of *Limits*, as in `context`."""

from collections import Counter

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

# A table of distances is its own transpose, and so is the table that bars one owner's rows. What
# all other owners add up to is, once the mean is off, the opposite of what one does; and a random
# direction is as likely as its opposite.
HARMLESS = {
    "leak": ["argmin(0)"],
    "standard_error": ["owner != each"],
    "random_walk": ["path[0] - (new"],
}


def pairs_by_counter(learn, ask, apart):
    seen = Counter()
    for row in learn:
        seen.update(zip(row[:-apart], row[apart:], strict=True))
    told = []
    for row in ask:
        for a, b in zip(row[:-apart], row[apart:], strict=True):
            told.append(0.5 if seen[a, b] == seen[b, a] else float(seen[a, b] > seen[b, a]))
    return np.array([sum(told) / len(told)])


def pairs_by_ratio(learn, ask, apart):
    """The order that is more frequent than expected: wrong where tokens are rare."""
    size = 1 + max(learn.max(), ask.max())
    count = np.zeros((size, size))
    np.add.at(count, (learn[:, :-apart], learn[:, apart:]), 1)
    count = (count + 5) / (count.sum(1, keepdims=True) + 9)
    a, b = ask[:, :-apart], ask[:, apart:]
    return np.mean((1 + np.sign(count[a, b] - count[b, a])) / 2)


def pairs_without_learning(learn, ask, apart):
    return np.mean(ask[:, :-apart] < ask[:, apart:])


def place_by_loop(learn, ask, apart):
    rows, columns = np.nonzero(learn >= 0)
    place = {each: columns[learn[rows, columns] == each].mean() for each in np.unique(learn)}
    where = np.vectorize(place.get)(ask)
    lead = where[:, apart:] - where[:, :-apart]
    return ((lead > 0).sum() + 0.5 * (lead == 0).sum()) / lead.size


def place_by_row(learn, ask, apart):
    """Of a token's places in a row only the first, then the mean."""
    first = {}
    for row in learn:
        for each in set(row.tolist()):
            first.setdefault(each, []).append(row.tolist().index(each))
    where = np.vectorize(lambda each: np.mean(first[each]))(ask)
    return np.mean((1 + np.sign(where[:, apart:] - where[:, :-apart])) / 2)


def place_of_ends(learn, ask, apart):
    """The middle between a token's first and last place."""
    columns = np.tile(np.arange(learn.shape[1]), len(learn))
    ends = pd.Series(columns).groupby(learn.ravel()).agg(["min", "max"]).sum(axis=1)
    where = ends[ask.ravel()].to_numpy().reshape(ask.shape)
    return np.mean((1 + np.sign(where[:, apart:] - where[:, :-apart])) / 2)


def error_by_pandas(x, owner):
    sums = pd.DataFrame(x - x.mean(0)).groupby(owner).sum()
    return (sums.pow(2).sum() / len(x) ** 2) ** 0.5


def error_by_weights(x, owner):
    """The spread of owners' means, weighted by their rows."""
    names, size = np.unique(owner, return_counts=True)
    means = np.array([x[owner == each].mean(0) for each in names])
    spread = np.average((means - x.mean(0)) ** 2, axis=0, weights=size)
    return np.sqrt(spread / len(names))


def error_with_design_effect(x, owner):
    """The usual error, widened for owners of equal size."""
    size = pd.Series(owner).value_counts().mean()
    between = pd.DataFrame(x).groupby(owner).mean().var().to_numpy()
    return x.std(0) / np.sqrt(len(x)) * np.sqrt(1 + (size - 1) * between / x.var(0))


def leak_by_search(x, label, owner):
    order = NearestNeighbors(n_neighbors=len(x) - 1).fit(x).kneighbors(return_distance=False)
    near = far = 0
    for i, row in enumerate(order):
        near += label[row[0]] == label[i]
        far += label[next(j for j in row if owner[j] != owner[i])] == label[i]
    return (near - far) / len(x)


def leak_by_votes(x, label, owner):
    """Three nearest have a vote."""
    near = KNeighborsClassifier(3).fit(x, label)
    first = np.mean(label == near.predict(x))
    second = [
        KNeighborsClassifier(3)
        .fit(x[owner != each], label[owner != each])
        .score(x[owner == each], label[owner == each])
        * np.mean(owner == each)
        for each in np.unique(owner)
    ]
    return first - sum(second)


def leak_scaled(x, label, owner):
    return leak_by_search(x / x.std(0), label, owner)


def given_by_sklearn(x, z):
    left = x - LinearRegression().fit(z, x).predict(z)
    return pd.DataFrame(left).corr()


def given_ridge(x, z):
    left = x - Ridge(30.0).fit(z, x).predict(z)
    return np.corrcoef(left.T)


def given_sum(x, z):
    return given_by_sklearn(x, z.sum(1, keepdims=True))


def acts_by_pandas(scores, effects):
    return np.array([
        pd.Series(np.delete(np.abs(scores[:, j]), j)).corr(
            pd.Series(np.delete(np.abs(effects[:, j]), j)), method="spearman"
        )
        for j in range(len(scores))
    ]).mean()  # fmt: skip


def acts_by_kendall(scores, effects):
    return np.mean([
        pd.Series(np.delete(np.abs(scores[:, j]), j)).corr(
            pd.Series(np.delete(np.abs(effects[:, j]), j)), method="kendall"
        )
        for j in range(len(scores))
    ])  # fmt: skip


def acts_ranked_with_target(scores, effects):
    """Ranks are taken before the target is left out, over the whole table."""
    a, b = (rankdata(np.abs(each), axis=None).reshape(each.shape) for each in (scores, effects))
    others = ~np.eye(len(a), dtype=bool)
    return np.mean([np.corrcoef(a[o, j], b[o, j])[0, 1] for j, o in enumerate(others)])


def walk_by_loop(path, seed):
    rng, here, made = np.random.default_rng(seed), path[0], [path[0]]
    for old, new in zip(path[:-1], path[1:], strict=True):
        way = rng.standard_normal(path.shape[1])
        here = here + way * np.linalg.norm(new - old) / np.linalg.norm(way)
        made.append(here)
    return pd.DataFrame(made)


def walk_with_memory(path, seed):
    """Each direction is half the last one."""
    rng, made, way = np.random.default_rng(seed), [path[0]], 0
    for step in np.diff(path, axis=0):
        way = way + rng.normal(size=len(step)) * 0.7
        made.append(made[-1] + way * np.linalg.norm(step) / np.linalg.norm(way))
    return np.array(made)


def walk_on_a_grid(path, seed):
    """Each step in one column only."""
    rng, made = np.random.default_rng(seed), [path[0]]
    for step in np.diff(path, axis=0):
        way = np.zeros(len(step))
        way[rng.integers(len(step))] = np.linalg.norm(step)
        made.append(made[-1] + way)
    return np.array(made)


def walk_on_a_grid_both_ways(path, seed):
    """Each step in one column only, up or down."""
    rng = np.random.default_rng(seed)
    new = np.zeros_like(np.diff(path, axis=0))
    at = rng.integers(new.shape[1], size=len(new))
    new[np.arange(len(new)), at] = rng.choice([-1, 1], len(new))
    return along(new, path)


def walk_from_a_cube(path, seed):
    return along(np.random.default_rng(seed).uniform(-1, 1, np.diff(path, axis=0).shape), path)


def along(new, path):
    """Steps in these directions, as long as those of the path."""
    long = np.linalg.norm(np.diff(path, axis=0), axis=1) / np.linalg.norm(new, axis=1)
    return np.vstack([path[:1], path[0] + (new * long[:, None]).cumsum(0)])


def error_of_all_owners(x, owner):
    """The owners' sums are added before they are squared."""
    return np.abs(pd.DataFrame(x - x.mean(0)).groupby(owner).sum().sum()) / len(x)


WRONG = {
    "told_by_pairs": [(pairs_by_ratio, ""), (pairs_without_learning, "")],
    "told_by_place": [(place_by_row, ""), (place_of_ends, "")],
    "standard_error": [
        (error_by_weights, ""),
        (error_with_design_effect, ""),
        (error_of_all_owners, "before they are squared"),
    ],
    "leak": [(leak_by_votes, ""), (leak_scaled, "")],
    "given": [(given_ridge, ""), (given_sum, "")],
    "acts": [(acts_by_kendall, ""), (acts_ranked_with_target, "")],
    "random_walk": [
        (walk_with_memory, "not fair"),
        (walk_on_a_grid, "no negative numbers"),
        (walk_on_a_grid_both_ways, "normal distribution"),
        (walk_from_a_cube, "normal distribution"),
    ],
}

UNUSUAL = {
    "told_by_pairs": [pairs_by_counter],
    "told_by_place": [place_by_loop],
    "standard_error": [error_by_pandas],
    "leak": [leak_by_search],
    "given": [given_by_sklearn],
    "acts": [acts_by_pandas],
    "random_walk": [walk_by_loop],
}
