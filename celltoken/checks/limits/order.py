"""Exercises 1 and 2 of *Limits*: which of two tokens comes first, by their pairs, by their places?

Both answers are shares of the same pairs, so their rules and most mistakes are the same.
"""

import numpy as np
import pandas as pd

from celltoken.checks.cases import telling
from celltoken.checks.core import Exercise, returns
from celltoken.checks.values import number

TOKENS = 9


def apart_in_rows(rows, apart):
    return rows[:, :-apart].ravel(), rows[:, apart:].ravel()


def half(lead):
    return np.mean((1 + np.sign(lead)) / 2)


def before(lead, score=half, pairs=apart_in_rows):
    """A rule: what ``lead(learn, ask, apart, a, b)`` says for a before b, over pairs of ``ask``."""
    return lambda learn, ask, apart: score(lead(learn, ask, apart, *pairs(ask, apart)))


def by_tables(tables):
    """By how often a comes before b, in whatever tables count that, less b before a."""

    def lead(learn, ask, apart, a, b):
        count = np.zeros((TOKENS, TOKENS))
        for first, second in tables(learn, ask, apart):
            np.add.at(count, (first, second), 1)
        return count[a, b] - count[b, a]

    return lead


def by_mean(of, value=lambda group: group.mean()):
    """By how much later b stands than a, in the rows that ``of(learn, ask)`` takes."""

    def lead(learn, ask, apart, a, b):
        rows = of(learn, ask)
        where = pd.Series(np.tile(np.arange(rows.shape[1]), len(rows)))
        place = value(where.groupby(rows.ravel())).reindex(range(TOKENS), fill_value=0).to_numpy()
        return place[b] - place[a]

    return lead


counted = by_tables(lambda learn, ask, apart: [apart_in_rows(learn, apart)])
placed = by_mean(lambda learn, ask: learn)


def of_the_pairs(lead, tie):
    """Mistakes that both exercises have: in what is asked, and in what becomes of ties."""
    return [
        ("the order is turned round: the first of the two is to be told.",
         before(lead, lambda found: half(-found))),
        (f"{tie} is taken for right; count it a half.",
         before(lead, lambda found: np.mean(found >= 0))),
        (f"{tie} is taken for wrong; count it a half.",
         before(lead, lambda found: np.mean(found > 0))),
        (f"{tie} is left out; count it a half.",
         before(lead, lambda found: half(found[found != 0]))),
        ("your pairs reach from the end of one row into the next; stay within rows.",
         before(lead, pairs=lambda rows, apart: (rows.ravel()[:-apart], rows.ravel()[apart:]))),
        ("each two tokens are asked about once; ask about all pairs of places.",
         before(lead, pairs=lambda rows, apart: np.unique(apart_in_rows(rows, apart), axis=1))),
    ]  # fmt: skip


def sequences(exercise, right, place):
    """Rows of tokens that follow each other by a rule, the last token in ``ask`` only; or
    (``place``) rows of tokens that have places of their own, all of them in ``learn``."""

    def inputs(rng):
        def draw(apart):
            rows = rng.integers(TOKENS, size=(60, 12))
            if place:
                rows[:3] = rng.permutation(np.tile(np.arange(TOKENS), 4)).reshape(3, 12)
                late = rng.normal(size=TOKENS)[rows] + rng.normal(size=rows.shape)
                rows = np.take_along_axis(rows, late.argsort(1), 1)
            else:
                follows = rng.permutation(TOKENS)
                for at in range(apart, 12):
                    again = rng.random(60) < 0.3
                    rows[again, at] = follows[rows[again, at - apart]]
                rows[:25] %= TOKENS - 1
            return rows[:25], rows[25:], apart

        for apart in (2, 3):
            yield telling(lambda: draw(apart), right, exercise().mistakes)  # noqa: B023

    return inputs


told_by_pairs = Exercise("told_by_pairs", before(counted),
    sequences(lambda: told_by_pairs, before(counted), place=False),
    returns(lambda v, *_: number(v, "one share")),
    hint="count needs a row and a column for every token of learn and of ask, and "
    "np.add.at(count, (a, b), 1) adds 1 for every pair",
    otherwise="that is not the share of pairs whose order learn has more often than its reverse.",
    mistakes=[
    ("you count who stands near whom, in whatever order; count who stands first.",
     before(by_tables(lambda learn, ask, apart:
            [apart_in_rows(learn, apart), apart_in_rows(learn, apart)[::-1]]))),
    ("you count in the rows that you ask about; count in learn.",
     before(by_tables(lambda learn, ask, apart: [apart_in_rows(ask, apart)]))),
    ("you count all pairs up to that distance; count at that distance.",
     before(by_tables(lambda learn, ask, apart:
            [apart_in_rows(learn, each) for each in range(1, apart + 1)]))),
    ("you count tokens that stand side by side, whatever apart says.",
     before(by_tables(lambda learn, ask, apart: [apart_in_rows(learn, 1)]))),
    ("you count and ask about tokens that stand side by side, whatever apart says.",
     lambda learn, ask, apart: before(counted)(learn, ask, 1)),
    ("you count and ask one place too far.",
     lambda learn, ask, apart: before(counted)(learn, ask, apart + 1)),
    ("a pair counts once, however often learn has it; count all (+= with two index arrays does "
     "not: use np.add.at).",
     before(by_tables(lambda learn, ask, apart:
            [np.unique(apart_in_rows(learn, apart), axis=1)]))),
    *of_the_pairs(counted, "a tie"),
])  # fmt: skip


told_by_place = Exercise("told_by_place", before(placed),
    sequences(lambda: told_by_place, before(placed), place=True),
    returns(lambda v, *_: number(v, "one share")),
    hint="pd.Series(where).groupby(learn.ravel()).mean() is the mean place of each token, by its "
    "number",
    otherwise="that is not the share of pairs whose first token has the smaller mean place.",
    mistakes=[
    ("you take places from the rows that you ask about; take them from learn.",
     before(by_mean(lambda learn, ask: ask))),
    ("you take places from all rows, also those asked about; take them from learn.",
     before(by_mean(lambda learn, ask: np.vstack([learn, ask])))),
    ("you take the median place; take the mean.",
     before(by_mean(lambda learn, ask: learn, lambda group: group.median()))),
    ("you add up places, so that a rare token seems to stand in front; take the mean.",
     before(by_mean(lambda learn, ask: learn, lambda group: group.sum()))),
    ("the more frequent token is taken for the first; take mean places.",
     before(by_mean(lambda learn, ask: learn, lambda group: -group.size()))),
    ("you ask about tokens that stand side by side, whatever apart says.",
     lambda learn, ask, apart: before(placed)(learn, ask, 1)),
    ("you ask one place too far.", lambda learn, ask, apart: before(placed)(learn, ask, apart + 1)),
    *of_the_pairs(placed, "a token paired with itself, like any tie,"),
])  # fmt: skip
