"""Answers to the exercises of *Analogies*, as in `context`."""

from itertools import permutations

import numpy as np
import pandas as pd
from gensim.models import KeyedVectors
from scipy.linalg import cholesky
from scipy.spatial.distance import pdist, squareform

HARMLESS = {
    "ring_p": [
        "np.roll(orders, +1, axis=1)",  # the same tours, backwards
        "tours < tours[0] * (1 + 1e-09)",  # the slack is there for equal ones
    ],
    "phase_agreement": ["turn + way * angle"],  # both directions are tried
    # The length of a velocity scales all cosines of its row; means are never equal here.
    "forward_share": ["* np.linalg.norm(v)", "cosine[later].mean() >= cosine"],
}


def by_gensim(vectors, names, a, b, c, k):
    kv = KeyedVectors(vectors.shape[1])
    kv.add_vectors(names, vectors)
    return pd.Series([word for word, _ in kv.most_similar([b, c], [a], topn=k)])


def by_product(vectors, names, a, b, c, k):
    """3CosMul, another rule."""
    kv = KeyedVectors(vectors.shape[1])
    kv.add_vectors(names, vectors)
    return [word for word, _ in kv.most_similar_cosmul([b, c], [a], topn=k)]


def centred_first(vectors, names, a, b, c, k):
    return by_gensim(vectors - vectors.mean(0), names, a, b, c, k).tolist()


def by_groups(x, kinds, after, held_out):
    table = pd.DataFrame(x).groupby([kinds, after]).mean().unstack()
    shift = table.xs(True, axis=1, level=1) - table.xs(False, axis=1, level=1)
    start = table.xs(False, axis=1, level=1).loc[held_out]
    return start + shift.drop(held_out).mean()


def weighted_by_size(x, kinds, after, held_out):
    frame = pd.DataFrame(x)
    table = frame.groupby([kinds, after]).mean().unstack()
    shift = table.xs(True, axis=1, level=1) - table.xs(False, axis=1, level=1)
    weight = pd.Series(kinds).value_counts().drop(held_out)
    mean = shift.loc[weight.index].mul(weight, axis=0).sum() / weight.sum()
    return table.xs(False, axis=1, level=1).loc[held_out] + mean


def half_a_shift(x, kinds, after, held_out):
    start = x[(kinds == held_out) & ~after].mean(0)
    return (start + by_groups(x, kinds, after, held_out).to_numpy()) / 2


def tours(x, metric="euclidean"):
    apart = squareform(pdist(x, metric))
    n = len(x)
    tour = lambda order: sum(apart[i, j] for i, j in zip(order, order[1:] + order[:1]))  # noqa: E731, B905
    return tour(tuple(range(n))), [tour((0, *rest)) for rest in permutations(range(1, n))]


def ring_in_one_direction(x):
    """Each undirected tour once."""
    apart = squareform(pdist(x))
    n, found = len(x), []
    for rest in permutations(range(1, n)):
        if rest[0] < rest[-1]:
            order = np.array((0, *rest))
            found.append(apart[order, np.roll(order, -1)].sum())
    own = apart[np.arange(n), np.roll(np.arange(n), -1)].sum()
    return np.array([np.mean(np.array(found) <= own + 1e-9)])


def ring_city_block(x):
    own, found = tours(x, "cityblock")
    return np.mean(np.array(found) <= own + 1e-9)


def ring_longest_step(x):
    apart = squareform(pdist(x))
    found = []
    for rest in permutations(range(1, len(x))):
        order = np.array((0, *rest))
        found.append(apart[order, np.roll(order, -1)].max())
    own = apart[np.arange(len(x)), np.roll(np.arange(len(x)), -1)].max()
    return np.mean(np.array(found) <= own + 1e-9)


def phase_by_search(angle, hours, period):
    turn = 2 * np.pi * hours / period
    best = -1
    for way in (1, -1):
        for shift in np.linspace(0, 2 * np.pi, 20_001):
            best = max(best, np.cos(turn - way * angle - shift).mean())
    return best


