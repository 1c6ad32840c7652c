"""Exercises 1 and 2 of *Context*: PMI of words and contexts, and marker genes by PMI."""

import numpy as np

from celltoken.checks.core import Exercise, fail
from celltoken.checks.core import kind as kind_of
from celltoken.checks.values import array, names
from celltoken.methods import cooccurrence


def reference_pmi(counts):
    return cooccurrence.pmi(counts).toarray()


def log_where_seen(counts, ratio):
    return np.log(np.where(counts > 0, ratio, 1), out=np.zeros(counts.shape), where=counts > 0)


def log_of(ratio):
    """A wrong PMI: the log of another ratio, of counts, their total, row and column totals."""
    return lambda c: log_where_seen(c, ratio(c, c.sum(), c.sum(1)[:, None], c.sum(0)))


def tables(rng):
    """A square table, so that exchanged axes give numbers; one with an empty row; one whose PMI
    is far from 0 on both sides, so that values cut off at a limit show."""
    square = 1 + rng.poisson(rng.gamma(1, 4, size=(7, 7)))
    square[rng.random((7, 7)) < 0.3] = 0
    square[np.arange(7), rng.permutation(7)] += 3  # no row and no column is empty
    oblong = rng.poisson(3, size=(5, 9)) + np.eye(5, 9, dtype=int)
    oblong[rng.integers(5)] = 0
    extreme = 1 + np.diag(rng.poisson(np.logspace(1, 6, 12)))[rng.permutation(12)]
    yield from ((square.astype(float),), (oblong,), (extreme,))


def look_up_pmi(ask, counts):
    value = array(ask(counts), counts.shape, "one number for each pair, an array")
    return {"seen": value[counts > 0], "others are 0": not value[counts == 0].any()}


pmi = Exercise("pmi", reference_pmi, tables, look_up_pmi,
    hint="a column of row totals and a row of column totals, as np.outer makes, fit any table",
    otherwise="the values differ from log [ p(i, j) / (p(i) p(j)) ]; try a table of two by two.",
    mistakes=[
    ("your logarithm has base 2; nats need the natural one, np.log.",
     lambda counts: reference_pmi(counts) / np.log(2)),
    ("your logarithm has base 10; nats need the natural one, np.log.",
     lambda counts: reference_pmi(counts) / np.log(10)),
    ("you forgot the total: divide the counts by their sum before you compare them.",
     log_of(lambda c, n, row, column: c / row / column)),
    ("the margins are not normalised: p(i) and p(j) are sums divided by the total.",
     log_of(lambda c, n, row, column: c / n / row / column)),
    ("the pairs are not normalised: p(i, j) is a count divided by the total.",
     log_of(lambda c, n, row, column: c * n**2 / row / column)),
    ("you divided by the row totals only; chance is the product of both margins.",
     log_of(lambda c, n, row, column: c / row)),
    ("you divided by the column totals only; chance is the product of both margins.",
     log_of(lambda c, n, row, column: c / column)),
    ("you divided by the row margin only; chance is the product of both margins.",
     log_of(lambda c, n, row, column: c * n / row)),
    ("you divided by the column margin only; chance is the product of both margins.",
     log_of(lambda c, n, row, column: c * n / column)),
    ("that is PPMI: keep the negative values.",
     lambda counts: np.maximum(reference_pmi(counts), 0)),
    ("you forgot the logarithm.",
     lambda counts: np.where(counts > 0, np.exp(reference_pmi(counts)), 0)),
    ("the sign is wrong: seen more often than by chance must be positive.",
     lambda counts: -reference_pmi(counts)),
    ("the sign is lost: seen less often than by chance must be negative.",
     lambda counts: np.abs(reference_pmi(counts))),
    ("the axes are exchanged: sum(1) are the totals of the rows.",
     lambda counts: log_where_seen(
         counts, counts * counts.sum() / np.outer(counts.sum(0), counts.sum(1)))),
    ("pairs that were never seen must have the value 0; log(0) leaves something else, so put 0 "
     "there.", lambda counts: np.log(counts) + reference_pmi(counts), ("others are 0",)),
])  # fmt: skip


# -- marker genes ---------------------------------------------------------------------------------


def pooled(counts, labels, how=np.sum):
    return np.array([how(counts[labels == kind], axis=0) for kind in np.unique(labels)])


def named(labels, genes, values, n):
    """A dict from label to the n genes with the largest values."""
    best = np.argsort(-values, axis=1, kind="stable")[:, :n]
    return {
        str(kind): [str(genes[j]) for j in row]
        for kind, row in zip(np.unique(labels), best, strict=True)
    }


def naming(values, enough=lambda counts, _, least: counts.sum(0) >= least):
    """A rule that names the genes with the largest values, of those with enough molecules. Both
    are functions of counts and labels, ``enough`` of min_count as well."""

    def rule(counts, labels, genes, n, least):
        ranks = np.where(enough(counts, labels, least), values(counts, labels), -np.inf)
        return named(labels, genes, ranks, n)

    return rule


