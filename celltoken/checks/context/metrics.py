"""Exercises 7 and 8 of *Context*: agreement with people, and accuracy, by metric."""

import numpy as np
import pandas as pd
from scipy import stats

from celltoken.checks.context.nearest import cloud
from celltoken.checks.core import Exercise, fail
from celltoken.checks.values import array, number
from celltoken.methods import neighbours as library


def judged_pairs(rng):
    """Words, and pairs judged by scales that share only their order with the vectors; in the last
    case people say the opposite of the vectors, so that a lost sign shows. No pair comes twice:
    a cosine by another formula may differ in the last digit, and equal ranks would fall apart."""
    every = np.transpose(np.triu_indices(40, 1))
    for metric, sense in (("cosine", 1), ("euclidean", 1), ("cosine", -1), ("euclidean", -1)):
        x = cloud(rng, 40)
        labels = [f"word{i}" for i in rng.permutation(100)[:40]]
        pairs = rng.permuted(rng.permutation(every)[:70], axis=1)
        angle, distance = (pair_similarity(x, pairs, m) for m in ("cosine", "euclidean"))
        liking = stats.zscore(angle) + stats.zscore(distance) / 2
        people = np.exp(sense * liking + rng.normal(scale=0.5, size=70))
        a, b = (np.array(labels)[side] for side in pairs.T)
        yield x, labels, pd.DataFrame({"a": a, "b": b, "people": people.round(3)}), metric


def pair_similarity(x, pairs, metric):
    a, b = x[pairs[:, 0]], x[pairs[:, 1]]
    if metric == "euclidean":
        return -np.linalg.norm(a - b, axis=1)
    if metric == "city block":
        return -np.abs(a - b).sum(1)
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosine = (a * b).sum(1) / length
    return cosine * length if metric == "dot" else abs(cosine) if metric == "no sign" else cosine


def rated(how=stats.spearmanr, change=lambda value, _: value, order=list, **ways):
    """A rule for the correlation with people: how; what becomes of it; in which order the names
    count; and which way of measuring stands in for a metric."""

    def rule(vectors, names, judged, metric):
        place = {name: i for i, name in enumerate(order(names))}
        pairs = np.transpose([judged[side].map(place) for side in ("a", "b")])
        similarity = pair_similarity(vectors, pairs, ways.get(metric, metric))
        return change(how(similarity, judged.people).statistic, metric)

    return rule


def read_coefficient(ask, vectors, names, judged, metric):
    value = ask(vectors, names, judged, metric)
    if isinstance(value, (tuple, list)) and len(value) == 2:
        fail("return the coefficient alone, not with its p-value.")
    return {metric: number(value, "one coefficient"), **SILENT[metric]}


# Both metrics are aspects of every outcome; an input shows one of them.
SILENT = {"cosine": {"euclidean": 0.0}, "euclidean": {"cosine": 0.0}}
RANKS = "people's scale and yours share only the order, so correlate ranks (Spearman)."

agreement = Exercise("agreement", rated(), judged_pairs, read_coefficient,
    hint="look up the row of each word by its name; judged has the columns a, b, people",
    otherwise="that is not Spearman's rho between people and the similarity by that metric.",
    mistakes=[
    *((f"the sign is wrong for metric='{name}': a large distance means little similarity.",
       rated(change=lambda v, metric, name=name: -v if metric == name else v))
      for name in SILENT),
    ("the sign is lost: people may well say the opposite of the vectors, and then the coefficient "
     "is negative.", rated(change=lambda value, _: abs(value))),
    ("the sign is lost (an absolute value, or a square): a cosine of -1 is as unlike as can be.",
     rated(cosine="no sign")),
    ("metric='euclidean' gives the value of 'cosine'; use the argument metric, and take rows as "
     "they are, for if all have length 1 both metrics give one order.", rated(euclidean="cosine")),
    ("metric='cosine' gives the value of 'euclidean'; use the argument metric.",
     rated(cosine="euclidean")),
    (f"that is Pearson's correlation; {RANKS}", rated(stats.pearsonr)),
    (f"that is minus Pearson's correlation; {RANKS}", rated(stats.pearsonr, lambda v, _: -v)),
    ("that is Kendall's tau; you need Spearman's rho.", rated(stats.kendalltau)),
    ("that is the plain dot product; the cosine divides by both lengths.", rated(cosine="dot")),
    ("you sum the differences themselves (city block); Euclid squares them.",
     rated(euclidean="city block")),
    ("you look up rows in alphabetical order; names stand in the order of the rows, so look up "
     "rows by name.", rated(order=sorted)),
])  # fmt: skip


