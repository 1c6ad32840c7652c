"""Exercises 1 and 2 of *Cross-lingual*: turn one space onto another, and see who meets whom."""

import numpy as np

from celltoken.checks.cases import telling
from celltoken.checks.core import Exercise, fail, returns
from celltoken.checks.values import array, number
from celltoken.methods.neighbours import neighbours, similarity

# -- a rotation from pairs ------------------------------------------------------------------------


def turned_pairs(rng):
    """Noisy pairs after a rotation and after a reflection, off the origin, of unlike lengths."""
    for rows, columns, mirrored in ((14, 3, True), (25, 5, False)):
        a = rng.normal(size=(rows, columns)) * rng.lognormal(size=(rows, 1)) + 0.7
        turn = np.linalg.qr(rng.normal(size=(columns, columns)))[0]
        if (np.linalg.det(turn) < 0) != mirrored:
            turn[:, 0] *= -1
        yield a, 1.4 * a @ turn + rng.normal(scale=0.3, size=a.shape) + rng.normal(size=columns)


def factors(a, b):
    return np.linalg.svd(a.T @ b)


def turn(a, b):
    u, _, v = factors(a, b)
    return u @ v


def no_mirror(a, b):
    u, _, v = factors(a, b)
    u[:, -1] *= np.sign(np.linalg.det(u @ v))
    return u @ v


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def square(value, a, b):
    if getattr(value, "shape", None) == a.shape:
        fail("those are the turned rows; return the matrix that turns them.")
    return array(value, (a.shape[1], a.shape[1]), "a square matrix")


procrustes = Exercise("procrustes", turn, turned_pairs, returns(square),
    hint="np.linalg.svd(a.T @ b) gives three things, and the outer two are what you need",
    otherwise="that is not the orthogonal matrix that brings the rows of a nearest to those of b.",
    mistakes=[
    ("your matrix turns b onto a; turn a onto b.", lambda a, b: turn(b, a)),
    ("least squares may stretch and shear, and so fits any two clouds; only turn.",
     lambda a, b: np.linalg.lstsq(a, b)[0]),
    ("you allow no reflection; axes have no sign, so the space may be mirrored.", no_mirror),
    ("you take the means off first; turn the rows as they come.",
     lambda a, b: turn(a - a.mean(0), b - b.mean(0))),
    ("you scale the rows to length 1 first; turn the rows as they come.",
     lambda a, b: turn(unit(a), unit(b))),
    ("your matrix also stretches; leave the singular values out altogether.",
     lambda a, b: turn(a, b) * factors(a, b)[1].sum() / np.sum(a**2)),
    ("that is the product of the two tables; keep the outer factors of its SVD only.",
     lambda a, b: a.T @ b),
    ("the last thing that svd returns is transposed already.",
     lambda a, b: factors(a, b)[0] @ factors(a, b)[2].T),
    ("the two factors stand in the wrong order.",
     lambda a, b: factors(a, b)[2] @ factors(a, b)[0]),
    ("nothing is turned.", lambda a, b: np.eye(a.shape[1])),
])  # fmt: skip


# -- who meets whom -------------------------------------------------------------------------------


def two_species(rng):
    """Three types in two species, unlike in size, that lie partly on each other."""

    def draw(k, columns):
        kind = rng.permutation(np.repeat(["alpha", "beta", "delta"], [24, 32, 16]))
        species = np.where(rng.random(72) < 0.4, "human", "mouse")
        middle = {each: rng.normal(size=columns) * 1.6 for each in np.unique(kind)}
        shift = rng.normal(size=columns) * 0.5
        x = np.array([middle[t] + (s == "mouse") * shift for t, s in zip(kind, species)])  # noqa: B905
        return x + rng.normal(size=x.shape) + 0.5, species, kind, k

    for k, columns in ((5, 3), (8, 5)):
        yield telling(lambda: draw(k, columns), both_differ, met.mistakes)  # noqa: B023


def meeting(count, near=lambda x, species, k: neighbours(x, k, "euclidean")):
    """A rule: a number from who the neighbours are, other species and same type."""

    def rule(x, species, kind, k):
        rows = near(x, species, k)
        return count(species[rows] != species[:, None], kind[rows] == kind[:, None])

    return rule


def with_itself(x, _, k):
    return np.c_[np.arange(len(x)), neighbours(x, k - 1, "euclidean")]


def across(x, species, k):
    close = similarity(x, x, "euclidean")
    close[species[:, None] == species] = -np.inf
    return np.argsort(-close, axis=1)[:, :k]


def each_type_once(x, species, kind, k):
    rows = neighbours(x, k, "euclidean")
    both = (species[rows] != species[:, None]) & (kind[rows] == kind[:, None])
    return np.mean([both[kind == each].mean() for each in np.unique(kind)])


both_differ = meeting(lambda other, same: np.mean(other & same))

met = Exercise("met", both_differ, two_species, returns(lambda v, *_: number(v, "one share")),
    hint="species[near] has a row for each cell and a column for each of its neighbours",
    otherwise="that is not the share of neighbours of the other species and the same type.",
    mistakes=[
    ("a cell is counted as its own neighbour; leave it out.",
     meeting(lambda other, same: np.mean(other & same), with_itself)),
    ("that is how well the species mix; ask in addition for the same type.",
     meeting(lambda other, same: other.mean())),
    ("that is how well types keep together; ask in addition for the other species.",
     meeting(lambda other, same: same.mean())),
    ("you multiply two shares; ask for both in the same neighbour.",
     meeting(lambda other, same: other.mean() * same.mean())),
    ("either is enough for you; ask for both.", meeting(lambda other, same: np.mean(other | same))),
    ("those neighbours are of a cell's own species; ask for the other one.",
     meeting(lambda other, same: np.mean(~other & same))),
    ("you look at neighbours in the other species only, which is transfer: it does not ask whether "
     "the species touch.", meeting(lambda other, same: same.mean(), across)),
    ("that is the share of cells with any such neighbour; count neighbours.",
     meeting(lambda other, same: np.mean((other & same).any(1)))),
    ("that is the share of cells most of whose neighbours are such; count neighbours.",
     meeting(lambda other, same: np.mean((other & same).mean(1) > 0.5))),
    ("that is a number of neighbours; divide by how many there are.",
     meeting(lambda other, same: np.sum(other & same))),
    ("you take the mean for each type first; count all neighbours alike.", each_type_once),
    ("your neighbours are those by cosine; use the Euclidean distance.",
     meeting(lambda other, same: np.mean(other & same),
             lambda x, _, k: neighbours(x, k, "cosine"))),
    ("you take one neighbour too many.",
     meeting(lambda other, same: np.mean(other & same),
             lambda x, _, k: neighbours(x, k + 1, "euclidean"))),
])  # fmt: skip
