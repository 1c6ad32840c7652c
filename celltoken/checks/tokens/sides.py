"""Exercises 5 and 6 of *Tokens*: both sides of a factorization, and a score judged with ties."""

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score

from celltoken.checks.core import Exercise, fail, kind, returns
from celltoken.checks.values import array, number

# -- two sides ------------------------------------------------------------------------------------


def oblong_tables(rng):
    """Tables of either shape, not centred, with singular values that differ."""
    for shape, d in (((9, 6), 3), ((5, 8), 2)):
        yield rng.normal(0.6, 1, size=shape) * rng.lognormal(sigma=0.4, size=(shape[0], 1)), d


def look_up_sides(ask, table, d):
    """What no turn and no sign of the axes changes: all products within and between the sides."""
    found = ask(table, d)
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        fail(f"return two tables, one for the rows and one for the columns, not {kind(found)}.")
    what = "vectors of the {}s, a row each,"
    rows = array(found[0], (table.shape[0], d), what.format("row"))
    columns = array(found[1], (table.shape[1], d), what.format("column"))
    return {
        "product": rows @ columns.T,
        "rows": rows @ rows.T,
        "columns": columns @ columns.T,
    }


def factors(powers=(0.5, 0.5), take=lambda s, d: slice(d), prepare=lambda table: table):
    """Both sides of an SVD, each with a power of the singular values."""

    def rule(table, d):
        u, s, v = np.linalg.svd(prepare(table), full_matrices=False)
        some = take(s, d)
        return u[:, some] * s[some] ** powers[0], v[some].T * s[some] ** powers[1]

    return rule


two_sides = Exercise("two_sides", factors(), oblong_tables, look_up_sides,
    hint="np.linalg.svd(table, full_matrices=False) gives u, s and the columns' side turned over",
    otherwise="the product of your two sides is not the best approximation of that rank, shared "
    "equally between them.",
    mistakes=[
    ("all of the singular values went to the rows; give each side their square root.",
     factors((1, 0)), ("rows", "columns")),
    ("all of the singular values went to the columns; give each side their square root.",
     factors((0, 1)), ("rows", "columns")),
    ("both sides got the whole singular values, so that the product has their squares; give each "
     "the square root.", factors((1, 1))),
    ("the singular values are missing; give each side their square root.", factors((0, 0))),
    ("those are the directions with the smallest singular values; the largest come first.",
     factors(take=lambda s, d: slice(len(s) - d, None))),
    ("you left the first direction out; nothing was said against it.",
     factors(take=lambda s, d: slice(1, d + 1))),
    ("you centred the columns, which is PCA, and the sides are no longer alike; take the table as "
     "it is.", factors(prepare=lambda table: table - table.mean(0))),
    ("you centred the rows; take the table as it is.",
     factors(prepare=lambda table: table - table.mean(1, keepdims=True))),
    ("the signs are lost; a coordinate may be negative.",
     lambda table, d: tuple(np.abs(side) for side in factors()(table, d))),
])  # fmt: skip


# -- a score with ties ----------------------------------------------------------------------------


def scores_with_ties(rng):
    """Scores of which many tie, of carriers and of others, better than chance and worse."""
    for better in (1.4, -0.9):
        truth = rng.permutation(60) < 18
        scores = np.maximum(np.round(rng.normal(0, 1, 60) + better * truth, 1) - 0.3, 0)
        scores[np.flatnonzero(truth)[:3]] = 0.0
        yield scores + 0.25, truth


def pairs(count):
    """A share of all pairs of a carrier and another, from which is above and which ties."""

    def rule(scores, truth):
        difference = scores[truth][:, None] - scores[~truth]
        return count(difference > 0, difference == 0)

    return rule


auc = Exercise("auc", pairs(lambda above, tied: above.mean() + tied.mean() / 2), scores_with_ties,
    returns(lambda v, *_: number(v, "one share")),
    hint="truth is an array of True and False; ~truth are the cells without the protein",
    otherwise="that is not the share of pairs in which the cell with the protein has the higher "
    "score, a tie counting a half.",
    mistakes=[
    ("ties count nothing; they count a half for everybody.", pairs(lambda a, t: a.mean())),
    ("ties count as won; they count a half.", pairs(lambda a, t: (a | t).mean())),
    ("you leave the pairs that tie out; they count a half.",
     pairs(lambda a, t: a.sum() / (~t).sum())),
    ("the sides are exchanged: a carrier should have the higher score.",
     pairs(lambda a, t: 1 - a.mean() - t.mean() / 2)),
    ("that is how many pairs are won; divide by how many there are.",
     pairs(lambda a, t: a.sum() + t.sum() / 2)),
    ("you divide by all pairs of cells; only a carrier and another cell make a pair here.",
     lambda scores, truth: pairs(lambda a, t: a.sum() + t.sum() / 2)(scores, truth)
         / (len(truth) * (len(truth) - 1) / 2)),
    ("that is twice the AUC minus one (Gini, or the rank-biserial correlation).",
     pairs(lambda a, t: 2 * a.mean() + t.mean() - 1)),
    ("you fold the result so that it is above a half; a score can be worse than chance.",
     pairs(lambda a, t: max(a.mean() + t.mean() / 2, 1 - a.mean() - t.mean() / 2))),
    ("that is the share of cells on the right side of the middle score; compare pairs.",
     lambda scores, truth: ((scores > np.median(scores)) == truth).mean()),
    ("that is a rank correlation, which charges a score for the order within each side; compare "
     "pairs.", lambda scores, truth: spearmanr(scores, truth).statistic),
    ("that is the average precision, which depends on how many carriers there are; compare pairs.",
     lambda scores, truth: average_precision_score(truth, scores)),
    ("that is a difference of means, which has the score's own unit; count pairs.",
     lambda scores, truth: scores[truth].mean() - scores[~truth].mean()),
])  # fmt: skip