# -- accuracy by metric ---------------------------------------------------------------------------


def expression(rng):
    """Log-normalised counts of two types whose rows differ in length; an odd k leaves no ties.
    Genes are in no order, and of the totals (counted in more cells than these) no two are equal."""

    def draw(n, k):
        labels = np.array(["B", "T"])[rng.integers(2, size=110)]
        level = rng.permutation(np.exp(np.linspace(2.5, -3, 120)))
        change = np.exp(rng.normal(scale=0.25, size=(2, 120)))
        rate = level * change[(labels == "T").astype(int)] * rng.lognormal(0, 0.4, size=(110, 1))
        counts = rng.poisson(rate * rng.gamma(3, 1 / 3, size=rate.shape))
        x = np.log1p(counts / counts.sum(1, keepdims=True) * 1e4)
        x *= rng.lognormal(sigma=0.2, size=(110, 1))
        case = x, rng.poisson(level * 1e5).astype(float), labels, n, k
        return case if n != 12 or scored()(*case)[2] != by_sums(*case)[2] else draw(n, k)

    for n, k in ((40, 1), (12, 1), (40, 5), (20, 9)):
        yield draw(n, k)


def top(x, totals, n):
    return x[:, np.argsort(-totals, kind="stable")[:n]]


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def scored(scale=lambda kept, *_: unit(kept), keep=top, change=np.array, voters=lambda k: k):
    """A rule for three accuracies: how the third table is scaled, which genes are kept, what
    becomes of the three, how many vote."""

    def rule(x, totals, labels, n, k):
        kept = keep(x, totals, n)
        tables = (kept, "cosine"), (kept, "euclidean"), (scale(kept, x, totals, n), "euclidean")
        near = [library.neighbours(table, voters(k), metric) for table, metric in tables]
        return change([library.label_accuracy(each, labels) for each in near])

    return rule


by_sums = scored(lambda kept, *_: kept / np.maximum(kept.sum(1), 1e-12)[:, None])


def read_accuracies(ask, x, totals, labels, n, k):
    value = ask(x, totals, labels, n, k)
    if isinstance(value, (tuple, list)) and len(value) != 3:
        fail(f"return three accuracies, not {len(value)}.")
    return {"shares": array(value, (3,), "three accuracies, an array")}


accuracy_by_metric = Exercise("accuracy_by_metric", scored(), expression, read_accuracies,
    hint="the columns of x are genes, and totals has one entry for each of them",
    otherwise="these are not the shares of cells whose k nearest others vote for their label.",
    mistakes=[
    ("those are shares of wrong answers; return the shares of right ones.",
     scored(change=lambda shares: np.subtract(1, shares))),
    ("the order is cosine, Euclidean, Euclidean on rows of length 1; yours is another.",
     scored(change=lambda shares: np.take(shares, [1, 0, 2]))),
    ("the third is not scaled: give every row length 1 first.", scored(lambda kept, *_: kept)),
    ("you kept the first n columns; keep the n with the largest totals.",
     scored(keep=lambda x, totals, n: x[:, :n])),
    ("you kept all genes; keep the n with the largest totals.", scored(keep=lambda x, *_: x)),
    ("the genes you kept are the rarest and tell next to nothing about the cells; sort totals "
     "from the largest.", scored(keep=lambda x, totals, n: top(x, -totals, n))),
    ("the third divides each row by its sum; its length is the root of the sum of squares, and "
     "only then are the first and the third equal.",
     by_sums),
    ("the third divides columns by their length; it is each row, a cell, that gets length 1.",
     scored(lambda kept, *_: unit(kept.T).T)),
    ("the third divides by lengths over all genes; take them after choosing genes.",
     scored(lambda _, x, totals, n: top(unit(x), totals, n))),
    ("you look at one neighbour; look at k.", scored(voters=lambda k: 1)),
    ("you look at more than k neighbours.", scored(voters=lambda k: k + 1)),
])  # fmt: skip
