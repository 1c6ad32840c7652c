"""Exercises 1 and 2 of *Tokens*: a unit as its parts put together, and kinds met elsewhere."""

import numpy as np

from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import array, number
from celltoken.methods.neighbours import similarity

# -- a unit from its parts ------------------------------------------------------------------------


def tables_of_parts(rng):
    """Parts that a unit has or has not, then parts that weigh unlike; a unit without any."""
    for weights in (np.ones(9), rng.gamma(1.5, 0.2, size=9)):
        parts = (rng.random((7, 9)) < 0.4) * weights * (1 + rng.integers(2, size=(7, 9)))
        parts[np.arange(7), rng.permutation(9)[:7]] += weights[0]
        parts = np.minimum(parts, 1) if (weights == 1).all() else parts
        parts[rng.integers(7)] = 0
        yield parts, rng.normal(0.5, 1, size=(9, 4)) * rng.lognormal(sigma=0.5, size=(9, 1))


def look_up_units(ask, parts, vectors):
    value = array(ask(parts, vectors), (len(parts), vectors.shape[1]), "a row for each unit")
    has = parts.any(1)
    return {"units": value[has], "without parts": value[~has]}


def unit_length(x):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.divide(x, length, out=np.zeros_like(x), where=length > 0)


def mean_by(weigh):
    """A mean of the parts' vectors, from weights made of the table of parts."""

    def rule(parts, vectors):
        total = weigh(parts)
        out = np.zeros((len(parts), vectors.shape[1]))
        return np.divide(parts @ vectors, total, out=out, where=parts.any(1, keepdims=True))

    return rule


together = mean_by(lambda parts: parts.sum(1, keepdims=True))

put_together = Exercise("put_together", together, tables_of_parts, look_up_units,
    hint="parts has a row for each unit and a column for each part, as many as vectors has rows",
    otherwise="a unit is not the mean of the vectors of its parts, each weighted by its entry.",
    gave_nan="NaN or infinity comes out; a unit without parts must get zeros.",
    mistakes=[
    ("that is the sum of the parts; divide by the sum of the weights, or units with many parts "
     "lie far out.", lambda parts, vectors: parts @ vectors),
    ("you divide by how many parts there are in all; divide by the sum of the unit's own weights.",
     lambda parts, vectors: parts @ vectors / parts.shape[1]),
    ("you divide by how many parts the unit has; divide by the sum of their weights.",
     mean_by(lambda parts: (parts > 0).sum(1, keepdims=True))),
    ("all parts of a unit count alike; weight each by its entry.",
     lambda parts, vectors: together((parts > 0) * 1.0, vectors)),
    ("your weights add up to 1 for each part; they must for each unit (axis 1).",
     lambda parts, vectors: parts / parts.sum(0).clip(1e-12) @ vectors),
    ("every unit gets the mean of all parts; take those that it has.",
     lambda parts, vectors: np.tile(vectors.mean(0), (len(parts), 1)), ("units",)),
    ("you scale the parts' vectors to length 1 first; take them as they are.",
     lambda parts, vectors: together(parts, unit_length(vectors))),
    ("you scale the units to length 1; return the mean itself.",
     lambda parts, vectors: unit_length(together(parts, vectors))),
    ("the sign is lost: a coordinate of the mean may be negative.",
     lambda parts, vectors: np.abs(together(parts, vectors))),
    ("a unit without parts must get zeros, not the mean of all parts.",
     lambda parts, vectors: np.where(
         parts.any(1, keepdims=True), together(parts, vectors), vectors.mean(0)),
     ("without parts",)),
])  # fmt: skip


# -- kinds in another context ---------------------------------------------------------------------


