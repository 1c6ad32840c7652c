"""Exercises 3 to 5 of *Context*: nearest words, labels by vote, shared neighbours."""

import numpy as np

from celltoken.checks.core import Exercise, fail, returns
from celltoken.checks.samples import glove
from celltoken.checks.values import names, number
from celltoken.methods import neighbours as library

NO_SIGN = (
    "the sign is lost (an absolute value, or a square): a cosine of -1 is the opposite, not a "
    "neighbour."
)


def cloud(rng, rows=80, columns=6):
    """Vectors of unlike length around a middle that is not zero, with as wide angles as any."""
    x = rng.normal(size=(rows, columns)) + 0.5 * rng.normal(size=columns)
    return x * rng.lognormal(sigma=0.6, size=(rows, 1))


def ranked(vectors, query, metric="cosine"):
    """Rows from the most to the least similar to a row, that row included."""
    if metric == "dot":
        return np.argsort(-(vectors @ vectors[query]), kind="stable")
    if metric == "no sign":
        return np.argsort(-np.abs(library.similarity(vectors[[query]], vectors)[0]), kind="stable")
    similarity = library.similarity(vectors[[query]], vectors, metric=metric)
    return np.argsort(-similarity[0], kind="stable")


def others(vectors, labels, query, metric="cosine"):
    row = labels.index(query)
    return [labels[i] for i in ranked(vectors, row, metric) if i != row]


# -- the nearest words ----------------------------------------------------------------------------


def queries(rng):
    """Words, and a cloud in which an opposite is as near as a neighbour if the sign is lost."""
    words, vectors = glove()
    chosen = rng.permutation(5000)[:400]
    tables = [([words[i] for i in chosen], vectors[chosen], 6)]
    tables += [([f"token{i}" for i in rng.permutation(80)], cloud(rng), k) for k in (3, 5)]
    for labels, x, k in tables:
        wrong = ["dot", "euclidean"] + ["no sign", "correlation"] * (len(x) == 80)
        for query in labels:
            right = others(x, labels, query)[:k]
            if all(others(x, labels, query, metric)[:k] != right for metric in wrong):
                yield x, labels, query, k
                break


def naming(take, metric="cosine"):
    """A rule that takes names from the others, nearest first, given k and the query."""
    return lambda x, names, query, k: take(others(x, names, query, metric), k, query)


def first(others, k, _):
    return others[:k]


nearest = Exercise("nearest", naming(first), queries,
    returns(lambda v, x, labels, query, k: names(v, (k, k + 1))),
    hint="names.index(query) is the query's row, and vectors has one row for each name",
    otherwise="these are not the k names with the largest cosine, nearest first.",
    mistakes=[
    ("the query is nearest to itself; leave it out before you count.",
     naming(lambda others, k, query: [query, *others[: k - 1]])),
    ("the query is nearest to itself; leave it out, then take k.",
     naming(lambda others, k, query: [query, *others[:k]])),
    ("you return one name too many.", naming(lambda others, k, _: others[: k + 1])),
    ("that is the plain dot product, where long vectors win; divide by the lengths.",
     naming(first, "dot")),
    ("that is the plain dot product with the query in it; divide by the lengths.",
     lambda x, names, query, k: [names[i] for i in ranked(x, names.index(query), "dot")[:k]]),
    ("those are the nearest by Euclidean distance; the cosine forgets length.",
     naming(first, "euclidean")),
    ("you centre every row, which is Pearson's correlation; the cosine takes rows as they are.",
     naming(first, "correlation")),
    (NO_SIGN, naming(first, "no sign")),
    ("those are the farthest: the largest cosine comes first.",
     naming(lambda others, k, _: others[::-1][:k])),
    ("these are the right names, but the nearest comes first.",
     naming(lambda others, k, _: others[:k][::-1])),
    ("you dropped the nearest word with the query; the query is only one.",
     naming(lambda others, k, _: others[1 : k + 1])),
])  # fmt: skip


# -- labels by vote -------------------------------------------------------------------------------


