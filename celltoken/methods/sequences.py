"""Lines and rings: do distances between tokens follow their order, or their steps around a circle?

All functions take ``apart``, the distances of every two tokens, which stand in the order that is
asked about; nothing is fitted to that order.
"""

from itertools import combinations, permutations

import numpy as np
from scipy.stats import rankdata

from celltoken.methods.inputs import as_matrix

EXACT = 8  # up to so many tokens every order is tried


def distances(x):
    """Euclidean distances of every two rows, of one table or of many small ones at once.

    ``x`` has shape (..., tokens, columns), the result (..., tokens, tokens).
    """
    x = np.asarray(x)
    return np.linalg.norm(x[..., :, None, :] - x[..., None, :, :], axis=-1)


def betweenness(apart):
    """Share of triples whose middle token lies between: first and last are farthest apart.

    Parameters
    ----------
    apart : array, shape (..., tokens, tokens)
        Distances; three tokens or more, in their order. Leading dimensions are averaged over.

    Returns
    -------
    float
        1 on a line. In each triple one distance is the greatest (equal ones count their part), so
        the mean over all orders of the tokens is one third, whatever the distances are.
    """
    apart = _distances(apart, fewest=3)
    i, j, k = np.array(list(combinations(range(apart.shape[-1]), 3))).T
    sides = np.stack([apart[..., i, k], apart[..., i, j], apart[..., j, k]])
    largest = sides == sides.max(0)
    return float((largest[0] / largest.sum(0)).mean())


def best_betweenness(apart):
    """The greatest :func:`betweenness` that some order of the tokens reaches, the same everywhere.

    ``apart`` has shape (..., tokens, tokens) with 3 to 8 tokens; over leading dimensions (many
    triples of one make) one order is chosen for all. Raises ValueError if there are more tokens.
    """
    apart = _distances(apart, fewest=3)
    count = apart.shape[-1]
    if count > EXACT:
        raise ValueError(f"{count} tokens have too many orders to try them all: take {EXACT}.")
    middle = _middles(apart)
    place = np.argsort([o for o in permutations(range(count)) if o[0] < o[-1]], axis=1)
    total = np.zeros(len(place))
    for (i, j, k), shares in middle.items():
        for one, (a, b) in zip((i, j, k), ((j, k), (i, k), (i, j)), strict=True):
            between = (place[:, one] > place[:, a]) != (place[:, one] > place[:, b])
            total += shares[one] * between
    return float(total.max() / len(middle))


def _middles(apart):
    """For each triple the share of leading dimensions in which each of its tokens is between."""
    found = {}
    for triple in combinations(range(apart.shape[-1]), 3):
        i, j, k = triple
        sides = np.stack([apart[..., j, k], apart[..., i, k], apart[..., i, j]])  # opposite i, j, k
        largest = sides == sides.max(0)
        shares = (largest / largest.sum(0)).reshape(3, -1).mean(1)
        found[triple] = dict(zip(triple, shares, strict=True))
    return found