def two_contexts(rng):
    """Three kinds of unlike size in two contexts that lie apart, with wide angles."""
    for k, rows in ((3, 90), (6, 70)):
        kinds = np.array(["B", "NK", "T"])[np.searchsorted([0.15, 0.4], rng.random(rows))]
        kinds[:6] = ["B", "NK", "T"] * 2
        contexts = rng.permutation(np.arange(rows) % 5 < 2).astype(int)
        contexts[:6] = [0, 0, 0, 1, 1, 1]
        middle = {kind: rng.normal(size=5) for kind in np.unique(kinds)}
        x = np.array([middle[kind] for kind in kinds]) + rng.normal(scale=1.3, size=(rows, 5))
        x = x * rng.lognormal(sigma=0.5, size=(rows, 1)) + 1.5
        yield x + 2.5 * contexts[:, None] * rng.normal(size=5), kinds, contexts, k


def centred(x, contexts):
    return np.array([row - x[contexts == here].mean(0) for row, here in zip(x, contexts,
        strict=True)])  # fmt: skip


def share_found(x, kinds, contexts, k, metric="cosine", among="other", least=False, right="mean"):
    """Of each row the share of its k nearest, among rows of some context, that are of its kind."""
    like = similarity(x, metric=metric) if metric == "euclidean" else similarity(x)
    like = -like if least else like
    same = contexts[:, None] == contexts
    np.fill_diagonal(like, -np.inf)
    like = like if among == "all" else np.where(same == (among == "same"), like, -np.inf)
    near = np.argsort(-like, axis=1, kind="stable")[:, :k]
    found = kinds[near] == kinds[:, None]
    return found.any(1) if right == "any" else found.mean(1)


def over_kinds(share, kinds):
    return np.mean([share[kinds == kind].mean() for kind in np.unique(kinds)])


def finding(place=centred, average=over_kinds, **how):
    """A rule for recall: where rows are placed, how neighbours are found, how shares averaged."""

    def rule(x, kinds, contexts, k):
        return average(share_found(place(x, contexts), kinds, contexts, k, **how), kinds)

    return rule


recall_elsewhere = Exercise("recall_elsewhere", finding(), two_contexts,
    returns(lambda v, *_: number(v, "one share")),
    hint="centre each context, then compare the rows of one with the rows of the other",
    otherwise="that is not the mean over kinds of the share of the k nearest in the other context "
    "that are of a cell's own kind.",
    mistakes=[
    ("neighbours come from the cell's own context; look in the other one.",
     finding(among="same")),
    ("neighbours come from both contexts; look in the other one only.", finding(among="all")),
    ("you have not centred the contexts: what all cells of one condition share pushes them aside.",
     finding(place=lambda x, _: x)),
    ("you centre all cells together, which leaves the two contexts apart; centre each on its own "
     "mean.", finding(place=lambda x, _: x - x.mean(0))),
    ("you average over cells, so that a large kind decides; average within each kind, then over "
     "kinds.", finding(average=lambda share, _: share.mean())),
    ("you average over the two contexts of each kind alike; average over all cells of a kind.",
     lambda x, kinds, contexts, k: np.mean([
         share[(kinds == kind) & (contexts == here)].mean()
         for share in [share_found(centred(x, contexts), kinds, contexts, k)]
         for kind in np.unique(kinds) for here in (0, 1)])),
    ("a cell counts as right when one of its k neighbours is; take the share of the k.",
     finding(right="any")),
    ("you look at the nearest neighbour only; take the share among k.",
     lambda x, kinds, contexts, k: finding()(x, kinds, contexts, 1)),
    ("those are the farthest cells; the largest cosine is the nearest.", finding(least=True)),
    ("those are neighbours by Euclidean distance; use the cosine.", finding(metric="euclidean")),
    ("that is the share of wrong neighbours; return the share of right ones.",
     lambda *arguments: 1 - finding()(*arguments)),
    ("you look one way only, from the first context to the second; let each cell ask.",
     lambda x, kinds, contexts, k: over_kinds(
         share_found(centred(x, contexts), kinds, contexts, k)[contexts == 0],
         kinds[contexts == 0])),
    ("you look one way only, from the second context to the first; let each cell ask.",
     lambda x, kinds, contexts, k: over_kinds(
         share_found(centred(x, contexts), kinds, contexts, k)[contexts == 1],
         kinds[contexts == 1])),
])  # fmt: skip
