"""Exercise 4 of *Geometry*: a score beyond that of copies whose columns are permuted."""

import numpy as np

from celltoken.checks.core import Exercise
from celltoken.checks.values import number, table


def uneven_tables(rng):
    """Tables without equal entries, for a score that is above, and one that is below, its null."""
    for real in (5.3, 1.1):
        yield rng.normal(size=(60, 8)), real, [int(each) for each in rng.permutation(1000)[:4]]


class Score:
    """A score that remembers the tables it was asked for. The table itself has one value; copies
    have others, in the order in which they come, so that no draw decides what an answer returns."""

    def __init__(self, x, real):
        self.x, self.real, self.copies, self.asked = x, real, [], False

    def __call__(self, given):
        given = table(given)
        if np.array_equal(given, self.x):
            self.asked = True
            return self.real
        self.copies.append(given)
        return 2.0 + [0.7, 0.1, 1.9, 0.4][(len(self.copies) - 1) % 4]


def moves(copy, x):
    """To which row the value of each row went, column by column; None if values were not kept."""
    if copy.shape != x.shape or not np.array_equal(np.sort(copy, axis=0), np.sort(x, axis=0)):
        return None
    ranks = np.argsort(np.argsort(x, axis=0), axis=0)
    return np.take_along_axis(np.argsort(copy, axis=0), ranks, axis=0)


def is_permuted(copy, x):
    """The properties of a copy whose columns have each been permuted on their own."""
    rows, to = np.arange(len(x))[:, None], moves(copy, x)
    same = {axis: np.array_equal(np.sort(copy, axis), np.sort(x, axis)) for axis in (1, None)}
    shifts = 0 if to is None else min(len(np.unique(d)) for d in ((to - rows) % len(x)).T)
    return {
        "columns keep their values": to is not None,
        "values wander within rows": to is None and copy.shape == x.shape and same[1],
        "values wander anywhere": to is None and same[None],
        "rows stay whole": to is not None and (to == to[:, :1]).all(),
        "columns move alike": to is not None and len(np.unique(to, axis=1).T) < x.shape[1],
        "columns stand still": to is not None and (to == rows).all(0).any(),
        "entries stand still": to is not None and (to == rows).mean(0).max() > 0.3,
        "columns are shifted": 0 < shifts < 15,
    }


def ask_and_watch(ask, x, real, seeds):
    def asked(seeds):
        score = Score(x, real)
        return number(ask(x, score, seeds)), score

    value, score = asked(seeds)
    bytes_of = [[c.tobytes() for c in asked(s)[1].copies] for s in (seeds, seeds[::-1])]
    other = [c.tobytes() for c in asked([each + 1000 for each in seeds])[1].copies]
    own = [c.tobytes() for c in score.copies]
    found = [is_permuted(copy, x) for copy in score.copies]
    return {
        "value": value,
        "table scored": score.asked,
        "any copies": len(own) > 0,
        **{key: any(f[key] for f in found) for key in is_permuted(x, x)},
        "columns keep their values": all(f["columns keep their values"] for f in found),
        "copies": len(own),
        "copies differ": len(set(own)) == len(own),
        "same seeds, same copies": bytes_of[0] == own,
        "each copy from its seed": sorted(bytes_of[1]) == sorted(own) or bytes_of[0] != own,
        "other seeds, other copies": not own or other != own,
    }


def permuted(x, seed):
    return np.random.default_rng(seed).permuted(x, axis=0)


def both(x, score, seeds, shuffle=permuted):
    null = np.array([score(shuffle(x, each)) for each in seeds])
    return score(x), null


def of_scores(value):
    """A rule for a number, from the real score and those of the copies."""
    return lambda *given: value(*both(*given))


def less(take):
    return of_scores(lambda real, null: real - take(null))


def changed(value):
    return lambda *given: value(excess(*given))


def shuffled(shuffle):
    """The excess over copies that are made otherwise, from a table and a generator."""
    return lambda x, score, seeds: excess(
        x, score, seeds, lambda x, seed: shuffle(x, np.random.default_rng(seed))
    )


def excess(*given):
    real, null = both(*given)
    return real - null.mean()


def swapped(x, rng):
    """Two entries of each column change places."""
    copy = x.copy()
    for column in copy.T:
        pair = rng.choice(len(x), 2, replace=False)
        column[pair] = column[pair[::-1]]
    return copy


def shifted(x, rng):
    return np.transpose([np.roll(column, rng.integers(1, len(x))) for column in x.T])


