"""Checks of the exercises of *Context*: each takes a student's function and a seed for its data."""

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import stats

from celltoken import cooccurrence, geometry
from celltoken.checks._core import (
    array,
    attempted,
    call,
    close,
    diagnose,
    fail,
    number,
    passed,
    same_lists,
    strings,
)
from celltoken.checks._samples import blood, glove

__all__ = [
    "pmi",
    "markers",
    "nearest",
    "guess_type",
    "kept_company",
    "excess_drift",
    "agreement",
    "vanishing_gap",
]


# -- 1 and 2: surprise ----------------------------------------------------------------------------


def pmi(answer, seed=0):
    """Check ``pmi(counts)``: pointwise mutual information in nats, 0 for pairs never seen.

    Two random tables: a square one, so that exchanged axes give numbers and not an error, and one
    with an empty row, whose division by zero must not leave NaN.
    """
    name, rng = "pmi", np.random.default_rng(seed)
    square = 1 + rng.poisson(rng.gamma(1, 4, size=(7, 7)))
    square[rng.random((7, 7)) < 0.3] = 0
    square[np.arange(7), rng.permutation(7)] += 3  # no row and no column is empty
    oblong = rng.poisson(3, size=(5, 9)) + np.eye(5, 9, dtype=int)
    oblong[rng.integers(5)] = 0
    for counts in (square.astype(float), oblong):
        hint = "a column of row totals and a row of column totals, as np.outer makes, fit any table"
        value = call(name, answer, counts, hint=hint)
        value = array(name, value, counts.shape, "one number for each pair, an array")
        _compare_pmi(name, value, counts)
    passed(name)


def _compare_pmi(name, value, counts):
    right, seen = cooccurrence.pmi(counts).toarray(), counts > 0
    if close(value, right):
        return
    if not np.isfinite(value).all():
        fail(name, "NaN or infinity is left where a pair was never seen; put 0 there.")
    n, rows, columns = counts.sum(), counts.sum(1)[:, None], counts.sum(0)[None]
    if close(value[seen], right[seen]):
        fail(name, "pairs that were never seen must have the value 0.")

    def of(ratio):
        return np.log(np.where(seen, ratio, 1), out=np.zeros(counts.shape), where=seen)

    with np.errstate(all="ignore"):
        mistakes = {
            "your logarithm has base 2; nats need the natural one, np.log.": right / np.log(2),
            "your logarithm has base 10; nats need the natural one, np.log.": right / np.log(10),
            "you forgot the total: divide the counts by their sum before you compare them.": of(
                counts / (rows * columns)
            ),
            "the margins are not normalised: p(i) and p(j) are sums divided by the total.": of(
                counts / n / (rows * columns)
            ),
            "the pairs are not normalised: p(i, j) is a count divided by the total.": of(
                counts / (rows * columns / n**2)
            ),
            "you divided by the row totals only; chance is the product of both margins.": of(
                counts / rows
            ),
            "you divided by the column totals only; chance is the product of both margins.": of(
                counts / columns
            ),
            "you divided by the row margin only; chance is the product of both margins.": of(
                counts * n / rows
            ),
            "you divided by the column margin only; chance is the product of both margins.": of(
                counts * n / columns
            ),
            "that is PPMI: keep the negative values.": np.maximum(right, 0),
            "you forgot the logarithm.": np.where(seen, np.exp(right), 0),
            "the sign is wrong: seen more often than by chance must be positive.": -right,
        }
        if len(set(counts.shape)) == 1:
            mistakes["the axes are exchanged: sum(1) are the totals of the rows."] = of(
                counts * n / (columns.T * rows.T)
            )
    otherwise = "the values differ from log [ p(i, j) / (p(i) p(j)) ]; try a table of two by two."
    diagnose(name, value, mistakes, otherwise)


