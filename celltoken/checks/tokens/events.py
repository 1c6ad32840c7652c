"""Exercises 3 and 4 of *Tokens*: deal counted events to two halves, and draw as many for each row.

Answers draw at random, so they are recognised by what their tables keep and what they leave to
chance, not by their values.
"""

import numpy as np
from numpy.random import default_rng

from celltoken.checks.core import Exercise, fail, kind
from celltoken.checks.nulls import of_the_seed
from celltoken.checks.values import array


def counted(rng, rows, columns, mean):
    """Counts with rows and columns of unlike totals, none of them empty."""
    rate = rng.gamma(2, mean / 2, size=(rows, columns)) * rng.lognormal(sigma=0.4, size=(rows, 1))
    return rng.poisson(rate) + 1


def whole(*tables):
    return all(np.array_equal(t, np.rint(t)) and (t >= 0).all() for t in tables)


def spread(x, least=0.5, most=2):
    """How deviations vary, whose variance would be 1 by chance: "less", "by chance" or "more"."""
    return ("less", "by chance", "more")[np.searchsorted([least, most], np.mean(np.square(x)))]


# -- two halves -----------------------------------------------------------------------------------


def tables_to_split(rng):
    for rows, columns in ((40, 30), (25, 50)):
        yield counted(rng, rows, columns, 12), int(rng.integers(1000))


def look_at_halves(ask, counts, seed):
    def halves(seed):
        found = ask(counts, seed)
        tables = isinstance(found, (tuple, list)) or np.ndim(found) == 3
        if not tables or len(found) != 2:
            fail(f"return two tables, first and second, not {kind(found)}.")
        return [array(each, counts.shape, "two tables, each") for each in found]

    (first, second), again, other = (halves(each) for each in (seed, seed, seed + 1))
    lead, events = first - second, counts > 5
    leads = [np.subtract(*halves(seed + more)).sum() for more in range(14)]
    one_way = np.minimum(first, second) == 0
    return {
        "finite": bool(np.isfinite([first, second]).all()),
        "whole counts": whole(first, second),
        "add up": np.allclose(first + second, counts),
        "halves": bool(abs(lead.sum()) < 5 * np.sqrt(counts.sum())),
        # An even chance for each event: the lead of one half has the events' number as variance.
        "pairs": spread(lead / np.sqrt(counts)),
        # Of so few totals, chance alone halves the variance now and then.
        "rows": spread(lead.sum(1) / np.sqrt(counts.sum(1)), 0.2, 3),
        "columns": spread(lead.sum(0) / np.sqrt(counts.sum(0)), 0.2, 3),
        "rows are whole": bool((first.any(1) ^ second.any(1)).all()),
        "columns are whole": bool((first.any(0) ^ second.any(0)).all()),
        "pairs are whole": bool(one_way[events].mean() > 0.9),
        "first is smaller": bool((first <= second).all()),
        # By chance it varies less than this in one case of a million.
        "total varies": bool(np.var(leads) > 0.05 * counts.sum()),
        "same seed, same table": np.array_equal(again[0], first),
        "other seed, other table": not np.array_equal(other[0], first),
    }


def deal(share=0.5, axis=None):
    """Deal events, or all events of a row (axis 0) or a column (axis 1), or of a pair ("pair")."""

    def rule(counts, seed):
        rng = default_rng(seed)
        if axis is None:
            first = rng.binomial(counts, share)
        else:
            shape = counts.shape if axis == "pair" else np.where(
                np.arange(2) == axis, counts.shape, 1)  # fmt: skip
            first = counts * (rng.random(shape) < share)
        return first, counts - first

    return rule


def apart(counts, seed):
    rng = default_rng(seed)
    return rng.binomial(counts, 0.5), rng.binomial(counts, 0.5)


