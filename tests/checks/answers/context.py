"""Answers to the exercises of *Context* that are not the mistakes of the checks in other words.

WRONG: exercise -> [(a wrong answer, a piece of the sentence it must get, or "")].
UNUSUAL: exercise -> right answers in another style or container.
HARMLESS: exercise -> pieces of changed lines of the reference that give the same result.
"""

from collections import Counter

import numpy as np
import pandas as pd
from scipy import sparse, stats

from celltoken.methods import cooccurrence, neighbours

HARMLESS = {
    "excess_drift": ["return 0 - neighbour_overlap("],  # a constant cancels in the difference
    "nearest": ["names[i] != query"],
    "margins_null": ["dtype=int"],
}


def clipped_pmi(counts):
    return cooccurrence.pmi(counts).toarray().clip(-6, 6)


def laplace_pmi(counts):
    p = (counts + 1) / (counts + 1).sum()
    return np.where(counts > 0, np.log(p / np.outer(p.sum(1), p.sum(0))), 0)


def pmi_in_place(counts):
    counts += 0
    counts[0, 0] = 1
    return cooccurrence.pmi(counts).toarray()


def sparse_pmi(counts):
    return sparse.coo_array(cooccurrence.pmi(sparse.csr_matrix(counts)))


def by_pmi(counts, labels, genes, n, enough):
    kinds = np.unique(labels)
    table = np.array([counts[labels == kind].sum(0) for kind in kinds])
    score = np.where(enough, cooccurrence.pmi(table).toarray(), -np.inf)
    return {kind: genes[np.argsort(-row)[:n]] for kind, row in zip(kinds, score, strict=True)}


def markers_fixed_count(counts, labels, genes, n=3, min_count=50):
    return by_pmi(counts, labels, genes, n, counts.sum(0) >= 50)


def markers_fixed_n(counts, labels, genes, n=3, min_count=50):
    return by_pmi(counts, labels, genes, 4, counts.sum(0) >= min_count)


def markers_without_sign(counts, labels, genes, n=3, min_count=50):
    kinds = np.unique(labels)
    table = np.array([counts[labels == kind].sum(0) for kind in kinds])
    score = cooccurrence.pmi(table).toarray() ** 2 * (counts.sum(0) >= min_count)
    return {kind: genes[np.argsort(-row)[:n]] for kind, row in zip(kinds, score, strict=True)}


def markers_in_frames(counts, labels, genes, n=3, min_count=50):
    found = by_pmi(counts, labels, genes, n, counts.sum(0) >= min_count)
    return {kind: pd.Series(each) for kind, each in found.items()}