def phase_by_sums(angle, hours, period):
    turn = 2 * np.pi * hours / period
    found = []
    for way in (1, -1):
        d = turn - way * angle
        found.append(np.hypot(np.cos(d).mean(), np.sin(d).mean()))
    return max(found)


def phase_in_bins(angle, hours, period):
    return phase_by_sums(angle, np.floor(hours), period)


def phase_of_ranks(angle, hours, period):
    rank = pd.Series(angle).rank().to_numpy() * 2 * np.pi / len(angle)
    return phase_by_sums(rank, hours, period)


def walk_by_powers(near, label):
    stays = np.zeros((len(near), len(near)))
    for i, row in enumerate(near):
        stays[i, row[label[row] == label[i]]] += 1 / len(row)
    alive, steps = np.ones(len(near)), np.zeros(len(near))
    for _ in range(20_000):
        steps += alive
        alive = stays @ alive
    return steps.mean()


def walk_of_three_steps(near, label):
    stays = np.zeros((len(near), len(near)))
    for i, row in enumerate(near):
        stays[i, row[label[row] == label[i]]] += 1 / len(row)
    return sum(np.linalg.matrix_power(stays, t).sum(1) for t in range(3)).mean()


def walk_lazy(near, label):
    return walk_by_powers(np.c_[np.arange(len(near)), near], label)


def forward_by(summary):
    """A share of rows by a loop: what is compared of the later and of the earlier cosines."""

    def rule(x, velocity, time, near):
        right = []
        for i, row in enumerate(near):
            step = x[row] - x[i]
            cosine = step @ velocity[i] / np.linalg.norm(step, axis=1)
            later, earlier = time[row] > time[i], time[row] < time[i]
            if later.any() and earlier.any():
                right.append(summary(cosine[later]) > summary(cosine[earlier]))
        return np.mean(right)

    rule.__name__ = f"forward_by_{summary.__name__}"
    return rule


def gaussian_by_cholesky(x, seed):
    rng = np.random.default_rng(seed)
    return x.mean(0) + rng.normal(size=x.shape) @ cholesky(np.cov(x.T))


def gaussian_by_svd(x, seed):
    rng = np.random.default_rng(seed)
    centred = x - x.mean(0)
    mix = rng.normal(size=(len(x), len(x))) / np.sqrt(len(x) - 1)
    return pd.DataFrame(x.mean(0) + mix @ centred)


def student_t(x, seed):
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=x.shape) @ cholesky(np.cov(x.T))
    return x.mean(0) + normal / np.sqrt(rng.chisquare(2, size=(len(x), 1)) / 2)


def laplace(x, seed):
    numbers = np.random.default_rng(seed).laplace(scale=0.5**0.5, size=x.shape)
    return numbers @ np.linalg.cholesky(np.cov(x.T)).T + x.mean(0)


def first_component(x, seed):
    rng = np.random.default_rng(seed)
    values, axes = np.linalg.eigh(np.cov(x.T))
    values[: len(values) // 2] = 0
    return x.mean(0) + rng.normal(size=x.shape) @ (axes * np.sqrt(values)).T


WRONG = {
    "complete": [(by_product, ""), (centred_first, "")],
    "predict_held_out": [(weighted_by_size, ""), (half_a_shift, "")],
    "ring_p": [(ring_city_block, ""), (ring_longest_step, "")],
    "phase_agreement": [(phase_in_bins, ""), (phase_of_ranks, "")],
    "steps_to_leave": [(walk_of_three_steps, ""), (walk_lazy, "")],
    "forward_share": [(forward_by(np.max), ""), (forward_by(np.sum), "")],
    "gaussian_null": [(student_t, ""), (first_component, ""), (laplace, "not normal")],
}

UNUSUAL = {
    "complete": [by_gensim],
    "predict_held_out": [by_groups],
    "ring_p": [ring_in_one_direction],
    "phase_agreement": [phase_by_sums, phase_by_search],
    "steps_to_leave": [walk_by_powers],
    "forward_share": [forward_by(np.mean)],
    "gaussian_null": [gaussian_by_cholesky, gaussian_by_svd],
}