def markers(answer, seed=0):
    """Check ``markers(counts, labels, genes, n, min_count)``: each label's most surprising genes.

    A random sample of blood cells and genes. ``min_count`` equals the total of a gene that is to be
    named, so that "at least" and "more than" differ; genes with equal PMI may come in any order.
    """
    name, n = "markers", 4
    counts, labels, genes = blood(seed, cells=700, genes=2500, smallest=10)
    kinds = np.unique(labels)
    pooled = np.array([counts[labels == kind].sum(0) for kind in kinds])
    total = counts.sum(0)
    surprise = cooccurrence.pmi(pooled).toarray()
    first = np.where(total >= 40, surprise, -np.inf).argmax(1)
    min_count = int(total[first].min())
    enough = total >= min_count

    hint = "pool with one row of summed counts for each label, one column for each gene"
    found = call(name, answer, counts, labels, genes, n, min_count, hint=hint)
    if not isinstance(found, dict):
        fail(name, f"return a dict from label to list of genes, not a {type(found).__name__}.")
    if {str(key) for key in found} != set(kinds):
        fail(name, "the keys of the dict must be the labels, each once.")
    found = {str(key): value for key, value in found.items()}
    column = {gene: j for j, gene in enumerate(genes)}
    for kind in kinds:
        found[kind] = strings(name, found[kind], n, f"genes for {kind}")
        for gene in found[kind]:
            if gene not in column:
                fail(name, f"{gene!r} is not among the genes it was given.")

    flat = [gene for kind in kinds for gene in found[kind]]
    rare = [gene for gene in flat if not enough[column[gene]]]

    def score(names):
        return [surprise[i // n, column[gene]] for i, gene in enumerate(names)]

    def top(values, keep=enough):
        best = np.argsort(-np.where(keep, values, -np.inf), axis=1, kind="stable")[:, :n]
        return [str(genes[j]) for row in best for j in row]

    right = top(surprise)
    distinct = all(len(set(found[kind])) == n for kind in kinds)
    if not rare and distinct and close(score(flat), score(right)):
        return passed(name)
    if rare:
        seen = int(total[column[rare[0]]])
        fail(
            name,
            f"{rare[0]} has only {seen} molecules: leave out genes with fewer than min_count, "
            "for rare genes are surprising by luck.",
        )
    by_kind = [sorted(right[i : i + n]) for i in range(0, len(right), n)]
    if [sorted(found[kind]) for kind in kinds] == by_kind:
        fail(name, "these are the right genes in the wrong order: the most typical comes first.")
    if sorted(sorted(found[kind]) for kind in kinds) == sorted(by_kind):
        fail(
            name,
            "the genes are right but filed under the wrong label: keep rows and names in step.",
        )
    cells_with = (counts > 0).sum(0)
    average = np.array([counts[labels == kind].mean(0) for kind in kinds])
    mistakes = {
        "you named the genes with most molecules, which every cell needs; rank by surprise.": top(
            pooled
        ),
        "you named the least typical genes: the largest PMI comes first.": top(-surprise),
        "min_count means at least that many: a gene with exactly min_count may be named.": top(
            surprise, total > min_count
        ),
        "min_count is about molecules in all cells; you counted the cells with the gene.": top(
            surprise, cells_with >= min_count
        ),
        "min_count is about molecules in all cells; you asked it of each label alone.": top(
            surprise, pooled >= min_count
        ),
        "you pooled by the mean; counts are pooled by their sum.": top(
            cooccurrence.pmi(average).toarray()
        ),
        "you ranked by raw difference between labels; rank by PMI.": top(average - average.mean(0)),
    }
    otherwise = "these are not the genes with the largest PMI in the table of pooled counts."
    diagnose(name, flat, mistakes, otherwise, lambda a, b: same_lists(a, b, 0.8))


# -- 3 and 4: neighbours --------------------------------------------------------------------------


def nearest(answer, seed=0):
    """Check ``nearest(vectors, names, query, k)``: the k other tokens of largest cosine.

    A random sample of word vectors, and queries on which the named mistakes give other lists.
    """
    name, rng = "nearest", np.random.default_rng(seed)
    words, vectors = glove()
    chosen = rng.permutation(5000)[:1200]
    names, x = [words[i] for i in chosen], vectors[chosen]
    likeness = {
        "cosine": geometry.similarity(x[:60], x),
        "dot": x[:60] @ x.T,
        "euclidean": geometry.similarity(x[:60], x, metric="euclidean"),
    }

    def ranked(row, metric="cosine", sign=-1):
        order = np.argsort(sign * likeness[metric][row], kind="stable")
        return [names[i] for i in order if i != row]

    k = 6
    telling = [
        row
        for row in range(60)
        if len({tuple(ranked(row, metric)[:k]) for metric in likeness}) == 3
    ]
    for row in telling[:3]:
        query, right = names[row], ranked(row)[:k]
        hint = "names.index(query) is the query's row, and vectors has one row for each name"
        value = attempted(name, call(name, answer, x, names, query, k, hint=hint))
        if isinstance(value, (list, tuple, np.ndarray)) and len(value) == k + 1:
            if same_lists(list(value), [query, *right]):
                fail(name, f"{query!r} is nearest to itself; leave it out, then take {k}.")
        found = strings(name, value, k, "names")
        if found == right:
            continue
        mistakes = {
            f"{query!r} is nearest to itself; leave the query out before you count.": [
                query,
                *right[:-1],
            ],
            "that is the plain dot product, where long vectors win; divide by the lengths.": ranked(
                row, "dot"
            )[:k],
            "that is the plain dot product with the query in it; divide by the lengths.": [
                names[i] for i in np.argsort(-likeness["dot"][row])[:k]
            ],
            "those are the nearest by Euclidean distance; the cosine forgets length.": ranked(
                row, "euclidean"
            )[:k],
            "those are the farthest: the largest cosine comes first.": ranked(row, sign=1)[:k],
            "these are the right names, but the nearest comes first.": right[::-1],
            "you dropped the nearest word with the query; the query is only one.": ranked(row)[
                1 : k + 1
            ],
        }
        if query in found:
            mistakes[f"leave the query, {query!r}, out of its own list."] = found
        otherwise = "these are not the names with the largest cosine, nearest first."
        diagnose(name, found, mistakes, otherwise, same_lists)
    passed(name)


def guess_type(answer, seed=0):
    """Check ``guess_type(vectors, labels, k)``: the commonest label among k nearest other rows.

    Blood cells by PPMI and SVD, lengthened at random so that Euclidean neighbours differ. Any of
    the labels that tie for a cell is right.
    """
    name = "guess_type"
    counts, labels, _ = blood(seed, cells=400, genes=2000)
    rng = np.random.default_rng(seed)
    x = cooccurrence.svd_embedding(cooccurrence.ppmi(counts), 20)
    x *= rng.lognormal(sigma=0.5, size=(len(x), 1))
    kinds = np.unique(labels)
    for k in (1, 7):
        hint = "rows are cells: compare each row with every other row"
        value = call(name, answer, x, labels, k, hint=hint)
        if isinstance(value, (float, np.floating)):
            fail(name, "return one label for each cell, not the share that is right.")
        if isinstance(value, (list, np.ndarray, pd.Series)) and len(value) == x.shape[1]:
            fail(name, f"you answer for the {x.shape[1]} columns; a cell is a row.")
        if isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.ndim == 1:
            fail(name, "return labels, not row numbers.")
        guess = np.array(strings(name, value, len(x), "labels"))
        near = geometry.neighbours(x, k)
        if _is_a_mode(guess, near, labels).all():
            continue
        right = geometry.vote(near, labels)
        likeness = geometry.similarity(x)
        with_self = np.argsort(-likeness, axis=1)
        far = np.argsort(likeness, axis=1)[:, :k]
        euclidean = geometry.neighbours(x, k, "euclidean")
        votes = {
            "each cell counts itself among its neighbours, which is asking for the answer; leave "
            "it out.": with_self[:, :k],
            "each cell has a vote on itself besides its k neighbours; leave it out.": with_self[
                :, : k + 1
            ],
            "those are the farthest cells; the largest cosine is the nearest.": far,
            "those are neighbours by Euclidean distance; use the cosine.": euclidean,
            "you skip the nearest cell: leave out only the cell itself.": geometry.neighbours(
                x, k + 1
            )[:, 1:],
            "you look at fewer than k neighbours.": near[:, : max(k - 1, 1)],
            "you look at more than k neighbours.": geometry.neighbours(x, k + 1),
        }
        if (guess == labels).all():
            fail(name, next(iter(votes)))
        if len(set(guess)) == 1:
            fail(name, "every cell gets the same label; let each cell's own neighbours vote.")
        if k > 1 and (guess == labels[near[:, 0]]).all():
            fail(name, "only the nearest neighbour is heard; let all k vote.")
        if not set(guess) <= set(kinds):
            fail(name, "your answer holds labels that no cell has.")
        for sentence, rows in votes.items():
            if _is_a_mode(guess, rows, labels).mean() > 0.995:
                fail(name, sentence)
        agree = np.mean(guess == right)
        fail(
            name,
            f"{agree:.0%} of the labels are those that the k nearest other rows vote for; look at "
            "how you find and count them.",
        )
    passed(name)


def _is_a_mode(guess, near, labels):
    """For each row, is the guess among the commonest labels of its neighbours?"""
    kinds = np.unique(labels)
    votes = (labels[near][:, :, None] == kinds).sum(1)
    chosen = (np.asarray(guess)[:, None] == kinds) * votes
    return (chosen.max(1) == votes.max(1)) & (chosen.max(1) > 0)


# -- 5 and 6: moving without being touched --------------------------------------------------------


def kept_company(answer, seed=0):
    """Check ``kept_company(before, after, k)``: mean share of k nearest neighbours still there.

    Word vectors, and the same turned, blurred and rescaled: positions say nothing, neighbours do.
    """
    name, rng = "kept_company", np.random.default_rng(seed)
    _, vectors = glove()
    before = vectors[rng.permutation(5000)[:300]]
    turn = np.linalg.qr(rng.normal(size=(before.shape[1],) * 2))[0]
    after = (before + rng.normal(scale=rng.uniform(0.3, 0.5), size=before.shape)) @ turn
    after *= rng.uniform(0.5, 2, size=(len(after), 1))
    for k, later in ((8, after), (3, after[:, :80])):
        hint = "compare lists of row numbers; the coordinates may differ even in how many they are"
        value = number(name, call(name, answer, before, later, k, hint=hint), "one share")
        near = [geometry.neighbours(x, k) for x in (before, later)]
        right = geometry.neighbour_overlap(*near)
        if close(value, right, 1e-4):
            continue
        mistakes = _overlap_mistakes(before, later, k, near, right)
        otherwise = "that is not the mean share of the k nearest rows that stay the same."
        diagnose(name, value, mistakes, otherwise, lambda a, b: close(a, b, 1e-4))
    passed(name)


def _overlap_mistakes(before, after, k, near, right):
    def with_self(x, n):
        return np.argsort(-geometry.similarity(x), axis=1)[:, :n]

    def overlap(a, b, size=k):
        return np.mean([len(np.intersect1d(p, q)) for p, q in zip(a, b, strict=True)]) / size

    def euclidean(x):
        return geometry.neighbours(x, k, "euclidean")

    mistakes = {
        "that is the share of neighbours lost; the share kept is the rest.": 1 - right,
        "you compare the lists place by place; a neighbour that changes its rank is still kept.": (
            near[0] == near[1]
        ).mean(),
        "each word counts itself among its neighbours, and so always keeps one; leave it out.": (
            lambda: overlap(with_self(before, k), with_self(after, k))
        ),
        "each word counts itself besides its k neighbours; leave it out.": (
            lambda: overlap(with_self(before, k + 1), with_self(after, k + 1), k + 1)
        ),
        "you divide k neighbours' overlap by k, but count the word itself too; leave it out.": (
            lambda: overlap(with_self(before, k + 1), with_self(after, k + 1))
        ),
        "that is how many neighbours stay; divide by k for a share.": right * k,
        "that is the sum over words; take the mean.": right * len(before),
        "you divide by both lists together (Jaccard); divide by k.": (
            lambda: np.mean(
                [
                    len(np.intersect1d(p, q)) / len(np.union1d(p, q))
                    for p, q in zip(*near, strict=True)
                ]
            )
        ),
        "those are neighbours by Euclidean distance; use the cosine.": (
            lambda: overlap(euclidean(before), euclidean(after))
        ),
        "you use all neighbours but k of them; look at the order of your sort.": (
            lambda: overlap(
                *(np.argsort(geometry.similarity(x), axis=1)[:, :k] for x in (before, after))
            )
        ),
    }
    if before.shape == after.shape:
        a, b = (geometry.prepare(x, "cosine") for x in (before, after))
        apart = np.linalg.norm(before - after, axis=1)
        mistakes |= {
            "you compare each word's position with its later one, but axes may turn when nothing "
            "has happened; compare who is near whom.": (a * b).sum(1).mean(),
            "you compare positions (distances), but axes may turn when nothing has happened; "
            "compare who is near whom.": apart.mean(),
        }
    return mistakes


def excess_drift(answer, seed=0):
    """Check ``excess_drift(counts, labels, gone, embed, seed, repeats)``.

    The check's own ``embed`` writes down which cells it is given. So the check knows what the
    student left out at random, and what value must come of it, to the last digit.
    """
    name, rng = "excess_drift", np.random.default_rng(seed)
    counts, labels, _ = blood(seed, cells=320, genes=1500, common=0.1)
    kinds, sizes = np.unique(labels, return_counts=True)
    share = sizes / len(labels)
    gone = rng.choice(kinds[(share > 0.08) & (share < 0.35)])
    stay, repeats = labels != gone, 3
    record = _Recorder(name, counts)
    hint = (
        "to compare neighbours before and after, both tables must hold the same cells: drop from "
        "the first those that leave"
    )
    value = _drift(name, answer, record, counts, labels, gone, seed, repeats, hint)
    left = record.subsets

    targeted = [kept for kept in left if kept.sum() == stay.sum() and (kept == stay).all()]
    whole = [kept for kept in left if kept.all()]
    others = [kept for kept in left if not kept.all() and not (kept == stay).all()]
    if not left:
        fail(name, "embed is never called; the coordinates of those that stay must be made anew.")
    if not targeted:
        if any((kept == ~stay).all() for kept in others):
            fail(name, f"you keep the {gone} cells and remove the others; it is they who leave.")
        fail(name, "the cells that stay when the type leaves are never embedded on their own.")
    if not whole:
        fail(name, "you never embed all cells: before anyone leaves is what you compare with.")
    if not others:
        fail(
            name,
            "no cells are removed at random; without that, nothing says what size alone costs.",
        )
    sizes = {int(kept.sum()) for kept in others}
    if sizes != {int(stay.sum())}:
        fail(
            name,
            f"{gone} leaves {stay.sum()} of {len(stay)} cells, but your random removal leaves "
            f"{min(sizes)}; remove as many.",
        )
    if len(others) != repeats:
        fail(name, f"there must be {repeats} random removals (repeats), not {len(others)}.")
    if len({kept.tobytes() for kept in others}) < repeats:
        fail(name, "your random removals are all the same: make the generator once, not each time.")
    if all(kept[~stay].all() for kept in others):
        fail(name, f"draw from all cells: your random removals never touch a {gone} cell.")

    before = record.embed(counts)

    def drift(kept):
        return 1 - _kept(before[kept], record.embed(counts[kept]))

    real, random = drift(stay), [drift(kept) for kept in others]
    right = real - np.mean(random)
    if not close(value, right, 1e-4):

        def among_all(kept):
            index = np.cumsum(kept) - 1
            first = geometry.neighbours(before, 10)[kept]
            second = geometry.neighbours(record.embed(counts[kept]), 10)
            first = np.where(kept[first], index[first], -1)
            pairs = zip(first, second, strict=True)
            return 1 - np.mean([len(np.intersect1d(p, q)) / 10 for p, q in pairs])

        def misplaced(kept):
            return 1 - _kept(before[: kept.sum()], record.embed(counts[kept]))

        mistakes = {
            "the sign is wrong: drift is the share of neighbours that change, so it is targeted "
            "minus random.": -right,
            "that is the drift itself; take off the mean drift of the random removals.": real,
            "that is the share kept; drift is the share that changes.": 1 - real,
            "that is the mean drift of the random removals only.": np.mean(random),
            "you take off the sum of the random drifts; take off their mean.": real - sum(random),
            "you take off the largest random drift; take off the mean.": real - max(random),
            "you take off the smallest random drift; take off the mean.": real - min(random),
            "you take off one random drift only; take off the mean of all repeats.": (
                lambda: real - random[-1]
            ),
            "that is a ratio; subtract the mean drift of the random removals.": (
                lambda: real / np.mean(random)
            ),
            "neighbours 'before' are sought among all cells, so whoever had a neighbour that left "
            "seems to drift; drop those that leave first, then look for neighbours.": (
                lambda: among_all(stay) - np.mean([among_all(kept) for kept in others])
            ),
            "rows do not match: the first rows of 'before' are not the cells that stay; drop "
            "the same cells.": (
                lambda: misplaced(stay) - np.mean([misplaced(kept) for kept in others])
            ),
        }
        if close(value, real - random[0], 1e-4):
            fail(name, "you take off one random drift only; take off the mean of all repeats.")
        otherwise = "drift is the share of the ten nearest neighbours (cosine) that change."
        diagnose(name, value, mistakes, otherwise, lambda a, b: close(a, b, 1e-4))

    again, other_seed = _Recorder(name, counts), _Recorder(name, counts)
    _drift(name, answer, again, counts, labels, gone, seed, repeats, hint)
    _drift(name, answer, other_seed, counts, labels, gone, seed + 1, repeats, hint)
    if again.signature() != _signature(left):
        fail(
            name,
            "the same seed gives other removals: make the generator from seed, in the function.",
        )
    if other_seed.signature() == _signature(left):
        fail(name, "another seed gives the same removals: use the argument seed.")
    passed(name)


def _drift(name, answer, record, counts, labels, gone, seed, repeats, hint):
    value = call(name, answer, counts, labels, gone, record, seed, repeats, hint=hint)
    return number(name, value)


def _kept(before, after, k=10):
    return geometry.neighbour_overlap(geometry.neighbours(before, k), geometry.neighbours(after, k))


def _signature(subsets):
    """Which cells were kept, in each call, as one value that can be compared."""
    return b"".join(kept.tobytes() for kept in subsets)


class _Recorder:
    """An embedding that remembers which rows of ``counts`` it was asked to place."""

    def __init__(self, name, counts):
        self.name, self.subsets = name, []
        self.row = {line.tobytes(): i for i, line in enumerate(counts)}

    @staticmethod
    def embed(counts):
        x = np.log1p(counts)
        return cooccurrence.svd_embedding(x - x.mean(0), 10, power=1)

    def __call__(self, counts):
        counts = np.asarray(counts)
        if counts.ndim != 2 or len(counts) < 11:
            fail(self.name, "embed takes a table of counts, one row for each cell that is there.")
        rows = [self.row.get(line.tobytes()) for line in counts]
        if None in rows:
            fail(self.name, "give embed rows of counts as they are, whole and unchanged.")
        kept = np.zeros(len(self.row), dtype=bool)
        kept[rows] = True
        if kept.sum() < len(rows):
            fail(self.name, "some cell is given to embed twice; draw without replacement.")
        self.subsets.append(kept)
        return self.embed(counts)

    def signature(self):
        return _signature(self.subsets)


# -- 7 and 8: which metric ------------------------------------------------------------------------


def agreement(answer, seed=0):
    """Check ``agreement(vectors, names, judged, metric)``: Spearman's rho with people's judgement.

    Half of WordSim-353, chosen at random, and the vectors of its words in random order.
    """
    name, rng = "agreement", np.random.default_rng(seed)
    words, vectors = glove()
    place = {word: i for i, word in enumerate(words)}
    judged = _judged_pairs()
    judged = judged.iloc[rng.permutation(len(judged))[: len(judged) // 2]].reset_index(drop=True)
    chosen = rng.permutation([place[w] for w in sorted({*judged.a, *judged.b})])
    names, x = [words[i] for i in chosen], vectors[chosen]
    row = {word: i for i, word in enumerate(names)}
    a, b = ([row[word] for word in judged[column]] for column in ("a", "b"))
    likeness = {m: geometry.similarity(x, metric=m)[a, b] for m in ("cosine", "euclidean")}

    def rho(values):
        return stats.spearmanr(values, judged.people).statistic

    for metric in ("cosine", "euclidean"):
        hint = "look up the row of each word by its name; judged has the columns a, b, people"
        value = call(name, answer, x, names, judged, metric, hint=hint)
        if isinstance(value, (tuple, list)) and len(value) == 2:
            fail(name, "return the coefficient alone, not with its p-value.")
        value = number(name, value, "one coefficient")
        right = rho(likeness[metric])
        if close(value, right, 1e-4):
            continue
        other = "euclidean" if metric == "cosine" else "cosine"
        mistakes = {
            f"the sign is wrong for metric={metric!r}: a large distance means little likeness.": (
                -right
            ),
            f"metric={metric!r} gives the value of {other!r}; use the argument metric.": rho(
                likeness[other]
            ),
            f"metric={metric!r} gives the value of {other!r} with the wrong sign.": -rho(
                likeness[other]
            ),
            "that is Pearson's correlation; people's scale and yours share only the order.": (
                lambda metric=metric: stats.pearsonr(likeness[metric], judged.people).statistic
            ),
            "that is minus Pearson's correlation; you need the correlation of ranks.": (
                lambda metric=metric: -stats.pearsonr(likeness[metric], judged.people).statistic
            ),
            "that is Kendall's tau; you need Spearman's rho.": (
                lambda metric=metric: stats.kendalltau(likeness[metric], judged.people).statistic
            ),
            "that is the plain dot product; the cosine divides by both lengths.": (
                lambda: rho((x[a] * x[b]).sum(1))
            ),
            "you sum the differences themselves (city block); Euclid squares them.": (
                lambda: rho(-np.abs(x[a] - x[b]).sum(1))
            ),
        }
        if abs(value) < 0.2:
            fail(
                name,
                "hardly any agreement is left; look up rows by name, for their order is arbitrary.",
            )
        otherwise = f"that is not Spearman's rho between people and likeness by {metric!r}."
        diagnose(name, value, mistakes, otherwise, lambda p, q: close(p, q, 1e-4))
    passed(name)


def vanishing_gap(answer, seed=0):
    """Check ``vanishing_gap(x, totals, labels, n, k)``: three accuracies on n chosen genes.

    Blood cells, the n most counted genes; rows get random lengths, for without them the metrics
    might agree and exchanging them go unnoticed. One neighbour leaves no ties, so that the shares
    are exact; with five any of the labels that tie may be a cell's guess.
    """
    name = "vanishing_gap"
    counts, labels, _ = blood(seed, cells=320, genes=2500)
    totals = counts.sum(0)
    x = np.log1p(counts / counts.sum(1, keepdims=True) * 1e4)
    x *= np.random.default_rng(seed).lognormal(sigma=0.2, size=(len(x), 1))
    for n, k in ((800, 1), (120, 1), (800, 5)):
        n = _untied(totals, n)
        hint = "the columns of x are genes, and totals has one entry for each of them"
        value = call(name, answer, x, totals, labels, n, k, hint=hint)
        if isinstance(value, (tuple, list)) and len(value) != 3:
            fail(name, f"return three accuracies, not {len(value)}.")
        value = array(name, value, (3,), "three accuracies, an array")
        _compare_accuracies(name, value, x, totals, labels, n, k)
    passed(name)


def _compare_accuracies(name, value, x, totals, labels, n, k):
    order = np.argsort(-totals, kind="stable")
    top = x[:, order[:n]]

    def three(x, scaled=None):
        """The three ways to measure, each a matrix and a metric."""
        scaled = geometry.prepare(x, "cosine") if scaled is None else scaled
        return (x, "cosine"), (x, "euclidean"), (scaled, "euclidean")

    def within(value, ways):
        """Whether the shares are right for some way to settle ties."""
        least, most = np.transpose([_accuracy(*way, labels, k) for way in ways])
        return bool(np.all((least - 1e-6 <= value) & (value <= most + 1e-6)))

    def equals(value, ways, k=k):
        near = [geometry.neighbours(x, k, metric) for x, metric in ways]
        return close(value, [geometry.label_accuracy(rows, labels) for rows in near])

    right = cosine, euclidean, unit = three(top)
    if within(value, right):
        return
    if within(1 - value, right):
        fail(name, "those are shares of wrong answers; return the shares of right ones.")
    mistakes = {
        "the order is cosine, Euclidean, Euclidean on rows of length 1; yours is another.": (
            euclidean,
            cosine,
            unit,
        ),
        "the third is not scaled: give every row length 1 first.": (cosine, euclidean, euclidean),
        "you kept the first n columns; keep the n with the largest totals.": three(x[:, :n]),
        "you kept all genes; keep the n with the largest totals.": three(x),
        "the third divides each row by its sum; its length is the root of the sum of squares, and "
        "only then are the first and the third equal.": three(top, top / top.sum(1, keepdims=True)),
        "the third divides columns by their length; it is each row, a cell, that gets "
        "length 1.": three(top, top / np.maximum(np.linalg.norm(top, axis=0), 1e-12)),
        "the third divides by lengths over all genes; take them after choosing genes.": three(
            top, top / np.linalg.norm(x, axis=1, keepdims=True)
        ),
    }
    for sentence, ways in mistakes.items():
        if equals(value, ways):
            fail(name, sentence)
    if any(equals(value, right, other) for other in (1, 10, max(k - 1, 1), k + 1)):
        fail(name, "you look at fewer than k neighbours, or at more.")
    # Which of the rarest genes are kept is a matter of the sort, so this shows only in the level.
    if value.max() < min(_accuracy(*way, labels, k)[0] for way in right) - 0.1:
        fail(
            name,
            "the genes you kept tell next to nothing about the cells; sort totals from the "
            "largest, for the most counted genes are wanted.",
        )
    fail(name, "these are not the shares of cells whose k nearest others vote for their label.")


def _untied(totals, n):
    """The next number of genes at which it is clear which have the largest totals."""
    ordered = np.sort(totals)[::-1]
    while ordered[n - 1] == ordered[n]:
        n += 1
    return n


def _accuracy(x, metric, labels, k):
    """Share of cells whose neighbours vote for their label: ties counted as lost, and as won."""
    near = geometry.neighbours(x, k, metric)
    votes = (labels[near][:, :, None] == np.unique(labels)).sum(1)
    own = (labels[near] == labels[:, None]).sum(1) == votes.max(1)
    tied = (votes == votes.max(1, keepdims=True)).sum(1) > 1
    return np.mean(own & ~tied), np.mean(own)


# -- data -----------------------------------------------------------------------------------------


@lru_cache
def _judged_pairs():
    from gensim.test.utils import datapath

    judged = pd.read_csv(
        datapath("wordsim353.tsv"), sep="\t", comment="#", names=["a", "b", "people"]
    )
    judged[["a", "b"]] = judged[["a", "b"]].apply(lambda column: column.str.lower())
    known = set(glove()[0])
    return judged[judged.a.isin(known) & judged.b.isin(known)].reset_index(drop=True)
