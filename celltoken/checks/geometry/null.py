"""Exercise 9 of *Geometry*: a null for "clusters come back" that keeps the covariance."""

import numpy as np
from numpy.random import default_rng
from sklearn.metrics import adjusted_rand_score

from celltoken.checks.core import Exercise
from celltoken.checks.geometry.clusters import divisions, mean_over_pairs
from celltoken.checks.nulls import kurtosis, observe_null, of_the_seed, verdict
from celltoken.checks.samples import blood
from celltoken.checks.values import array
from celltoken.methods import cooccurrence


def two_clusters(rng):
    """Two clusters far apart, off the origin, with columns that vary together and unlike much."""
    for rows, columns in ((1500, 4), (1200, 6)):
        middle, apart = rng.normal(scale=8, size=columns), 2 + rng.random(columns)
        x = rng.normal(scale=0.5, size=(rows, columns)) @ np.diag(rng.uniform(0.5, 2, columns))
        yield middle + x + rng.choice([-1, 1], size=(rows, 1)) * apart, int(rng.integers(1000))


def tails(drawn):
    return ("short", "normal", "long")[np.searchsorted([0.9, 1.2], kurtosis(drawn))]


def kept(x, drawn):
    """What a fair null keeps of a cloud, and whether it still falls into the clusters."""
    error = np.cov(drawn.T) - np.cov(x.T)
    way = np.linalg.eigh(np.cov(x.T))[1][:, -1]
    along = (drawn - drawn.mean(0)) @ way
    flatness = (along**4).mean() / max((along**2).mean() ** 2, 1e-12)  # 1 for two heaps, 3 normal
    return {
        "means": (np.abs(drawn.mean(0) - x.mean(0)) < 6 * x.std(0) / np.sqrt(len(x))).all(),
        "variances": (np.abs(np.diag(error)) < 0.25 * x.var(0)).all(),
        "covariance": np.linalg.norm(error) < 0.25 * np.linalg.norm(np.cov(x.T)),
        "new values": not np.isin(np.round(drawn[:, 0], 9), np.round(x[:, 0], 9)).all(),
        "new rows": not np.isin(np.round(drawn.sum(1), 9), np.round(x.sum(1), 9)).all(),
        "no clusters": flatness > 1.5,
        "normal": 2.2 < flatness < 4.5,
        "short tails": tails(drawn) == "short",
        "long tails": tails(drawn) == "long",
    }


def reference(x, seed):
    return default_rng(seed).multivariate_normal(x.mean(0), np.cov(x.T), len(x))


def around(x, seed, covariance):
    return default_rng(seed).multivariate_normal(x.mean(0), covariance, len(x))


def flat(x, seed):
    noise = default_rng(seed).uniform(-(3**0.5), 3**0.5, size=x.shape)
    return x.mean(0) + noise @ np.linalg.cholesky(np.cov(x.T)).T


def long_tailed(x, seed):
    noise = default_rng(seed).standard_t(3, size=x.shape) / 3**0.5
    return x.mean(0) + noise @ np.linalg.cholesky(np.cov(x.T)).T


def stability_of(x, k=8, seeds=range(4)):
    return mean_over_pairs(divisions(x, k, seeds), adjusted_rand_score)


def cells_say(ask, seed):
    """The claim on the main coordinates of a sample of blood cells, against the student's null."""
    counts, _, _ = blood(seed, cells=400, genes=1000, common=0.1)
    x = np.log1p(counts / np.maximum(counts.sum(1, keepdims=True), 1) * 1e4)
    x = cooccurrence.svd_embedding(x - x.mean(0), 10, power=1).astype(float)
    null = stability_of(array(ask(x, seed), x.shape))
    return verdict(stability_of(x), null, "the stability of eight clusters of cells", margin=0.1)


gaussian_null = Exercise("gaussian_null", reference, two_clusters, observe_null(kept),
    remark=cells_say,
    hint="np.cov takes variables as rows; multivariate_normal wants a mean for each column, and a "
    "covariance for each pair of columns",
    otherwise="your null is not fair: it must be normal, keep the means and the covariance of the "
    "columns, and have no clusters.",
    mistakes=[
    ("nothing is destroyed: these are rows of x, in another order or drawn again, and they bring "
     "the clusters with them.", lambda x, seed: default_rng(seed).permutation(x), ("new rows",)),
    ("each column is permuted on its own, which keeps its values and loses the covariance: the "
     "cloud gets rounder, and that alone changes the clusters.",
     lambda x, seed: default_rng(seed).permuted(x, axis=0), ("new values", "covariance")),
    ("the means are lost: draw around the mean of each column.",
     lambda x, seed: reference(x - x.mean(0), seed), ("means",)),
    ("the variances are lost (a correlation is not a covariance, a standard deviation no "
     "variance).", lambda x, seed: around(x, seed, np.corrcoef(x.T)), ("variances",)),
    ("the columns are drawn one by one: their variances are kept, their covariance is lost.",
     lambda x, seed: around(x, seed, np.diag(x.var(0))), ("covariance", "new values")),
    ("the clusters are still there: a little noise on every row moves none of them away.",
     lambda x, seed: x + default_rng(seed).normal(scale=0.1, size=x.shape), ("no clusters",)),
    ("the numbers are spread evenly (uniform), so that no row lies far out; draw them from a "
     "normal distribution.", flat, ("short tails",)),
    ("too many rows lie far out for a normal distribution (Student's t has such tails); draw from "
     "a normal one.", long_tailed, ("long tails",)),
    *of_the_seed(reference),
])  # fmt: skip