def labelled_clouds(rng):
    """Two labels and odd k, so that nothing ties, at last with so many neighbours that some are far
    and votes by weight show; then many labels and even k, where much ties."""
    names = np.array(["B", "CD4 T", "CD8 T", "NK", "pDC"])
    for kinds, k, rows in ((2, 1, 140), (2, 7, 140), (2, 33, 70), (5, 4, 140)):
        while True:
            x = cloud(rng, rows)
            score = x @ rng.normal(size=x.shape[1]) / np.linalg.norm(x, axis=1)
            place = np.argsort(np.argsort(score + 0.4 * rng.normal(size=len(x)))) / len(x)
            labels = names[(place**0.8 * kinds).astype(int)]
            by_weight = np.sum(by_cosine(x, labels, k) != voting()(x, labels, k))
            if (k != 33 or by_weight > 2) and (k != 4 or leading(x, labels, k)[2].sum() > 20):
                yield x, labels, k
                break


def voting(near=library.neighbours):
    """A rule for labels by vote: of which rows, a function of the vectors and k."""
    return lambda x, labels, k: library.majority_label(near(x, k), labels)


def leading(vectors, labels, k):
    """Which labels have most votes; which rows have several such, their own label among them."""
    kinds = np.unique(labels)
    votes = (labels[library.neighbours(vectors, k)][:, :, None] == kinds).sum(1)
    ahead = votes == votes.max(1, keepdims=True)
    tied = ahead.sum(1) > 1
    return ahead, tied, tied & (ahead & (labels[:, None] == kinds)).any(1)


def look_up_labels(ask, vectors, labels, k):
    """Labels; where several tie, any of them will do, but none may be the cell's own each time."""
    value = ask(vectors, labels, k)
    if isinstance(value, (float, np.floating)):
        fail("return one label for each cell, not the share that is right.")
    if hasattr(value, "__len__") and len(value) == vectors.shape[1]:
        fail(f"you answer for the {vectors.shape[1]} columns; a cell is a row.")
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.ndim == 1:
        fail("return labels, not numbers.")
    guess = np.array(names(value, len(vectors), "labels"))
    kinds = np.unique(labels)
    unknown = [str(each) for each in guess if each not in kinds]
    if unknown:
        fail(f"your answer holds labels that no cell has, such as {unknown[0]!r}.")
    ahead, tied, own = leading(vectors, labels, k)
    if not tied.any():
        return {"labels": guess}
    allowed = (ahead & (guess[:, None] == kinds)).any(1)
    return {
        "labels that lead": bool(allowed.all()),
        "own label wins ties": bool(own.sum() > 20 and (guess[own] == labels[own]).all()),
    }


def with_self(vectors, k):
    return np.argsort(-library.similarity(vectors), axis=1, kind="stable")[:, :k]


def without_sign(vectors, k):
    cosine = library.similarity(vectors)
    np.fill_diagonal(cosine, 0)
    return np.argsort(-np.abs(cosine), axis=1)[:, :k]


def smallest_first(vectors, k):
    """Sorted from the smallest cosine up, after a row's own was made the smallest of all."""
    cosine = library.similarity(vectors)
    np.fill_diagonal(cosine, -np.inf)
    return np.argsort(cosine, axis=1, kind="stable")[:, :k]


def own_if_tied(x, labels, k):
    """The cell's own label if as many vote for it as for any other."""
    votes = labels[library.neighbours(x, k)][:, :, None] == np.unique(labels)
    own = (votes.sum(1) * (labels[:, None] == np.unique(labels))).max(1)
    return np.where(own == votes.sum(1).max(1), labels, voting()(x, labels, k))


def by_cosine(x, labels, k):
    """Labels by votes that weigh as much as the cosine."""
    near, kinds = library.neighbours(x, k), np.unique(labels)
    cosine = np.take_along_axis(library.similarity(x), near, axis=1)
    return kinds[((labels[near][:, :, None] == kinds) * cosine[:, :, None]).sum(1).argmax(1)]


