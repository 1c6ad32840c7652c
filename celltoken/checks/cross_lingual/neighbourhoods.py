"""Exercises 7 and 8 of *Cross-lingual*: pieces at a scale, and dimension from two neighbours."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist, squareform

from celltoken.checks.cases import telling
from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import number

# -- pieces ---------------------------------------------------------------------------------------


def linked(distances, scale):
    return connected_components(distances <= scale)[0]


def sizes(distances, scale):
    return np.bincount(connected_components(distances <= scale)[1])


def scattered(rng):
    """Clumps, chains and strays; some pairs are exactly as far apart as the scale."""

    def draw(points, columns):
        x = (
            rng.normal(size=(points, columns))
            + 2.5 * rng.normal(size=(5, columns))[rng.integers(5, size=points)]
        )
        distances = cdist(x, x)
        joins = np.sort(linkage(squareform(distances, checks=False), "single")[:, 2])
        scale = joins[-rng.integers(6, 12)]  # a link that joins two pieces is just long enough
        # What cdist and linkage call the same number is the same number.
        distances[np.isclose(distances, scale)] = scale
        return distances, scale

    for points, columns in ((40, 2), (60, 4)):
        yield telling(lambda: draw(points, columns), linked, pieces.mistakes)  # noqa: B023


pieces = Exercise("pieces", linked, scattered,
    returns(lambda v, *_: number(v, "one number of pieces")),
    hint="distances is a square table with zeros on the diagonal",
    otherwise="that is not the number of pieces when points at most scale apart are linked.",
    mistakes=[
    ("points that are exactly scale apart are linked, too; take <= and not <.",
     lambda distances, scale: connected_components(distances < scale)[0]),
    ("that is one too few; count the piece that the longest bar belongs to, which never ends.",
     lambda distances, scale: linked(distances, scale) - 1),
    ("that counts the bars that have ended; pieces are what is left.",
     lambda distances, scale: len(distances) - linked(distances, scale)),
    ("that counts points with no link at all; a piece may have many points.",
     lambda distances, scale: np.sum(sizes(distances, scale) == 1)),
    ("you leave out pieces of one point; a point alone is a piece.",
     lambda distances, scale: np.sum(sizes(distances, scale) > 1)),
    ("that is the size of the largest piece; count the pieces.",
     lambda distances, scale: sizes(distances, scale).max()),
    ("that counts the links; several links may hold one piece together.",
     lambda distances, scale: np.sum(distances[np.triu_indices(len(distances), 1)] <= scale)),
    ("in your pieces all points are within scale of each other; a chain of links is enough.",
     lambda distances, scale: fcluster(
         linkage(squareform(distances, checks=False), "complete"), scale, "distance").max()),
    ("you link points that are farther apart than scale; link those that are at most so far.",
     lambda distances, scale: connected_components(distances > scale)[0]),
])  # fmt: skip


# -- dimension ------------------------------------------------------------------------------------


def two_nearest(x):
    """Distances to the nearest and to the second nearest other row."""
    apart = cdist(x, x)
    np.fill_diagonal(apart, np.inf)
    return np.sort(apart, axis=1)[:, :2].T


def by_two(x):
    first, second = two_nearest(x)
    return len(x) / np.log(second / first).sum()


def from_sorted(one, two, metric="euclidean"):
    """The estimate with other columns of the sorted distances; 0 is the row itself."""

    def rule(x):
        apart = np.sort(cdist(x, x, metric), axis=1)
        with np.errstate(divide="ignore"):
            return len(x) / np.log(apart[:, two] / apart[:, one]).sum()

    return rule


def clouds(rng):
    """Sheets and clouds of a known number of directions, away from the origin."""

    def draw(rows, directions, columns):
        turn = np.linalg.qr(rng.normal(size=(columns, columns)))[0]
        flat = rng.uniform(size=(rows, directions)) @ turn[:directions]
        return (flat + rng.normal(size=columns),)

    for rows, directions, columns in ((80, 2, 5), (120, 4, 9)):
        yield telling(lambda: draw(rows, directions, columns), by_two, twonn.mistakes)  # noqa: B023


twonn = Exercise("twonn", by_two, clouds,
    returns(lambda v, *_: number(v, "one dimension")),
    hint="np.sort(cdist(x, x), axis=1) has the row itself first, at distance zero",
    otherwise="that is not the number of rows over the sum of log(second / first distance).",
    mistakes=[
    ("that is the mean logarithm; the dimension is one over it.",
     lambda x: 1 / by_two(x)),
    ("the ratio is upside down, so that its logarithm is negative; divide the second by the first.",
     lambda x: -by_two(x)),
    ("take the logarithm of each ratio before the mean, not of the mean ratio.",
     lambda x: 1 / np.log(np.mean(two_nearest(x)[1] / two_nearest(x)[0]))),
    ("you average the ratios; average their logarithms.",
     lambda x: 1 / np.mean(two_nearest(x)[1] / two_nearest(x)[0])),
    ("that is the logarithm to base ten; take the natural one.",
     lambda x: by_two(x) * np.log(10)),
    ("that is the logarithm to base two; take the natural one.",
     lambda x: by_two(x) * np.log(2)),
    ("you begin with the second neighbour; take the second distance over the first.",
     from_sorted(2, 3)),
    ("you compare the third neighbour with the first; take the second.",
     from_sorted(1, 3)),
    ("the row itself is its nearest in your ratios, at distance zero; leave it out.",
     from_sorted(0, 1)),
    ("those are cosine distances; take Euclidean ones.",
     from_sorted(1, 2, "cosine")),
    ("those are squared distances, which halve the dimension; take the root.",
     from_sorted(1, 2, "sqeuclidean")),
    ("take the mean of all logarithms, not their median.",
     lambda x: 1 / np.median(np.log(two_nearest(x)[1] / two_nearest(x)[0]))),
])  # fmt: skip