def exact_half(counts, seed):
    """Half of all events, to one event, whatever the seed."""
    rng = default_rng(seed)
    first = rng.multivariate_hypergeometric(counts.ravel(), counts.sum() // 2)
    return first.reshape(counts.shape), counts - first.reshape(counts.shape)


split_counts = Exercise("split_counts", deal(), tables_to_split, look_at_halves,
    hint="the generator's method binomial takes a whole table of counts",
    otherwise="not every event goes to one of two halves by an even chance of its own.",
    mistakes=[
    ("the halves do not add up to the counts: what the first half has, the second must not.",
     apart, ("add up",)),
    ("you cut every count in half, so that the halves are alike by arithmetic; deal each event by "
     "chance.", lambda counts, seed: (counts / 2, counts / 2),
     ("pairs", "rows")),
    ("whole rows go to one half, so that no token is in both; deal events.", deal(axis=0),
     ("rows are whole",)),
    ("whole columns go to one half, so that no context is in both; deal events.", deal(axis=1),
     ("columns are whole",)),
    ("all events of a pair go to the same half; deal them one by one.", deal(axis="pair"),
     ("pairs are whole",)),
    ("the counts are dealt with the smaller half first; an event's half must not depend on the "
     "others.", lambda counts, seed: (
         np.minimum(*deal()(counts, seed)), np.maximum(*deal()(counts, seed))),
     ("first is smaller",)),
    ("the halves are not halves: give each event an even chance.", deal(0.7), ("halves",)),
    *of_the_seed(deal()),
    ("an exact half of all events (or of each row's, or each column's) goes to each table; give "
     "each event a chance of its own, so that the two totals differ by chance.", exact_half,
     ("total varies",)),
])  # fmt: skip


# -- as many events for each row ------------------------------------------------------------------


def tables_to_thin(rng):
    """Rows with many more events than wanted, and some with fewer."""
    for rows, columns in ((60, 12), (90, 9)):
        counts = counted(rng, rows, columns, 40)
        counts[:3] = counts[:3] // 30 + 1
        yield counts, int(np.quantile(counts.sum(1)[3:], 0.05) * 0.6), int(rng.integers(1000))


def look_at_thinned(ask, counts, events, seed):
    drawn, again, other = (
        array(ask(counts, events, each), counts.shape, "a table") for each in (seed, seed, seed + 1)
    )
    total = counts.sum(1)
    many = total > events
    share = counts[many] / total[many][:, None]
    # Draws without replacement: mean and variance of the multivariate hypergeometric.
    finite = (1 - events / total[many]) * total[many] / (total[many] - 1)
    deviation = drawn[many] - events * share
    scale = np.sqrt(events * share * (1 - share) * finite[:, None]).clip(1e-9)
    by_column = deviation.sum(0) / np.sqrt((scale**2).sum(0))
    unlike = share - 1 / counts.shape[1]
    twins = array(ask(np.tile(counts[many][:1], (9, 1)), events, seed), (9, counts.shape[1]))
    return {
        "finite": bool(np.isfinite(drawn).all()),
        "whole counts": whole(drawn),
        "not more than counted": bool((drawn <= counts + 1e-9).all()),
        "totals": np.allclose(drawn[many].sum(1), events),
        "mean total": bool(abs(drawn[many].sum(1).mean() / events - 1) < 0.05),
        "rows with few": np.array_equal(drawn[~many], counts[~many]),
        "in proportion": bool(np.abs(by_column).max() < 5),
        "counts decide": bool((drawn[many] * unlike).sum() > events / 2 * np.sum(unlike**2)),
        # Nine times the same row: each is to have draws of its own.
        "rows of their own": not (twins == twins[0]).all(),
        "last column is lost": not drawn[many][:, -1].any(),
        "spread": spread(deviation / scale),
        "same seed, same table": np.array_equal(again, drawn, equal_nan=True),
        "other seed, other table": not np.array_equal(other, drawn, equal_nan=True),
    }


def row_by_row(draw):
    """A rule that treats rows with more events than wanted, one after another."""

    def rule(counts, events, seed):
        rng = default_rng(seed)
        return np.array([draw(rng, row, events) if row.sum() > events else row for row in counts])

    return rule


def without_replacement(rng, row, events):
    return rng.multivariate_hypergeometric(row, events)


thinned = row_by_row(without_replacement)


def one_share(counts, events, seed):
    """One share for all rows, such that the mean is right."""
    share = min(1, events / counts.sum(1).mean())
    return default_rng(seed).binomial(counts, share)


def one_generator_a_row(counts, events, seed):
    return np.concatenate([thinned(row[None], events, seed) for row in counts])


def first_events(rng, row, events):
    return np.diff(np.minimum(row.cumsum(), events), prepend=0)


thin = Exercise("thin", thinned, tables_to_thin, look_at_thinned,
    hint="rng.multivariate_hypergeometric(row, events) wants a row of whole numbers that holds at "
    "least that many events",
    otherwise="a row does not hold exactly the wanted number of its own events, drawn by chance.",
    gave_nan="NaN or infinity comes out; rows with few events stay as they are.",
    mistakes=[
    ("every row keeps the same share, so that deep rows stay deep; the number must be the same.",
     one_share, ("totals", "rows with few")),
    ("you divide by the total and multiply, which makes depths equal but draws nothing: a deep "
     "cell keeps its precision.",
     row_by_row(lambda rng, row, events: row * events / row.sum()), ("whole counts",)),
    ("you round what is expected, which draws nothing: a deep cell keeps its precision.",
     row_by_row(lambda rng, row, events: np.rint(row * events / row.sum())), ("spread",)),
    ("you keep the first events of each row, so that the last columns lose all; draw by chance.",
     row_by_row(first_events), ("last column is lost",)),
    ("every row gets the same draws, because the generator is made anew for each; make it once, "
     "before the loop.", one_generator_a_row, ("rows of their own",)),
    ("you draw columns evenly, whatever was counted in them; draw events.",
     row_by_row(lambda rng, row, events: rng.multinomial(events, np.full(len(row), 1 / len(row)))),
     ("counts decide",)),
    ("the draws are made with replacement, so that a row can get more than was counted; draw "
     "without.", row_by_row(lambda rng, row, events: rng.multinomial(events, row / row.sum())),
     ("not more than counted", "spread")),
    ("the totals are right only on the average; draw exactly that number.",
     row_by_row(lambda rng, row, events: rng.binomial(row, events / row.sum())), ("totals",)),
    ("rows with fewer events than wanted must stay as they are.",
     lambda counts, events, seed: thinned(counts, events, seed)
         * (counts.sum(1, keepdims=True) > events), ("rows with few",)),
    *[(sentence, lambda counts, events, seed, wrong=wrong: wrong((counts, events), seed), by)
      for sentence, wrong, by in of_the_seed(lambda both, seed: thinned(*both, seed))],
])  # fmt: skip
