"""Exercise 9 of *Context*: a null for "neighbours are of one kind" that keeps both margins."""

import numpy as np
from numpy.random import default_rng

from celltoken.checks.core import Exercise
from celltoken.checks.nulls import observe_null, of_the_seed, verdict
from celltoken.checks.samples import blood
from celltoken.checks.values import array
from celltoken.methods import cooccurrence, neighbours, nulls


def tables(rng):
    """Counts of three kinds of rows whose contexts differ, and whose totals do."""
    for rows, columns in ((30, 20), (24, 36)):
        kinds = rng.permutation(np.arange(rows) % 3)
        rate = rng.gamma(0.7, 8, size=(3, columns))[kinds] + 0.2
        counts = rng.poisson(rate * rng.lognormal(0, 0.5, size=(rows, 1)))
        counts[np.arange(columns) % rows, np.arange(columns)] += 1
        yield counts, int(rng.integers(1000))


def expected(counts):
    return np.outer(counts.sum(1), counts.sum(0)) / counts.sum()


def kept(counts, drawn):
    """What a fair null keeps of counts, and whether anything is left of who occurs with whom."""
    chance = expected(counts)
    before, after = ((table - chance) / np.sqrt(chance) for table in (counts, drawn))
    rows = {tuple(row) for row in counts}
    return {
        "whole counts": np.array_equal(drawn, np.rint(drawn)) and (drawn >= 0).all(),
        "row totals": np.array_equal(drawn.sum(1), counts.sum(1)),
        "column totals": np.array_equal(drawn.sum(0), counts.sum(0)),
        "grand total": np.isclose(drawn.sum(), counts.sum()),
        "new rows": not all(tuple(row) in rows for row in drawn),
        "new values": not np.array_equal(np.sort(drawn, None), np.sort(counts, None)),
        # The share left, after drawing by chance, is 0 give or take 0.02.
        "no structure left": abs(np.sum(before * after)) < 0.1 * np.sum(before**2),
        "chance remains": np.var(after) > 0.5,
    }


def reference(counts, seed):
    return nulls.shuffle_pairs(counts, seed).toarray()


def accuracy(counts, labels):
    x = cooccurrence.svd_embedding(cooccurrence.ppmi(counts), 20)
    return neighbours.label_accuracy(neighbours.neighbours(x, 5), labels)


def cells_say(ask, seed):
    """The claim on a sample of blood cells, against the student's null."""
    counts, labels, _ = blood(seed, cells=300, genes=400, common=0.05)
    counts = counts[:, counts.sum(0) > 0].astype(int)
    full = counts.sum(1) > 0
    counts, labels = counts[full], labels[full]
    null = accuracy(array(ask(counts, seed), counts.shape), labels)
    what = "the share of cells whose five neighbours vote for their type"
    return verdict(accuracy(counts, labels), null, what, margin=0.1)


KEEP = "a rare word must stay rare and a deep cell deep"

margins_null = Exercise("margins_null", reference, tables, observe_null(kept), remark=cells_say,
    hint="an event is one unit of a count; np.repeat writes out the row and the column of each",
    otherwise="your null is not fair: it must keep both totals and leave who occurs with whom to "
    "chance.",
    mistakes=[
    ("whole rows change places, so that tokens only swap names; give each its own total back, and "
     "permute events.",
     lambda counts, seed: default_rng(seed).permutation(counts), ("new rows", "row totals")),
    ("nothing is destroyed: you return the counts as they are.",
     lambda counts, seed: np.array(counts), ("no structure left", "new rows")),
    (f"these are not counts but what chance expects of them: {KEEP}, and every count must stay a "
     "whole number, drawn by chance.", lambda counts, seed: expected(counts), ("whole counts",)),
    (f"the values of all pairs change places, and both totals are lost: {KEEP}; permute events, "
     "not values.",
     lambda counts, seed: default_rng(seed).permuted(counts), ("new values", "row totals",
         "column totals")),
    ("the totals are kept only on the average (Poisson, multinomial or resampled events); keep "
     "each exactly, by permuting the contexts of the events.",
     lambda counts, seed: default_rng(seed).poisson(expected(counts)), ("row totals",
         "column totals")),
    (f"the column totals are lost: {KEEP}, so do not permute within rows, or draw a row without "
     "regard to the others.",
     lambda counts, seed: default_rng(seed).permuted(counts, axis=1), ("column totals",)),
    (f"the row totals are lost: {KEEP}, so do not permute within columns, or draw a column "
     "without regard to the others.",
     lambda counts, seed: default_rng(seed).permuted(counts, axis=0), ("row totals",)),
    ("some of who occurs with whom is left: permute the contexts of all events.",
     lambda counts, seed: counts // 2 + reference(counts - counts // 2, seed),
         ("no structure left",)),
    *of_the_seed(reference),
])  # fmt: skip