def surprise(counts, labels, how=np.sum):
    return reference_pmi(pooled(counts, labels, how))


reference_markers = naming(surprise)


def labelled_counts(rng):
    """Counts of 90 genes, some rare, in types of unlike size and depth. ``min_count`` equals the
    total of a gene that is to be named, so that "at least" and "more than" differ."""
    for n in (4, 2):
        sizes = rng.permutation([14, 25, 40, 70])
        labels = rng.permutation(np.repeat(["B", "NK", "T", "monocyte"], sizes))
        profile = rng.gamma(0.4, 1, size=(4, 90)) * rng.lognormal(-0.5, 1.6, size=90)
        depth = rng.lognormal(0, 0.4, size=(len(labels), 1)) * 8
        rate = profile[np.unique(labels, return_inverse=True)[1]]
        counts = rng.poisson(depth * rate / rate.sum(1).mean() * 6).astype(float)
        counts = counts[:, counts.sum(0) > 0]
        genes = np.array([f"gene{i}" for i in rng.permutation(500)[: counts.shape[1]]])
        total = counts.sum(0)
        first = np.where(total >= 25, surprise(counts, labels), -np.inf).argmax(1)
        yield counts, labels, genes, n, int(total[first].min())


def look_up_markers(ask, counts, labels, genes, n, min_count):
    """Genes by their PMI, so that equal ones may come in any order."""
    found = ask(counts, labels, genes, n, min_count)
    kinds = [str(kind) for kind in np.unique(labels)]
    if not isinstance(found, dict):
        fail(f"return a dict from label to list of genes, not {kind_of(found)}.")
    if sorted(map(str, found)) != kinds:
        fail("the keys of the dict must be the labels, each once.")
    found = {str(key): names(each, n, f"genes for {key}") for key, each in found.items()}
    column = {gene: j for j, gene in enumerate(genes)}
    for gene in sum(found.values(), []):
        if gene not in column:
            fail(f"{gene!r} is not among the genes it was given.")
    columns, best = (
        np.array([[column[gene] for gene in each[kind]] for kind in kinds])
        for each in (found, reference_markers(counts, labels, genes, n, min_count))
    )
    table = surprise(counts, labels)
    score, wanted = (np.take_along_axis(table, each, axis=1) for each in (columns, best))
    seen = {
        "genes": np.sort(score, axis=1),
        "too rare": int((counts.sum(0)[columns] < min_count).sum()),
    }
    if np.allclose(seen["genes"], np.sort(wanted, axis=1)):  # of other genes no order is right
        seen["ordered"] = bool((np.diff(score) <= 1e-9).all())
    return seen


LEAST = "you named the least typical genes: the largest PMI comes first."

markers = Exercise("markers", reference_markers, labelled_counts, look_up_markers,
    hint="pool with one row of summed counts for each label, one column for each gene",
    otherwise="these are not the genes with the largest PMI in the table of pooled counts.",
    mistakes=[
    ("you named the genes with most molecules, which every cell needs; rank by PMI.",
     naming(pooled, lambda *_: True), ("genes",)),
    ("leave out genes with fewer than min_count molecules in all cells, for rare genes are "
     "surprising by luck.", naming(surprise, lambda *_: True)),
    (LEAST, naming(lambda c, labels: -surprise(c, labels)), ("genes",)),
    # The genes that may not be named, first of all:
    (LEAST, naming(lambda c, labels: 0 * pooled(c, labels), lambda c, _, least: c.sum(0) < least),
     ("too rare",)),
    ("the sign is lost: a gene seen less often than by chance is not typical.",
     naming(lambda c, labels: np.abs(surprise(c, labels)))),
    ("min_count means at least that many: a gene with exactly min_count may be named.",
     naming(surprise, lambda c, _, least: c.sum(0) > least)),
    ("min_count is about molecules in all cells; you counted the cells with the gene.",
     naming(surprise, lambda c, _, least: (c > 0).sum(0) >= least)),
    ("min_count is about molecules in all cells; you asked it of each label alone.",
     naming(surprise, lambda c, labels, least: pooled(c, labels) >= least), ("genes",)),
    ("you pooled by the mean; counts are pooled by their sum.",
     naming(lambda c, labels: surprise(c, labels, np.mean)), ("genes",)),
    ("you ranked by raw difference between labels; rank by PMI.",
     naming(lambda c, labels: pooled(c, labels, np.mean) - c.mean(0)), ("genes",)),
    ("the genes are right but filed under the wrong label: keep rows and names in step.",
     lambda *given: (lambda d: dict(zip(d, list(d.values())[::-1], strict=True)))(
         reference_markers(*given)), ("genes",)),
    ("these are the right genes in the wrong order: the most typical comes first.",
     lambda *given: {k: v[::-1] for k, v in reference_markers(*given).items()}),
])  # fmt: skip
