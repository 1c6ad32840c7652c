"""Answers to the exercises of *Geometry*, as in `context`."""

from itertools import permutations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial.distance import cdist
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

HARMLESS = {
    "above_edge": ["strengths >= 1"],  # no singular value lies exactly at the edge
}


def ratio_of_the_first_five(x):
    v = np.linalg.eigvalsh(np.cov(x.T)).clip(0)
    return v[-5:].sum() ** 2 / (v[-5:] ** 2).sum()


def ratio_of_gram(x):
    v = np.linalg.eigvalsh(x @ x.T)
    return v.sum() ** 2 / (v**2).sum()


def ratio_by_traces(x):
    c = pd.DataFrame(x).cov().to_numpy()
    return np.array([[np.trace(c) ** 2 / np.trace(c @ c)]])


def edge_ten_percent(counts):
    return edge_by_eigenvalues(counts)[:1]


def edge_of_logs(counts):
    return edge_by_eigenvalues(np.log1p(counts))


def edge_by_eigenvalues(counts):
    counts = counts[:, counts.any(0)]
    e = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    r = (counts - e) / e**0.5
    values = np.sqrt(np.linalg.eigvalsh(r @ r.T).clip(0))[::-1] / np.sqrt(counts.shape).sum()
    return pd.Series(values[values > 1])


def runs(x, k, seeds):
    return [KMeans(k, n_init=1, random_state=s).fit(x).labels_ for s in seeds]


def stability_without_perfect_pairs(x, k, seeds):
    pairs = [adjusted_rand_score(a, b) for a, b in permutations(runs(x, k, seeds), 2)]
    return np.mean([each for each in pairs if each != 1])


def stability_of_absolutes(x, k, seeds):
    pairs = [adjusted_rand_score(a, b) for a, b in permutations(runs(x, k, seeds), 2)]
    return np.sqrt(np.square(pairs)).mean()


def stability_rounded(x, k, seeds):
    return round(stability_of_ordered_pairs(x, k, seeds), 1)


def stability_of_ordered_pairs(x, k, seeds):
    pairs = permutations(runs(x, k, seeds), 2)
    return np.float32(np.mean([adjusted_rand_score(a, b) for a, b in pairs])).item()


def excess(x, score, seeds, shuffle):
    return score(x) - np.mean([score(shuffle(x, seed)) for seed in seeds])


def columns_one_by_one(x, seed):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.permutation(column) for column in x.T])


def excess_of_absolutes(x, score, seeds):
    return np.abs(excess(x, score, seeds, columns_one_by_one))


def excess_one_generator(x, score, seeds):
    rng = np.random.default_rng(seeds)
    return excess(x, score, seeds, lambda x, _: columns_one_by_one(x, rng))


def excess_of_shifts(x, score, seeds):
    def shift(x, seed):
        steps = np.random.default_rng(seed).integers(1, len(x), x.shape[1])
        return np.column_stack([np.roll(c, s) for c, s in zip(x.T, steps, strict=True)])

    return excess(x, score, seeds, shift)


def excess_one_by_one(x, score, seeds):
    return excess(x, score, seeds, lambda x, seed: sparse.csr_array(columns_one_by_one(x, seed)))


def line_from_ends(merged, a, b):
    """Heron: the height of a triangle of which the three sides are known."""
    norm = np.linalg.norm
    p, q, r = norm(merged - a), norm(merged - b), norm(b - a)
    s = (p + q + r) / 2
    area = np.sqrt(s * (s - p) * (s - q) * (s - r))
    return [(p**2 - q**2 + r**2) / (2 * r**2), 2 * area / r / r]


def line_by_pythagoras(merged, a, b):
    way, out = b - a, merged - a
    t = out @ way / (way @ way)
    return pd.Series([t, np.sqrt(out @ out / (way @ way) - t**2)])


def line_at_least_a_tenth(merged, a, b):
    t, off = line_from_ends(merged, a, b)
    return t, np.fmax(off, 0.1)


def line_with_absolute(merged, a, b):
    t, off = line_by_pythagoras(merged, a, b)
    return abs(t), off


def confused(labels, guessed, pair):
    crossed = pd.crosstab(pd.Series(labels), pd.Series(np.asarray(guessed)))
    crossed = crossed.reindex(index=list(pair), columns=list(pair), fill_value=0).to_numpy()
    return (crossed[0, 1] + crossed[1, 0]) / np.isin(labels, pair).sum()


def confusion_one_depth(counts, labels, pair, share, guess, seed):
    rng = np.random.default_rng(seed)
    size = int(np.median(counts.sum(1)) * share)
    thin = [rng.multivariate_hypergeometric(row, min(size, row.sum())) for row in counts]
    return confused(labels, guess(np.array(thin)), pair)


def confusion_cut_poisson(counts, labels, pair, share, guess, seed):
    drawn = np.random.default_rng(seed).poisson(counts * share)
    return confused(labels, guess(np.minimum(drawn, counts)), pair)


