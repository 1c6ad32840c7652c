"""Wrong answers to the exercises of *Context*, each with a piece of the sentence it must get."""

# Changed lines of a reference solution that give the same result, and so cannot be noticed.
HARMLESS = {
    "excess_drift": ["return 0 - kept_company("],  # a constant cancels in the difference of drifts
}

PLANTED = {
    "pmi": [
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    ratio = p / np.outer(p.sum(1), p.sum(0))
    return np.where(counts > 0, np.log2(ratio), 0)
""",
            "base 2",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.where(counts > 0, np.log10(p / np.outer(p.sum(1), p.sum(0))), 0)
""",
            "base 10",
        ),
        (
            """
def pmi(counts):
    ratio = counts / np.outer(counts.sum(1), counts.sum(0))
    return np.where(counts > 0, np.log(ratio), 0)
""",
            "forgot the total",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.where(counts > 0, np.log(p / p.sum(1, keepdims=True)), 0)
""",
            "row totals only",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.where(counts > 0, np.log(p / p.sum(0)), 0)
""",
            "column totals only",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.where(counts > 0, np.log(p / np.outer(p.sum(0), p.sum(1))), 0)
""",
            "axes are exchanged",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.where(counts > 0, np.log(p / np.outer(counts.sum(1), counts.sum(0))), 0)
""",
            "margins are not normalised",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.where(counts > 0, np.log(counts / np.outer(p.sum(1), p.sum(0))), 0)
""",
            "pairs are not normalised",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.log(p / np.outer(p.sum(1), p.sum(0)))
""",
            "put 0 there",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.where(counts > 0, np.maximum(np.log(p / np.outer(p.sum(1), p.sum(0))), 0), 0)
""",
            "that is PPMI",
        ),
        (
            """
def pmi(counts):
    p = counts / counts.sum()
    return np.where(counts > 0, p / np.outer(p.sum(1), p.sum(0)), 0)
""",
            "forgot the logarithm",
        ),
        (
            """
def pmi(counts):
    counts /= counts.sum()
    ratio = counts / np.outer(counts.sum(1), counts.sum(0))
    return np.where(counts > 0, np.log(ratio), 0)
""",
            "work on a copy",
        ),
        (
            """
def pmi(counts):
    print("thinking")
""",
            "end with return",
        ),
    ],
    "markers": [
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in types])
    best = np.argsort(-pooled, axis=1)[:, :n]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "which every cell needs",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in types])
    best = np.argsort(-pmi(pooled), axis=1)[:, :n]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "surprising by luck",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in types])
    surprise = np.where(counts.sum(0) >= min_count, pmi(pooled), np.inf)
    best = np.argsort(surprise, axis=1)[:, :n]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "least typical",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(1) for kind in types])
    best = np.argsort(-pmi(pooled), axis=1)[:, :n]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "one row of summed counts for each label",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in types])
    surprise = np.where(counts.sum(0) > min_count, pmi(pooled), -np.inf)
    best = np.argsort(-surprise, axis=1)[:, :n]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "exactly min_count",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in types])
    surprise = np.where((counts > 0).sum(0) >= min_count, pmi(pooled), -np.inf)
    best = np.argsort(-surprise, axis=1)[:, :n]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "cells with the gene",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in types])
    surprise = np.where(counts.sum(0) >= min_count, pmi(pooled), -np.inf)
    best = np.argsort(surprise, axis=1)[:, -n:]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "wrong order",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].mean(0) for kind in types])
    surprise = np.where(counts.sum(0) >= min_count, pmi(pooled), -np.inf)
    best = np.argsort(-surprise, axis=1)[:, :n]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "pooled by the mean",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in types])
    surprise = np.where(counts.sum(0) >= min_count, pmi(pooled), -np.inf)
    best = np.argsort(-surprise, axis=1)[:, :n]
    return {kind: list(genes[row]) for kind, row in zip(types[::-1], best)}
""",
            "wrong label",
        ),
        (
            """
def markers(counts, labels, genes, n=3, min_count=50):
    types = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in types])
    surprise = np.where(counts.sum(0) >= min_count, pmi(pooled), -np.inf)
    best = np.argsort(-surprise, axis=1)[:, :3]
    return {kind: list(genes[row]) for kind, row in zip(types, best)}
""",
            "return 4 genes",
        ),
    ],
    "nearest": [
        (
            """
def nearest(vectors, names, query, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(-unit @ unit[names.index(query)])
    return [names[i] for i in order][:k]
""",
            "nearest to itself",
        ),
        (
            """
def nearest(vectors, names, query, k):
    order = np.argsort(-vectors @ vectors[names.index(query)])
    return [names[i] for i in order if names[i] != query][:k]
""",
            "long vectors win",
        ),
        (
            """
def nearest(vectors, names, query, k):
    order = np.argsort(np.linalg.norm(vectors - vectors[names.index(query)], axis=1))
    return [names[i] for i in order if names[i] != query][:k]
""",
            "Euclidean distance",
        ),
        (
            """
def nearest(vectors, names, query, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(unit @ unit[names.index(query)])
    return [names[i] for i in order if names[i] != query][:k]
""",
            "the farthest",
        ),
        (
            """
def nearest(vectors, names, query, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(-unit @ unit[names.index(query)])[1 : k]
    return [names[i] for i in order]
""",
            "return 6 names, not 5",
        ),
        (
            """
def nearest(vectors, names, query, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.argsort(-unit @ unit[names.index(query)])[1 : k + 1]
""",
            "must hold names",
        ),
        (
            """
def nearest(vectors, names, query, k):
    unit = vectors / np.linalg.norm(vectors, axis=1)
    order = np.argsort(-unit @ unit[names.index(query)])
    return [names[i] for i in order if names[i] != query][:k]
""",
            "in its line 2 with ValueError",
        ),
    ],
    "guess_type": [
        (
            """
def guess_type(vectors, labels, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = np.argsort(-(unit @ unit.T), axis=1)[:, :k]
    return np.array([mode(labels[row]) for row in near])
""",
            "counts itself",
        ),
        (
            """
def guess_type(vectors, labels, k):
    unit = vectors / np.linalg.norm(vectors, axis=0)
    likeness = unit.T @ unit
    np.fill_diagonal(likeness, -np.inf)
    near = np.argsort(-likeness, axis=1)[:, :k]
    return np.array([mode(labels[row]) for row in near])
""",
            "a cell is a row",
        ),
        (
            """
def guess_type(vectors, labels, k):
    return label_accuracy(neighbours(vectors, k), labels)
""",
            "not the share that is right",
        ),
        (
            """
def guess_type(vectors, labels, k):
    near = neighbours(vectors, k, metric="euclidean")
    return np.array([mode(labels[row]) for row in near])
""",
            "Euclidean distance",
        ),
        (
            """
def guess_type(vectors, labels, k):
    near = neighbours(vectors, k)
    return labels[near[:, 0]]
""",
            "let all k vote",
        ),
        (
            """
def guess_type(vectors, labels, k):
    return np.array([mode(labels)] * len(labels))
""",
            "same label",
        ),
        (
            """
def guess_type(vectors, labels, k):
    near = neighbours(vectors, k)
    ballots = [[label, *labels[row]] for label, row in zip(labels, near)]
    return labels[near[:, 0]] if k == 1 else np.array([mode(each) for each in ballots])
""",
            "vote on itself",
        ),
        (
            """
def guess_type(vectors, labels, k):
    return neighbours(vectors, k)[:, 0]
""",
            "not row numbers",
        ),
    ],
    "kept_company": [
        (
            """
def kept_company(before, after, k):
    return (neighbours(before, k) == neighbours(after, k)).mean()
""",
            "place by place",
        ),
        (
            """
def kept_company(before, after, k):
    pairs = zip(neighbours(before, k), neighbours(after, k))
    return 1 - np.mean([len(set(a) & set(b)) for a, b in pairs]) / k
""",
            "share of neighbours lost",
        ),
        (
            """
def kept_company(before, after, k):
    tables = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (before, after)]
    near = [np.argsort(-(x @ x.T), axis=1)[:, :k] for x in tables]
    return np.mean([len(set(a) & set(b)) for a, b in zip(*near)]) / k
""",
            "counts itself",
        ),
        (
            """
def kept_company(before, after, k):
    return np.linalg.norm(before - after, axis=1).mean()
""",
            "axes may turn",
        ),
        (
            """
def kept_company(before, after, k):
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (before, after))
    return (a * b).sum(1).mean()
""",
            "who is near whom",
        ),
        (
            """
def kept_company(before, after, k):
    pairs = zip(neighbours(before, k), neighbours(after, k))
    return np.mean([len(set(a) & set(b)) for a, b in pairs])
""",
            "divide by k",
        ),
        (
            """
def kept_company(before, after, k):
    pairs = zip(neighbours(before, k), neighbours(after, k))
    return np.mean([len(set(a) & set(b)) / len(set(a) | set(b)) for a, b in pairs])
""",
            "Jaccard",
        ),
        (
            """
def kept_company(before, after, k):
    pairs = zip(neighbours(before, k), neighbours(after, k))
    return [len(set(a) & set(b)) / k for a, b in pairs]
""",
            "return one share",
        ),
        (
            """
def kept_company(before, after, k):
    near = [neighbours(x, k, "euclidean") for x in (before, after)]
    return np.mean([len(set(a) & set(b)) for a, b in zip(*near)]) / k
""",
            "use the cosine",
        ),
    ],
    "excess_drift": [
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def drift(stay):
        return 1 - kept_company(before[stay], embed(counts[stay]), 10)

    before, rng = embed(counts), np.random.default_rng(seed)
    size = len(counts) // 2
    random = [drift(rng.permutation(len(counts)) < size) for _ in range(repeats)]
    return drift(labels != gone) - np.mean(random)
""",
            "remove as many",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def drift(stay):
        return 1 - kept_company(before, embed(counts[stay]), 10)

    before, rng = embed(counts), np.random.default_rng(seed)
    stay = labels != gone
    random = [drift(rng.permutation(stay)) for _ in range(repeats)]
    return drift(stay) - np.mean(random)
""",
            "same cells",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def drift(stay):
        return 1 - kept_company(before[: stay.sum()], embed(counts[stay]), 10)

    before, rng = embed(counts), np.random.default_rng(seed)
    stay = labels != gone
    random = [drift(rng.permutation(stay)) for _ in range(repeats)]
    return drift(stay) - np.mean(random)
""",
            "rows do not match",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def kept(stay):
        return kept_company(before[stay], embed(counts[stay]), 10)

    before, rng = embed(counts), np.random.default_rng(seed)
    stay = labels != gone
    random = [kept(rng.permutation(stay)) for _ in range(repeats)]
    return kept(stay) - np.mean(random)
""",
            "sign is wrong",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    stay = labels != gone
    return 1 - kept_company(embed(counts)[stay], embed(counts[stay]), 10)
""",
            "no cells are removed at random",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def drift(stay):
        near = [set(np.flatnonzero(stay)[row]) for row in neighbours(embed(counts[stay]), 10)]
        first = neighbours(before, 10)[stay]
        return 1 - np.mean([len(set(a) & b) / 10 for a, b in zip(first, near)])

    before, rng = embed(counts), np.random.default_rng(seed)
    stay = labels != gone
    random = [drift(rng.permutation(stay)) for _ in range(repeats)]
    return drift(stay) - np.mean(random)
""",
            "sought among all cells",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def drift(stay):
        return 1 - kept_company(before[stay], embed(counts[stay]), 10)

    before, stay = embed(counts), labels != gone
    random = [drift(np.random.default_rng(seed).permutation(stay)) for _ in range(repeats)]
    return drift(stay) - np.mean(random)
""",
            "all the same",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def drift(stay):
        return 1 - kept_company(before[stay], embed(counts[stay]), 10)

    before, rng = embed(counts), np.random.default_rng()
    stay = labels != gone
    random = [drift(rng.permutation(stay)) for _ in range(repeats)]
    return drift(stay) - np.mean(random)
""",
            "the same seed gives other removals",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def drift(stay):
        return 1 - kept_company(before[stay], embed(counts[stay]), 10)

    before, rng = embed(counts), np.random.default_rng(0)
    stay = labels != gone
    random = [drift(rng.permutation(stay)) for _ in range(repeats)]
    return drift(stay) - np.mean(random)
""",
            "use the argument seed",
        ),
        (
            """
def excess_drift(counts, labels, gone, embed, seed, repeats):
    def drift(stay):
        return 1 - kept_company(before[stay], embed(counts[stay]), 10)

    before, rng = embed(counts), np.random.default_rng(seed)
    stay = labels == gone
    random = [drift(rng.permutation(stay)) for _ in range(repeats)]
    return drift(stay) - np.mean(random)
""",
            "it is they who leave",
        ),
    ],
    "agreement": [
        (
            """
def agreement(vectors, names, judged, metric):
    place = {name: i for i, name in enumerate(names)}
    a, b = (vectors[judged[side].map(place)] for side in ("a", "b"))
    return spearmanr(paired_distances(a, b, metric=metric), judged.people).statistic
""",
            "sign is wrong for metric='cosine'",
        ),
        (
            """
def agreement(vectors, names, judged, metric):
    place = {name: i for i, name in enumerate(names)}
    a, b = (vectors[judged[side].map(place)] for side in ("a", "b"))
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    likeness = cosine if metric == "cosine" else np.linalg.norm(a - b, axis=1)
    return spearmanr(likeness, judged.people).statistic
""",
            "sign is wrong for metric='euclidean'",
        ),
        (
            """
def agreement(vectors, names, judged, metric):
    place = {name: i for i, name in enumerate(names)}
    a, b = (vectors[judged[side].map(place)] for side in ("a", "b"))
    return np.corrcoef(-paired_distances(a, b, metric=metric), judged.people)[0, 1]
""",
            "Pearson",
        ),
        (
            """
def agreement(vectors, names, judged, metric):
    place = {name: i for i, name in enumerate(names)}
    a, b = (vectors[judged[side].map(place)] for side in ("a", "b"))
    return spearmanr(-paired_distances(a, b, metric="cosine"), judged.people).statistic
""",
            "use the argument metric",
        ),
        (
            """
def agreement(vectors, names, judged, metric):
    place = {name: i for i, name in enumerate(sorted(names))}
    a, b = (vectors[judged[side].map(place)] for side in ("a", "b"))
    return spearmanr(-paired_distances(a, b, metric=metric), judged.people).statistic
""",
            "look up rows by name",
        ),
        (
            """
def agreement(vectors, names, judged, metric):
    place = {name: i for i, name in enumerate(names)}
    a, b = (vectors[judged[side].map(place)] for side in ("a", "b"))
    likeness = (a * b).sum(1) if metric == "cosine" else -np.linalg.norm(a - b, axis=1)
    return spearmanr(likeness, judged.people).statistic
""",
            "dot product",
        ),
        (
            """
def agreement(vectors, names, judged, metric):
    place = {name: i for i, name in enumerate(names)}
    a, b = (vectors[judged[side].map(place)] for side in ("a", "b"))
    return spearmanr(-paired_distances(a, b, metric=metric), judged.people)
""",
            "not with its p-value",
        ),
    ],
    "vanishing_gap": [
        (
            """
def vanishing_gap(x, totals, labels, n, k):
    top = x[:, np.argsort(totals)[:n]]
    unit = top / np.maximum(np.linalg.norm(top, axis=1, keepdims=True), 1e-9)
    ways = (top, "cosine"), (top, "euclidean"), (unit, "euclidean")
    return [label_accuracy(neighbours(y, k, m), labels) for y, m in ways]
""",
            "tell next to nothing",
        ),
        (
            """
def vanishing_gap(x, totals, labels, n, k):
    top = x[:, :n]
    unit = top / np.maximum(np.linalg.norm(top, axis=1, keepdims=True), 1e-9)
    ways = (top, "cosine"), (top, "euclidean"), (unit, "euclidean")
    return [label_accuracy(neighbours(y, k, m), labels) for y, m in ways]
""",
            "first n columns",
        ),
        (
            """
def vanishing_gap(x, totals, labels, n, k):
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    ways = (x, "cosine"), (x, "euclidean"), (unit, "euclidean")
    return [label_accuracy(neighbours(y, k, m), labels) for y, m in ways]
""",
            "kept all genes",
        ),
        (
            """
def vanishing_gap(x, totals, labels, n, k):
    top = x[:, np.argsort(-totals)[:n]]
    unit = top / top.sum(1, keepdims=True)
    ways = (top, "cosine"), (top, "euclidean"), (unit, "euclidean")
    return [label_accuracy(neighbours(y, k, m), labels) for y, m in ways]
""",
            "divides each row by its sum",
        ),
        (
            """
def vanishing_gap(x, totals, labels, n, k):
    top = x[:, np.argsort(-totals)[:n]]
    unit = top / np.maximum(np.linalg.norm(top, axis=0), 1e-9)
    ways = (top, "cosine"), (top, "euclidean"), (unit, "euclidean")
    return [label_accuracy(neighbours(y, k, m), labels) for y, m in ways]
""",
            "divides columns",
        ),
        (
            """
def vanishing_gap(x, totals, labels, n, k):
    top = x[:, np.argsort(-totals)[:n]]
    ways = (top, "cosine"), (top, "euclidean"), (top, "euclidean")
    return [label_accuracy(neighbours(y, k, m), labels) for y, m in ways]
""",
            "third is not scaled",
        ),
        (
            """
def vanishing_gap(x, totals, labels, n, k):
    top = x[:, np.argsort(-totals)[:n]]
    unit = top / np.linalg.norm(top, axis=1, keepdims=True)
    ways = (top, "euclidean"), (top, "cosine"), (unit, "euclidean")
    return [label_accuracy(neighbours(y, k, m), labels) for y, m in ways]
""",
            "order is cosine",
        ),
        (
            """
def vanishing_gap(x, totals, labels, n, k):
    top = x[:, np.argsort(-totals)[:n]]
    ways = (top, "cosine"), (top, "euclidean")
    return [label_accuracy(neighbours(y, k, m), labels) for y, m in ways]
""",
            "three accuracies, not 2",
        ),
    ],
}
