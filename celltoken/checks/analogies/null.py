"""Exercise 7 of *Analogies*: a Gaussian of equal covariance as a null for "a manifold"."""

import numpy as np
from numpy.random import default_rng

from celltoken.checks.core import Exercise
from celltoken.checks.nulls import kurtosis, observe_null, of_the_seed, stands
from celltoken.checks.samples import glove
from celltoken.checks.values import array
from celltoken.methods.dimension import intrinsic_dimension


def clouds(rng):
    """Two crowds apart, with columns that covary, and whose mean is not zero."""
    for rows, columns in ((400, 4), (300, 6)):
        x = rng.exponential(size=(rows, columns)) + 9 * (rng.random(rows) < 0.1)[:, None]
        yield x @ rng.normal(size=(columns, columns)) + rng.normal(0, 5, columns), int(
            rng.integers(1000))  # fmt: skip


def whitened(x, like):
    """Rows in units in which the data have covariance 1."""
    values, axes = np.linalg.eigh(np.cov(like.T))
    return (x - like.mean(0)) @ axes / np.sqrt(np.maximum(values, 1e-12))


def kept(x, drawn):
    """What a fair null keeps of a table, in units of the data's own spread, and what not."""
    y = whitened(drawn, x)
    error = np.sqrt(len(x))
    known = {row.tobytes() for row in x}
    covariance = np.cov(y.T)
    off = covariance - np.diag(np.diag(covariance))
    third = np.mean(((y - y.mean(0)) / y.std(0)) ** 3, axis=0)
    chance = np.sqrt(8 / (x.shape[1] * (x.shape[1] + 2))) / error
    return {
        "means": bool(np.abs(y.mean(0) / y.std(0)).max() < 5 / error),
        "variances": bool(np.abs(np.diag(covariance) - 1).max() < 8 / error),
        "covariances": bool(np.abs(off).max() < 6 / error),
        "own spread": np.allclose(drawn.std(0), x.std(0), rtol=4 / error),
        "not too wide": bool(drawn.std(0).max() < 1.5 * x.std(0).max()),
        "spread of data": not np.allclose(drawn.std(0), 1, rtol=4 / error),
        "spread by column": not np.allclose(drawn.std(0), drawn.std(), rtol=4 / error),
        "rows repeat": len(np.unique(drawn, axis=0)) < len(drawn),
        "new rows": not any(row.tobytes() in known for row in drawn),
        "new values": not np.isclose(np.sort(drawn, 0), np.sort(x, 0)).mean() > 0.5,
        "third moments": bool(np.abs(third).max() < 6 * np.sqrt(6) / error),
        "fourth moments": bool(np.abs(kurtosis(drawn) - 1) < 5 * chance),
    }  # fmt: skip


def reference(x, seed):
    return default_rng(seed).multivariate_normal(x.mean(0), np.cov(x.T), size=len(x), method="eigh")


def words_say(ask, seed):
    """The claim on a sample of words, against the student's null."""
    vectors = glove()[1]
    x = vectors[default_rng(seed).permutation(10_000)[:1500]]
    null, real = (intrinsic_dimension(each) for each in (array(ask(x, seed), x.shape), x))
    claim = stands(null - real > 0.1 * x.shape[1])
    return (
        f"{claim}: the dimension of 1,500 words in {x.shape[1]} columns is {real:.0f}, and "
        f"{null:.0f} under your null"
    )


def smooth(x, seed):
    rng = default_rng(seed)
    return x[rng.integers(len(x), size=len(x))] + rng.normal(size=x.shape) * 0.3 * x.std(0)


def flat(x, seed):
    numbers = default_rng(seed).uniform(-np.sqrt(3), np.sqrt(3), x.shape)
    return numbers @ np.linalg.cholesky(np.cov(x.T)).T + x.mean(0)


gaussian_null = Exercise("gaussian_null", reference, clouds, observe_null(kept), remark=words_say,
    hint="np.cov(x.T) is the covariance of the columns; the generator has a multivariate normal",
    otherwise="your null is not fair: it must keep the means and the covariance of the columns and "
    "have nothing else of the data.",
    mistakes=[
    ("rows are drawn from the data again; draw new ones from a Gaussian.",
     lambda x, seed: default_rng(seed).choice(x, size=len(x)), ("rows repeat",)),
    ("nothing is destroyed: you return the rows of the data.",
     lambda x, seed: default_rng(seed).permutation(x), ("new rows",)),
    ("each column is permuted, so that columns no longer covary; that is a weaker null, so keep "
     "the covariance.",
     lambda x, seed: default_rng(seed).permuted(x, axis=0), ("new values", "covariances")),
    ("the means are lost; add them.", lambda x, seed: reference(x, seed) - x.mean(0), ("means",)),
    ("the data's own rows are only blurred, so that crowds stay crowds; draw from a Gaussian.",
     smooth, ("third moments",)),
    ("your numbers have the covariance of the data and are not normal; draw from a normal "
     "distribution.", flat, ("fourth moments",)),
    ("the spread of standard normal numbers is not that of the data; keep the covariance.",
     lambda x, seed: default_rng(seed).normal(x.mean(0), size=x.shape), ("spread of data",)),
    ("you use the covariance where its root belongs, so that wide directions become far too wide.",
     lambda x, seed: default_rng(seed).normal(size=x.shape) @ np.cov(x.T) + x.mean(0),
     ("not too wide",)),
    ("the Gaussian is round, with one spread for all columns; keep the covariance.",
     lambda x, seed: default_rng(seed).normal(x.mean(0), x.std(), size=x.shape),
     ("spread by column", "own spread")),
    ("columns are drawn independently of each other; keep their covariance.",
     lambda x, seed: default_rng(seed).normal(x.mean(0), x.std(0), size=x.shape),
     ("covariances",)),
    *of_the_seed(reference),
])  # fmt: skip