def in_pairs(x, rng):
    """The same permutation for columns in pairs."""
    return np.hstack([rng.permutation(x[:, i : i + 2]) for i in range(0, x.shape[1], 2)])


DIVIDED = "you divide by the spread of the copies' scores; the difference is asked for."

excess_over_permuted = Exercise("excess_over_permuted", excess, uneven_tables, ask_and_watch,
    hint="default_rng(...) has methods that permute; score takes a table and returns a number",
    otherwise="that is not the real score minus the mean score of your permuted copies.",
    mistakes=[
    ("score is never called; it is what you compare on real and permuted tables.",
     lambda x, score, seeds: 0.0, ("table scored", "any copies")),
    ("no permuted copy is ever scored; without it nothing says what chance scores.",
     lambda x, score, seeds: score(x), ("any copies",)),
    ("you shuffle within rows; each column must keep its own values (axis=0).",
     shuffled(lambda x, rng: rng.permuted(x, axis=1)), ("values wander within rows",)),
    ("values wander from column to column, which no gene could; permute each column within itself.",
     shuffled(lambda x, rng: rng.permuted(x)), ("values wander anywhere",)),
    ("a permuted column must hold the very values it held before, each once; permute them.",
     shuffled(lambda x, rng: rng.choice(x, len(x))), ("columns keep their values",)),
    ("whole rows change places and every cell keeps its own values, which changes nothing that a "
     "score could see; permute each column on its own.",
     shuffled(lambda x, rng: rng.permutation(x)), ("rows stay whole",)),
    ("some columns are not permuted; permute every one.",
     shuffled(lambda x, rng: np.hstack([x[:, :1], rng.permuted(x[:, 1:], axis=0)])),
         ("columns stand still",)),
    ("most entries stay where they were; a permutation moves nearly all of them.",
     shuffled(swapped), ("entries stand still",)),
    ("columns are shifted round, so that neighbouring entries stay neighbours; permute them.",
     shuffled(shifted), ("columns are shifted",)),
    ("some columns are permuted alike, so that their values stay together; permute each anew.",
     shuffled(in_pairs), ("columns move alike",)),
    ("the table itself is never scored, only permuted copies of it.",
     lambda x, score, seeds: np.mean([score(permuted(x, each)) for each in seeds]),
         ("table scored",)),
    ("there must be one permuted copy for each seed.",
     lambda x, score, seeds: excess(x, score, seeds[:1]), ("copies",)),
    ("your permuted copies are the same: give each the generator of its own seed.",
     lambda x, score, seeds: excess(x, score, [0] * len(seeds)), ("copies differ",)),
    ("the same seeds give other copies: make the generator from a seed, inside.",
     lambda x, score, seeds: excess(x, score, [None] * len(seeds)), ("same seeds, same copies",)),
    ("other seeds give the same copies: use the argument seeds.",
     lambda x, score, seeds: excess(x, score, range(len(seeds))), ("other seeds, other copies",)),
    ("one generator draws all copies; make one for each seed.",
     lambda x, score, seeds: excess(x, score, [rng := np.random.default_rng(seeds[0]), *[rng] *
         (len(seeds) - 1)]), ("each copy from its seed",)),
    ("the sign is wrong: it is the real score minus that of the permuted copies.",
     changed(np.negative)),
    ("the sign is lost: the real score may well be the lower one.", changed(abs)),
    ("values below 0 are cut off: the real score may well be the lower one.",
     changed(lambda v: max(v, 0.0))),
    ("that is the mean score of the permuted copies only.", of_scores(lambda _, null: null.mean())),
    ("that is the score itself; take off the mean score of the permuted copies.",
     of_scores(lambda real, _: real)),
    ("that is a ratio; subtract the mean score of the permuted copies.",
     of_scores(lambda real, null: real / null.mean())),
    ("you take off the sum of the scores of copies; take off their mean.", less(np.sum)),
    ("you take off the largest score of a copy; take off the mean.", less(np.max)),
    ("you take off the smallest score of a copy; take off the mean.", less(np.min)),
    ("you take off the median of the scores of copies; take off the mean.", less(np.median)),
    ("you take off one score of a copy only; take off the mean of all.",
     less(lambda null: null[0])),
    ("you take off the last score of a copy only; take off the mean of all.",
     less(lambda null: null[-1])),
    (DIVIDED, of_scores(lambda real, null: (real - null.mean()) / null.std())),
    (DIVIDED, of_scores(lambda real, null: (real - null.mean()) / null.std(ddof=1))),
])  # fmt: skip
