"""How an estimate changes from stage to stage, and stages drawn anew with the same covariance."""

import numpy as np
import pandas as pd
import skdim
from scipy import sparse

from celltoken.methods.inputs import as_labels, as_matrix, as_whole_counts, same_rows
from celltoken.methods.recurrence import thin_rows


def same_covariance(x, rng=0, bent=0):
    """Tokens mixed by a random rotation: mean and sample covariance stay exactly as they were.

    Each new token is a sum of all old ones with random weights, hence close to Gaussian: clusters,
    bends and unequal lengths go. Unlike a draw from a normal distribution, which has a sample
    covariance of its own, it loses no direction where columns outnumber tokens.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
        At least three tokens.
    rng : numpy.random.Generator or int
    bent : int
        Along so many of the main directions each token is a smooth function of two numbers, a bent
        sheet, and not Gaussian. The covariance is the same all the same.

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
    """
    x, rng = as_matrix(x, min_rows=3), np.random.default_rng(rng)
    x = x.toarray() if sparse.issparse(x) else x
    mean = x.mean(0)
    _, scale, axes = np.linalg.svd(x - mean, full_matrices=False)
    rank = int(np.sum(scale > 1e-9 * max(scale[0], 1e-300)))
    draws = rng.standard_normal((len(x), rank))
    bent = min(bent, rank)
    place = rng.uniform(size=(len(x), 2)) @ rng.normal(size=(2, bent))
    draws[:, :bent] = np.cos(2 * np.pi * (place + rng.uniform(size=bent)))
    turned = np.linalg.qr(draws - draws.mean(0))[0]
    return mean + (turned * scale[:rank]) @ axes[:rank]


def fall(by_stage):
    """By how much a number falls from the first stage to the last, along the best straight line.

    Parameters
    ----------
    by_stage : sequence of float, in order of the stages; at least two

    Returns
    -------
    float
        Negative if it rises.
    """
    by_stage = np.asarray(by_stage, float)
    if by_stage.ndim != 1 or len(by_stage) < 2:
        raise ValueError("by_stage must hold one number for each of at least two stages.")
    return -float(np.polyfit(np.linspace(0, 1, len(by_stage)), by_stage, 1)[0])


def ranked_in_strata(values, strata, parts, rng):
    """Cut tokens into equal parts by a value, within each stratum.

    Parameters
    ----------
    values : sequence of float, length tokens
    strata : sequence, length tokens
    parts : int
    rng : numpy.random.Generator
        Breaks ties.

    Returns
    -------
    numpy.ndarray of int, length tokens
        0: the highest values of their stratum.
    """
    values, strata = np.asarray(values, float), as_labels(strata, "strata")
    same_rows(values, strata, "values", "strata")
    order = rng.permutation(len(values))
    ranks = pd.Series(values[order]).groupby(strata[order]).rank(method="first", pct=True)
    found = np.empty(len(values), int)
    found[order] = np.minimum(((1 - ranks) * parts).astype(int), parts - 1)
    return found


def equal_stages(counts, stage, rng, most=300):
    """As many tokens of each stage, thinned to about the same total.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, columns)
        Whole numbers.
    stage : sequence of int, length tokens
    rng : numpy.random.Generator
    most : int
        Tokens of a stage; fewer if a stage has fewer that reach the total.

    Returns
    -------
    thinned : scipy.sparse.csr_matrix, shape (tokens drawn, columns)
        The total is that which seven in ten tokens reach.
    rows : numpy.ndarray of int
        Which tokens they are, stage by stage.

    Raises
    ------
    ValueError
        If a stage has fewer than thirty tokens with the total.
    """
    counts, stage = as_whole_counts(counts), as_labels(stage, "stage")
    same_rows(counts, stage, "counts", "stage")
    total = np.asarray(counts.sum(1)).ravel()
    events = np.quantile(total, 0.3)
    deep = [np.flatnonzero((total >= events) & (stage == each)) for each in np.unique(stage)]
    fewest = min(len(each) for each in deep)
    if fewest < 30:
        raise ValueError(
            f"a stage has {fewest} tokens with {events:.0f} counts: at least 30 are needed; give "
            "more tokens, or fewer stages."
        )
    rows = np.concatenate([rng.permutation(each)[: min(most, fewest)] for each in deep])
    return thin_rows(counts[rows], events, rng).astype(np.float32).tocsr(), rows


def local_dimension(x, k=20):
    """Intrinsic dimension near each token: Levina and Bickel's estimate from its k neighbours.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    k : int
        Fewer than tokens.

    Returns
    -------
    numpy.ndarray, length tokens
        Noisy: one number from ``k`` distances. By scikit-dimension.
    """
    return np.asarray(skdim.id.MLE(K=k).fit(as_matrix(x)).dimension_pw_, float)