def confusion_rounded_at_random(counts, labels, pair, share, guess, seed):
    u = np.random.default_rng(seed).random(counts.shape)
    return confused(labels, guess((counts * share + u).astype(int)), pair)


def confusion_by_molecules(counts, labels, pair, share, guess, seed):
    """Every molecule has its own coin; the table is handed over sparse."""
    rng, thin = np.random.default_rng([seed, 1]), np.zeros_like(counts)
    rows, columns = np.nonzero(counts)
    many = counts[rows, columns]
    rows, columns = np.repeat(rows, many), np.repeat(columns, many)
    kept = rng.random(len(rows)) < share
    np.add.at(thin, (rows[kept], columns[kept]), 1)
    return confused(labels, guess(sparse.csr_matrix(thin)), pair)


def attend_loop(queries, keys, values, first=0, rate=1.0):
    found = []
    for i, query in enumerate(queries):
        scores = rate * (keys[first : i + 1] @ query) / np.sqrt(len(query))
        found.append(softmax(scores) @ values[first : i + 1])
    return np.array(found)


def attend_two_before(queries, keys, values):
    rows = range(len(queries))
    part = [slice(max(i - 2, 0), i + 1) for i in rows]
    return np.array([attend_loop(queries[p], keys[p], values[p])[-1] for p in part])


def attend_doubled(queries, keys, values):
    return attend_loop(queries, keys, values, rate=2.0)


def attend_frame(queries, keys, values):
    return pd.DataFrame(attend_loop(queries, keys, values))


def weigh(x, positions, width, kernel):
    d = cdist(positions, positions)
    w = kernel(d / width) * (d > 0)
    return w @ x / w.sum(1)[:, None]


def tissue_cut_off(x, positions, width):
    return weigh(x, positions, width, lambda d: np.exp(-(d**2) / 2) * (d < 2.5))


def tissue_of_nearest(x, positions, width):
    d = cdist(positions, positions)
    return np.array([x[np.argsort(row)[1:7]].mean(0) for row in d])


def tissue_by_softmax(x, positions, width):
    d = cdist(positions, positions)
    np.fill_diagonal(d, np.inf)
    return sparse.csr_matrix(softmax(-(d**2) / (2 * width**2), axis=1) @ x)


def null_of_columns(x, seed):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.normal(c.mean(), c.std(), len(c)) for c in x.T])


def null_resampled(x, seed):
    return x[np.random.default_rng(seed).integers(len(x), size=len(x))]


def null_uniform(x, seed):
    return np.random.default_rng(seed).uniform(x.min(0), x.max(0), x.shape)


def null_uniform_with_covariance(x, seed):
    """By the symmetric root, so that no single direction is as flat as its numbers."""
    values, v = np.linalg.eigh(np.cov(x.T))
    noise = np.random.default_rng(seed).uniform(-1, 1, x.shape) * np.sqrt(3)
    return x.mean(0) + noise @ (v * np.sqrt(values)) @ v.T


def null_by_cholesky(x, seed):
    noise = np.random.default_rng([seed, 5]).normal(size=x.shape)
    return pd.DataFrame(x.mean(0) + noise @ np.linalg.cholesky(np.cov(x.T)).T)


WRONG = {
    "participation_ratio": [(ratio_of_the_first_five, ""), (ratio_of_gram, "not centred")],
    "above_edge": [(edge_ten_percent, "singular values"), (edge_of_logs, "")],
    "stability": [
        (stability_without_perfect_pairs, "agree wholly are left out"),
        (stability_of_absolutes, "sign is lost"),
        (stability_rounded, "mean adjusted"),
    ],
    "excess_over_permuted": [
        (excess_of_absolutes, "sign is lost"),
        (excess_one_generator, "one generator"),
        (excess_of_shifts, "shifted"),
    ],
    "project_on_line": [(line_at_least_a_tenth, ""), (line_with_absolute, "lost its sign")],
    "confusion_at_depth": [
        (confusion_one_depth, "same number"),
        (confusion_cut_poisson, "Poisson"),
        (confusion_rounded_at_random, "rounded at random"),
    ],
    "attend": [(attend_two_before, ""), (attend_doubled, "")],
    "neighbourhood_attention": [(tissue_cut_off, ""), (tissue_of_nearest, "")],
    "gaussian_null": [
        (null_of_columns, "one by one"),
        (null_resampled, "drawn again"),
        (null_uniform, ""),
        (null_uniform_with_covariance, "(uniform)"),
    ],
}

UNUSUAL = {
    "participation_ratio": [ratio_by_traces],
    "above_edge": [edge_by_eigenvalues],
    "stability": [stability_of_ordered_pairs],
    "excess_over_permuted": [excess_one_by_one],
    "project_on_line": [line_from_ends, line_by_pythagoras],
    "confusion_at_depth": [confusion_by_molecules],
    "attend": [attend_frame],
    "neighbourhood_attention": [tissue_by_softmax],
    "gaussian_null": [null_by_cholesky],
}