knn_label = Exercise("knn_label", voting(), labelled_clouds, look_up_labels,
    # Where labels tie, two answers that make the same mistake may differ.
    alike=lambda a, b: np.mean(np.asarray(a) == np.asarray(b)) > 0.94, by=("labels",),
    hint="rows are cells: compare each row with every other row",
    otherwise="these are not the labels that the k nearest other rows vote for; look at how you "
    "find and count them.",
    mistakes=[
    ("every cell gets its own label back; its neighbours must vote, without the cell.",
     lambda vectors, labels, k: labels),
    ("every cell gets the same label; let each cell's own neighbours vote.",
     voting(lambda x, k: np.tile(np.arange(len(x)), (len(x), 1)))),
    ("each cell counts itself among its neighbours, which is asking for the answer; leave it out.",
     voting(with_self)),
    ("the nearer neighbours have more weight; each of the k has one vote.", by_cosine),
    ("each cell has a vote on itself besides its k neighbours; leave it out.",
     voting(lambda x, k: with_self(x, k + 1) if k > 1 else library.neighbours(x, k))),
    ("where labels tie you take the cell's own, which is asking for the answer; decide without it.",
     own_if_tied, ("own label wins ties",)),
    ("only the nearest neighbour is heard; let all k vote.",
     voting(lambda x, k: library.neighbours(x, 1))),
    ("you sort from the smallest cosine up, so that a row finds itself first and then those least "
     "like it; sort from the largest down.", voting(smallest_first)),
    ("those are the farthest cells; the largest cosine is the nearest.",
     voting(lambda x, k: with_self(x, len(x))[:, -k:])),
    ("those are neighbours by Euclidean distance; use the cosine.",
     voting(lambda x, k: library.neighbours(x, k, "euclidean"))),
    (NO_SIGN, voting(without_sign)),
    ("you skip the nearest cell: leave out only the cell itself.",
     voting(lambda x, k: library.neighbours(x, k + 1)[:, 1:])),
    ("you look at fewer than k neighbours.",
     voting(lambda x, k: library.neighbours(x, max(k - 1, 1)))),
    ("you look at more than k neighbours.", voting(lambda x, k: library.neighbours(x, k + 1))),
])  # fmt: skip


# -- shared neighbours ----------------------------------------------------------------------------


def before_and_after(rng):
    """Vectors, and the same turned, blurred and rescaled: positions say nothing, neighbours do."""
    for k, columns in ((8, 6), (3, 4)):
        before = cloud(rng, 90)
        turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
        after = (before + rng.normal(scale=rng.uniform(0.3, 0.5), size=before.shape)) @ turn
        yield before, after[:, :columns] * rng.uniform(0.5, 2, size=(90, 1)), k


def shared(near, later):
    """How many entries two lists have in common, row by row."""
    return np.array([len(np.intersect1d(a, b)) for a, b in zip(near, later, strict=True)])


def keeping(share=lambda n, k: n.mean() / k, near=library.neighbours):
    """A rule for a share, from how many neighbours each row keeps and k."""
    return lambda before, after, k: share(shared(near(before, k), near(after, k)), k)


neighbour_overlap = Exercise("neighbour_overlap", keeping(), before_and_after,
    returns(lambda v, *_: number(v, "one share")),
    hint="compare lists of row numbers; the coordinates may differ even in how many they are",
    otherwise="that is not the mean share of the k nearest rows that stay the same.",
    mistakes=[
    ("that is the share of neighbours lost; the share kept is the rest.",
     keeping(lambda n, k: 1 - n.mean() / k)),
    ("you compare the lists place by place; a neighbour that changes its rank is still kept.",
     lambda a, b, k: (library.neighbours(a, k) == library.neighbours(b, k)).mean()),
    ("each word counts itself among its neighbours, and so always keeps one; leave it out.",
     keeping(near=with_self)),
    ("each word counts itself besides its k neighbours; leave it out.",
     keeping(lambda n, k: n.mean() / (k + 1), lambda x, k: with_self(x, k + 1))),
    ("you divide k neighbours' overlap by k, but count the word itself too; leave it out.",
     keeping(near=lambda x, k: with_self(x, k + 1))),
    ("that is how many neighbours stay; divide by k for a share.", keeping(lambda n, k: n.mean())),
    ("that is the sum over words; take the mean.", keeping(lambda n, k: n.sum() / k)),
    ("you divide by both lists together (Jaccard); divide by k.",
     keeping(lambda n, k: (n / (2 * k - n)).mean())),
    ("those are neighbours by Euclidean distance; use the cosine.",
     keeping(near=lambda x, k: library.neighbours(x, k, "euclidean"))),
    ("you use the farthest rows, or all but k neighbours; look at the order of your sort.",
     keeping(near=lambda x, k: with_self(x, len(x))[:, -k:])),
    ("you compare each word's position with its later one, but axes may turn when nothing has "
     "happened; compare who is near whom.",
     lambda before, after, k: np.diag(library.similarity(before, after)).mean()),
    ("you compare positions (distances), but axes may turn when nothing has happened; compare who "
     "is near whom.", lambda before, after, k: np.linalg.norm(before - after, axis=1).mean()),
])  # fmt: skip
