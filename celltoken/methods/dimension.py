"""How many dimensions a cloud fills, clouds that fill as many by construction, and what tasks need.

Estimators come from scikit-dimension; here are the rivals that an estimate is held against: clouds
and counts drawn anew so that covariance, clusters or totals stay.

References
----------
Bac, Mirkes, Gorban, Tyukin and Zinovyev (2021), Entropy 23, 1368, doi:10.3390/e23101368.
"""

import numpy as np
import skdim
from scipy import sparse
from scipy.stats import rankdata
from sklearn.cluster import KMeans

from celltoken.methods.inputs import as_labels, as_matrix, as_whole_counts, same_rows
from celltoken.methods.neighbours import majority_label, neighbours, rows_for_metric
from celltoken.methods.nulls import gaussian_like
from celltoken.methods.recurrence import thin_rows

ESTIMATORS = {"twonn": skdim.id.TwoNN, "mle": lambda: skdim.id.MLE(K=20)}


def intrinsic_dimension(x, estimator="twonn"):
    """Intrinsic dimension of a cloud from the distances between near tokens.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
        At least two columns. Rows that occur more than once are taken once.
    estimator : {"twonn", "mle"}
        ``"twonn"``: from the ratios of each token's second distance to its first. ``"mle"``: from
        the distances to twenty neighbours.

    Returns
    -------
    float
        No whole number need come out. Above about twenty the estimate falls short of the truth
        unless there are far more tokens than we have.

    Raises
    ------
    ValueError
        If there are fewer than 30 different tokens, one column only, or no such estimator.

    References
    ----------
    Facco, d'Errico, Rodriguez and Laio (2017), doi:10.1038/s41598-017-11873-y (TwoNN); Levina and
    Bickel (2004), Maximum likelihood estimation of intrinsic dimension, NeurIPS 17 (MLE).
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS)}, not {estimator!r}.")
    x = np.unique(_dense(x).astype(np.float64), axis=0)
    if len(x) < 30 or x.shape[1] < 2:
        raise ValueError(
            f"x has {len(x)} different rows and {x.shape[1]} column(s); pass at least 30 rows "
            "and 2 columns."
        )
    return float(ESTIMATORS[estimator]().fit(x).dimension_)


def participation_ratio(x):
    """Number of directions over which the variance of a cloud is spread, (sum v)^2 / sum v^2.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
        Centred here; ``v`` are the variances along its principal components.

    Returns
    -------
    float
        From 1 (all variance in one direction) to the number of columns (the same in all).

    Raises
    ------
    ValueError
        If ``x`` does not vary.
    """
    x = _dense(x)
    variance = np.linalg.svd(x - x.mean(0), compute_uv=False) ** 2
    if variance.sum() == 0:
        raise ValueError("x does not vary: all rows are the same.")
    return float(variance.sum() ** 2 / (variance**2).sum())


def equal_totals(counts, tokens, rng, most=np.inf):
    """Some tokens, thinned to about the same total.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, columns)
        Whole numbers.
    tokens : int
        How many to draw, or fewer if fewer have enough.
    rng : numpy.random.Generator
    most : float
        The total is that which seven in ten tokens reach, or this if it is less.

    Returns
    -------
    thinned : scipy.sparse.csr_matrix, shape (tokens drawn, columns)
        From tokens that have the total only.
    rows : numpy.ndarray of int
        Which they are, rising.
    """
    counts = as_whole_counts(counts)
    totals = np.asarray(counts.sum(1)).ravel()
    events = min(most, np.quantile(totals, 0.3))
    rows = np.sort(rng.permutation(np.flatnonzero(totals >= events))[:tokens])
    return thin_rows(counts[rows], events, rng).astype(np.float32).tocsr(), rows


def cluster(x, count=10, rng=0):
    """Number of each token's cluster, by k-means (Euclidean, the best of four starts).

    Parameters
    ----------
    x : array, shape (tokens, columns)
    count : int
    rng : numpy.random.Generator or int

    Returns
    -------
    numpy.ndarray of int, length tokens
    """
    seed = int(np.random.default_rng(rng).integers(2**31))
    return KMeans(count, n_init=4, random_state=seed).fit_predict(as_matrix(x))


def gaussian_by_group(x, group, rng=0):
    """Each group drawn anew from the normal distribution with its own mean and covariance.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    group : sequence, length tokens
        A group of one token keeps it.
    rng : numpy.random.Generator or int

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
    """
    rng, x, group = np.random.default_rng(rng), _dense(x), as_labels(group, "group")
    same_rows(x, group, "x", "group")
    drawn = x.copy()
    for each in np.unique(group):
        mine = group == each
        if mine.sum() > 1:
            drawn[mine] = gaussian_like(x[mine], rng)
    return drawn


def gaussian_own_lengths(x, rng=0):
    """A Gaussian of the same covariance in which each token keeps its distance from the centre.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    rng : numpy.random.Generator or int

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
        Only directions are drawn, so long and short rows stay as unequal as they were.
    """
    x = _dense(x)
    centre = x.mean(0)
    drawn = gaussian_like(x, rng) - centre
    length = np.linalg.norm(drawn, axis=1, keepdims=True)
    return centre + drawn * np.linalg.norm(x - centre, axis=1, keepdims=True) / length


def bent_sheet_like(x, rng=0, directions=10):
    """A bent sheet of two dimensions along the main directions, a Gaussian in all others.

    What an estimate would be if there were a manifold: mean and covariance are those of ``x``, but
    along the strongest directions every token is a smooth function of two numbers.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, columns)
    rng : numpy.random.Generator or int
    directions : int
        How many of the main directions the sheet is bent through.

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
    """
    rng, x = np.random.default_rng(rng), _dense(x)
    mean = x.mean(0)
    _, scale, axes = np.linalg.svd(x - mean, full_matrices=False)
    place = rng.uniform(size=(len(x), 2))
    waves = np.cos(
        2 * np.pi * (place @ rng.normal(size=(2, directions)) + rng.uniform(size=directions))
    )
    waves -= waves.mean(0)
    drawn = rng.standard_normal((len(x), len(scale)))
    # Orthonormal columns: the covariance along the axes is then exactly that of x.
    drawn[:, :directions] = np.linalg.qr(waves)[0] * np.sqrt(len(x) - 1)
    return mean + (drawn * scale) @ axes / np.sqrt(len(x) - 1)


def counts_by_group(counts, group, rng=0):
    """Each token's counts drawn anew from the summed counts of its group; its total stays.

    Tokens of a group then differ by sampling only (multinomial).

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, columns)
        Whole numbers.
    group : sequence, length tokens
    rng : numpy.random.Generator or int

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, columns)

    Raises
    ------
    ValueError
        If a count is negative or not whole.
    """
    rng, counts, group = np.random.default_rng(rng), as_whole_counts(counts), as_labels(group)
    same_rows(counts, group, "counts", "group")
    totals, drawn = _totals(counts), np.zeros(counts.shape, np.float32)
    for each in np.unique(group):
        mine = np.flatnonzero(group == each)
        drawn[mine] = rng.multinomial(totals[mine], _profile(counts[mine]))
    return sparse.csr_matrix(drawn)


def counts_between_groups(counts, group, rng=0, mixed=3):
    """Counts drawn anew from mixtures of a few groups' profiles: gradations in place of groups.

    What an estimate would be if tokens lay on flat pieces of two dimensions (for three groups) and
    differed by sampling besides.

    Parameters
    ----------
    counts : array or sparse matrix, shape (tokens, columns)
        Whole numbers.
    group : sequence, length tokens
        At least ``mixed`` different ones.
    rng : numpy.random.Generator or int
    mixed : int
        Groups that each token is a mixture of: drawn at random, in shares drawn evenly.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (tokens, columns)
        Totals of tokens stay.

    Raises
    ------
    ValueError
        If a count is negative or not whole, or there are too few groups.
    """
    rng, counts, group = np.random.default_rng(rng), as_whole_counts(counts), as_labels(group)
    same_rows(counts, group, "counts", "group")
    names = np.unique(group)
    if len(names) < mixed:
        raise ValueError(f"There are {len(names)} groups, but {mixed} are to be mixed.")
    profiles = np.array([_profile(counts[np.flatnonzero(group == each)]) for each in names])
    share = np.zeros((counts.shape[0], len(names)))
    which = rng.permuted(np.tile(np.arange(len(names)), (len(share), 1)), axis=1)[:, :mixed]
    np.put_along_axis(share, which, rng.dirichlet(np.ones(mixed), len(share)), axis=1)
    return sparse.csr_matrix(rng.multinomial(_totals(counts), share @ profiles).astype(np.float32))


def recall_by_dimension(x, labels, dimensions, k=5):
    """Mean recall of labels by nearest neighbours, with more and more of the leading columns.

    Parameters
    ----------
    x : array, shape (tokens, columns)
        Main directions, strongest first.
    labels : sequence, length tokens
    dimensions : sequence of int
        Numbers of columns to keep, none above the columns of ``x``.
    k : int
        Neighbours that vote (cosine).

    Returns
    -------
    numpy.ndarray, length of ``dimensions``
        Recall averaged over labels: guessing gives one over their number.
    """
    x, labels = as_matrix(x), as_labels(labels)
    same_rows(x, labels, "x", "labels")
    kinds = np.unique(labels)
    votes = [majority_label(neighbours(x[:, :each], k), labels) for each in dimensions]
    return np.array([
        np.mean([np.mean(vote[labels == kind] == kind) for kind in kinds]) for vote in votes
    ])  # fmt: skip


def agreement_by_dimension(x, first, second, scores, dimensions):
    """Rank correlation of cosines with judgements of pairs, with more and more leading columns.

    Parameters
    ----------
    x : array, shape (tokens, columns)
        Main directions, strongest first.
    first, second : sequences of int, length pairs
        Rows of ``x``.
    scores : sequence of float, length pairs
    dimensions : sequence of int

    Returns
    -------
    numpy.ndarray, length of ``dimensions``
        Spearman's correlation; 0 where all cosines are the same.
    """
    x, ranks, found = as_matrix(x), rankdata(scores), []
    for each in dimensions:
        unit = rows_for_metric(x[:, :each], "cosine")
        cosine = rankdata((unit[first] * unit[second]).sum(1).round(9))
        found.append(np.corrcoef(cosine, ranks)[0, 1] if np.ptp(cosine) > 0 else 0.0)
    return np.array(found)


def plateau(dimensions, performance, share=0.95):
    """The fewest dimensions whose performance reaches a share of the best.

    Parameters
    ----------
    dimensions : sequence of int, rising
    performance : sequence of float, of the same length
    share : float

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If no performance is above zero, so that there is no plateau to speak of.
    """
    performance = np.asarray(performance, float)
    if not performance.max() > 0:
        raise ValueError("No performance is above zero: the task is not solved at all.")
    return int(np.asarray(dimensions)[np.argmax(performance >= share * performance.max())])


def _dense(x):
    x = as_matrix(x, min_rows=2)
    return x.toarray() if sparse.issparse(x) else x


def _totals(counts):
    return np.rint(np.asarray(counts.sum(1, dtype=np.float64)).ravel()).astype(int)


def _profile(counts):
    """Shares of the columns in the sum of some rows."""
    total = np.asarray(counts.sum(0, dtype=np.float64)).ravel() + 1e-12
    return total / total.sum()