def nearest_squared(vectors, names, query, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(-((unit @ unit[names.index(query)]) ** 2))
    return [names[i] for i in order if names[i] != query][:k]


def nearest_six(vectors, names, query, k):
    return nearest_series(vectors, names, query, 6).tolist()


def nearest_series(vectors, names, query, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = pd.Series(unit @ unit[names.index(query)], index=names).drop(query)
    return cosine.nlargest(k).index.to_series()


def knn(vectors, labels, k, weigh=lambda cosine: 1, tie=lambda best, i: best[0]):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine, found = unit @ unit.T, []
    for i, row in enumerate(cosine):
        votes = Counter()
        for j in [j for j in np.argsort(-row) if j != i][:k]:
            votes[labels[j]] += weigh(row[j])
        found.append(tie([name for name in votes if votes[name] == max(votes.values())], i))
    return np.array(found)


def knn_weighted(vectors, labels, k):
    return knn(vectors, labels, k, weigh=lambda cosine: np.exp(9 * cosine))


def knn_by_cosine(vectors, labels, k):
    return knn(vectors, labels, k, weigh=lambda cosine: cosine)


def knn_own_in_ties(vectors, labels, k):
    def tie(best, i):
        return labels[i] if labels[i] in best else best[0]

    return knn(vectors, labels, k, tie=tie)


def knn_codes(vectors, labels, k):
    return np.unique(knn(vectors, labels, k), return_inverse=True)[1]


def knn_unknown(vectors, labels, k):
    guess = knn(vectors, labels, k).astype(object)
    guess[7] = "unsure"
    return guess


def knn_categorical(vectors, labels, k):
    return pd.Categorical(knn(vectors, labels, k, tie=lambda best, i: best[-1]))


def knn_column(vectors, labels, k):
    return knn(vectors, labels, k)[:, None]


def overlap_weighted(before, after, k):
    a, b = neighbours.neighbours(before, k), neighbours.neighbours(after, k)
    found = [sum(1 / (1 + i) for i, n in enumerate(p) if n in q) for p, q in zip(a, b, strict=True)]
    return np.mean(found) / sum(1 / (1 + i) for i in range(k))


def overlap_of_union(before, after, k):
    a, b = neighbours.neighbours(before, k), neighbours.neighbours(after, k)
    return len({*map(tuple, np.sort(a))} & {*map(tuple, np.sort(b))}) / len(a)


def overlap_by_matrix(before, after, k):
    graphs = [np.zeros((len(before),) * 2) for _ in range(2)]
    for graph, x in zip(graphs, (before, after), strict=True):
        np.put_along_axis(graph, neighbours.neighbours(x, k), 1, axis=1)
    return pd.Series((graphs[0] * graphs[1]).sum() / k / len(before))


def drift(before, after):
    lists = [neighbours.neighbours(x, 10) for x in (before, after)]
    return 1 - neighbours.neighbour_overlap(*lists)


def drift_by_choice(counts, labels, gone, embed, seed, repeats):
    """Draws with other methods, in another order, and hands over sparse integers."""
    rng, out, found = np.random.default_rng([seed, 7]), labels == gone, []
    small = sparse.csr_matrix(counts.astype(int))
    for _ in range(repeats):
        left = np.setdiff1d(np.arange(len(labels)), rng.choice(len(labels), out.sum(), False))
        found.append((left, embed(small[left])))
    whole = embed(counts.astype(int))
    random = [drift(whole[left], after) for left, after in found]
    return drift(whole[~out], embed(small[~out])) - sum(random) / repeats


def drift_of_shares(counts, labels, gone, embed, seed, repeats):
    """As many of the type as its share of all cells, every time."""
    rng, out, whole = np.random.default_rng(seed), labels == gone, embed(counts)
    n = out.sum()
    inside = round(n * n / len(out))

    def left():
        rows = [rng.permutation(np.flatnonzero(each)) for each in (out, ~out)]
        lost = [*rows[0][:inside], *rows[1][: n - inside]]
        return np.setdiff1d(np.arange(len(out)), lost)

    random = [drift(whole[kept], embed(counts[kept])) for kept in (left() for _ in range(repeats))]
    return drift(whole[~out], embed(counts[~out])) - np.mean(random)


def drift_of_moved(counts, labels, gone, embed, seed, repeats):
    rng, stay, whole = np.random.default_rng(seed), labels != gone, embed(counts)

    def moved(kept):
        return np.linalg.norm(whole[kept] - embed(counts[kept]), axis=1).mean()

    return moved(stay) - np.mean([moved(rng.permutation(stay)) for _ in range(repeats)])


def drift_uncut(counts, labels, gone, embed, seed, repeats):
    rng, stay, whole = np.random.default_rng(seed), labels != gone, embed(counts)
    random = [drift(whole, embed(counts[rng.permutation(stay)])) for _ in range(repeats)]
    return drift(whole, embed(counts[stay])) - np.mean(random)


def pair_rows(vectors, names, judged):
    return (vectors[[list(names).index(word) for word in judged[side]]] for side in "ab")


def agreement_pearson(vectors, names, judged, metric):
    a, b = pair_rows(vectors, names, judged)
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return np.corrcoef(cosine if metric == "cosine" else -np.linalg.norm(a - b, axis=1),
                       judged.people)[0, 1]  # fmt: skip


def agreement_of_unit_rows(vectors, names, judged, metric):
    """Euclid's distance between rows of length 1 puts pairs in the order of the cosine."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    a, b = pair_rows(unit, names, judged)
    return stats.spearmanr(-((a - b) ** 2).sum(1), judged.people).statistic


def agreement_of_absolutes(vectors, names, judged, metric):
    return abs(agreement_by_ranks(vectors, names, judged, metric))


def agreement_divided_twice(vectors, names, judged, metric):
    """Its cosine of a and b may differ from that of b and a in the last digit."""
    a, b = pair_rows(vectors, names, judged)
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    likeness = cosine if metric == "cosine" else 1 / (1 + np.linalg.norm(a - b, axis=1))
    return pd.Series(likeness).corr(pd.Series(judged.people.to_numpy()), method="spearman")


def agreement_by_ranks(vectors, names, judged, metric):
    a, b = pair_rows(vectors, names, judged)
    if metric == "cosine":
        a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    ranks = stats.rankdata(-((a - b) ** 2).sum(1)), stats.rankdata(judged.people)
    return np.corrcoef(*ranks)[:1, 1:]


def accuracies(x, totals, labels, n, k, last="euclidean"):
    top = x[:, np.argsort(totals)[::-1][:n]]
    unit = top / np.linalg.norm(top, axis=1, keepdims=True)
    ways = (top, "cosine"), (top, "euclidean"), (unit, last)
    return [neighbours.label_accuracy(neighbours.neighbours(y, k, m), labels) for y, m in ways]


def accuracy_in_percent(x, totals, labels, n, k):
    return [100 * each for each in accuracies(x, totals, labels, n, k)]


def accuracy_ten_neighbours(x, totals, labels, n, k):
    return accuracies(x, totals, labels, n, 10)


def accuracy_column(x, totals, labels, n, k):
    return pd.DataFrame(accuracies(x, totals, labels, n, k, last="cosine"))


def null_by_swaps(counts, seed):
    """A few exchanges that keep both totals, far too few to leave no structure."""
    table, rng = counts.copy(), np.random.default_rng(seed)
    for _ in range(20):
        (i, k), (j, m) = rng.choice(len(table), 2, False), rng.choice(table.shape[1], 2, False)
        if table[i, j] and table[k, m]:
            table[i, j] -= 1
            table[k, m] -= 1
            table[i, m] += 1
            table[k, j] += 1
    return table


def null_of_four_fifths(counts, seed):
    """One event in five stays where it was."""
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(counts)
    events = counts[rows, columns]
    rows, columns = np.repeat(rows, events), np.repeat(columns, events)
    some = rng.permutation(len(columns))[: len(columns) * 4 // 5]
    columns[some] = rng.permutation(columns[some])
    table = np.zeros(counts.shape, dtype=int)
    np.add.at(table, (rows, columns), 1)
    return table


def null_of_labels(counts, seed):
    return counts[np.random.default_rng(seed).permutation(len(counts))]


def null_resampled(counts, seed):
    p = np.outer(counts.sum(1), counts.sum(0)).ravel() / counts.sum() ** 2
    return np.random.default_rng(seed).multinomial(counts.sum(), p).reshape(counts.shape)


def null_by_scipy(counts, seed):
    table = stats.random_table(counts.sum(1), counts.sum(0)).rvs(random_state=seed)
    return sparse.csr_array(table)


WRONG = {
    "pmi": [(clipped_pmi, "differ"), (laplace_pmi, "differ"), (pmi_in_place, "work on a copy")],
    "markers": [
        (markers_fixed_count, ""),
        (markers_fixed_n, "genes for"),
        (markers_without_sign, "sign is lost"),
    ],
    "nearest": [(nearest_squared, "the sign is lost"), (nearest_six, "not 6")],
    "knn_label": [
        (knn_weighted, ""),
        (knn_by_cosine, "one vote"),
        (knn_own_in_ties, "where labels tie"),
        (knn_codes, "labels, not numbers"),
        (knn_unknown, "such as 'unsure'"),
    ],
    "neighbour_overlap": [(overlap_weighted, ""), (overlap_of_union, "")],
    "excess_drift": [
        (drift_of_moved, "that is not the drift"),
        (drift_uncut, "the same cells"),
        (drift_of_shares, "draw from all cells alike"),
    ],
    "agreement": [
        (agreement_pearson, "Pearson"),
        (agreement_of_absolutes, "sign is lost"),
        (agreement_of_unit_rows, "rows as they are"),
    ],
    "accuracy_by_metric": [(accuracy_in_percent, ""), (accuracy_ten_neighbours, "")],
    "margins_null": [
        (null_by_swaps, "some of who occurs"),
        (null_of_four_fifths, "some of who occurs"),
        (null_of_labels, "whole rows"),
        (null_resampled, "on the average"),
    ],
}

UNUSUAL = {
    "pmi": [sparse_pmi],
    "markers": [markers_in_frames],
    "nearest": [nearest_series],
    "knn_label": [knn_categorical, knn_column],
    "neighbour_overlap": [overlap_by_matrix],
    "excess_drift": [drift_by_choice],
    "agreement": [agreement_by_ranks, agreement_divided_twice],
    "accuracy_by_metric": [accuracy_column],
    "margins_null": [null_by_scipy],
}