def betweenness_around(apart):
    """As :func:`betweenness`, for triples of a cycle that fit into half of it.

    ``apart`` has shape (tokens, tokens), five tokens or more. 1 on any closed convex curve that is
    cut into tokens, whatever their spacing, as long as half of the tokens span no more than half of
    the way around; the mean over all orders is one third here too.
    """
    apart = _distances(apart, fewest=5)
    count = len(apart)
    rows = [
        [(start + step) % count for step in (0, middle, last)]
        for start in range(count)
        for last in range(2, count // 2 + 1)
        for middle in range(1, last)
    ]
    rows = np.array(rows)
    return betweenness(apart[rows[:, :, None], rows[:, None]])


def place_of_middle(apart):
    """Where the middle token of each triple lies, if the first is at 0 and the last at 1.

    Parameters
    ----------
    apart : array, shape (..., 3, 3)

    Returns
    -------
    numpy.ndarray, shape (triples, 2)
        Along the straight way from first to last, and off it (never below 0), in lengths of that
        way. The middle is between where both numbers keep it within 1 of either end.
    """
    apart = _distances(apart, fewest=3).reshape(-1, 3, 3)
    whole = apart[:, 0, 2]
    near, far = apart[:, 0, 1] / whole, apart[:, 1, 2] / whole
    along = (1 + near**2 - far**2) / 2
    return np.stack([along, np.sqrt(np.clip(near**2 - along**2, 0, None))], axis=1)


def line_steps(count, first=0):
    """Steps between tokens of a cycle along a line that was cut open before token ``first``."""
    at = (np.arange(count) - first) % count
    return np.abs(at[:, None] - at).astype(float)


def ring_steps(count):
    """Steps between tokens of a cycle, the shorter way around."""
    line = line_steps(count)
    return np.minimum(line, count - line)


def arc_steps(count, first, length):
    """Steps of two clusters: 0 within an arc of a cycle or within its rest, 1 between the two."""
    inside = (np.arange(count) - first) % count < length
    return (inside[:, None] != inside).astype(float)


def follows(apart, steps):
    """Spearman's correlation between two tables of distances, over pairs of tokens.

    Parameters
    ----------
    apart, steps : arrays, shape (tokens, tokens)
        Symmetric; the diagonal does not count.

    Returns
    -------
    float
        -1 to 1; 0 if one of them does not vary.

    References
    ----------
    Kriegeskorte et al. (2008), doi:10.3389/neuro.06.004.2008.
    """
    apart, steps = (_distances(each) for each in (apart, steps))
    if apart.shape != steps.shape or apart.ndim != 2:
        raise ValueError(f"apart has shape {apart.shape} but steps {steps.shape}: give two tables.")
    pairs = np.triu_indices(len(apart), 1)
    return _correlation(_ranks(apart[pairs]), _ranks(steps[pairs]))


def best_line(apart):
    """How well distances follow a line through a cycle that is cut where this suits them best."""
    return max(follows(apart, line_steps(len(apart), cut)) for cut in range(len(apart)))


def best_arcs(apart):
    """How well distances follow two arcs of a cycle, split where this suits them best.

    Each arc holds two tokens or more.
    """
    count = len(apart)
    splits = ((first, n) for n in range(2, count // 2 + 1) for first in range(count))
    return max(follows(apart, arc_steps(count, *split)) for split in splits)


def orders(count, rng=0, most=20_000):
    """Orders of a cycle that differ by more than their start and direction.

    Parameters
    ----------
    count : int
        Tokens, three or more: they have (count - 1)! / 2 such orders.
    rng : numpy.random.Generator or int
    most : int
        Above eight tokens, so many are drawn at random.

    Returns
    -------
    numpy.ndarray of int, shape (orders, count)
        The first is the order as it stands. Token 0 is first in each that is listed in full.
    """
    if count < 3:
        raise ValueError(f"{count} tokens have one order only: give three or more.")
    if count <= EXACT:
        rest = permutations(range(1, count))
        return np.array([(0, *order) for order in rest if order[0] < order[-1]])
    rng = np.random.default_rng(rng)
    return np.vstack([np.arange(count), rng.permuted(np.tile(np.arange(count), (most, 1)), axis=1)])


def order_test(apart, steps, rng=0, most=20_000):
    """How well distances follow steps in the true order, and in all or many others.

    Parameters
    ----------
    apart, steps : arrays, shape (tokens, tokens)
        As for :func:`follows`; ``steps`` must not change if a cycle starts elsewhere or turns back,
        as those of :func:`ring_steps` do not.
    rng, most
        As for :func:`orders`.

    Returns
    -------
    value, permuted, p : float, numpy.ndarray, float
        ``permuted`` over :func:`orders`, the true one first; ``p``, the share of them that reaches
        the true one's value, itself counted: at least 1 over their number.
    """
    apart, steps = (_distances(each) for each in (apart, steps))
    pairs = np.triu_indices(len(apart), 1)
    ranked = np.zeros_like(apart)
    ranked[pairs] = _ranks(apart[pairs])
    ranked += ranked.T
    wanted = _ranks(steps[pairs])
    drawn = orders(len(apart), rng, most)
    values = np.array([_correlation(ranked[o][:, o][pairs], wanted) for o in drawn])
    return float(values[0]), values, float(np.mean(values >= values[0] - 1e-9))


def _ranks(values):
    """Ranks of distances; those that differ by rounding alone are equal."""
    return rankdata(np.round(values / max(values.max(), 1e-300), 9))


def _correlation(a, b):
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else 0.0


def _distances(apart, fewest=2):
    apart = np.asarray(apart, dtype=float)
    if apart.ndim < 2 or apart.shape[-1] != apart.shape[-2] or apart.shape[-1] < fewest:
        raise ValueError(
            f"apart has shape {apart.shape} but must hold the distance of every two of at least "
            f"{fewest} tokens."
        )
    as_matrix(apart.reshape(-1, apart.shape[-1]), "apart")
    return apart
