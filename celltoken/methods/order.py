"""Does the order of a sequence tell which token comes next, beyond the set and the place?"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from celltoken.methods.inputs import as_labels, same_rows

STEADY = 5  # counts that are added, spread as the tokens are: rare pairs say little


@dataclass(frozen=True)
class Choices:
    """Which of two tokens comes next? Both stand in the same sequence, the other one farther off.

    ``before``: the tokens before, the last one first, shape (choices, lags); ``next`` and
    ``other``: the right answer and the wrong one; ``place``: where the right one stands.
    """

    before: np.ndarray
    next: np.ndarray
    other: np.ndarray
    place: np.ndarray

    def shuffled(self, rng):
        """The same choices, each with the tokens before it in random order."""
        return Choices(rng.permuted(self.before, axis=1), self.next, self.other, self.place)


def draw_choices(sequences, rng, lags=5, apart=(10, 30), each=8):
    """Up to ``each`` choices a sequence; no answer is one of the tokens before.

    Parameters
    ----------
    sequences : array of int, shape (sequences, length)
        Numbers of tokens.
    rng : numpy.random.Generator
    lags : int
        Tokens before that are told.
    apart : (int, int)
        How far from the right answer the wrong one stands, on either side.
    each : int
    """
    rows, length = [], sequences.shape[1]
    for line in sequences:
        for i in rng.permutation(np.arange(lags, length))[:each]:
            before = line[i - lags : i][::-1]
            far = np.abs(np.arange(length) - i)
            fits = (far >= apart[0]) & (far <= apart[1]) & ~np.isin(line, [*before, line[i]])
            if fits.any() and line[i] not in before:
                rows.append([*before, line[i], rng.choice(line[fits]), i])
    if not rows:
        raise ValueError("no sequence is long enough for a choice: give longer ones.")
    rows = np.array(rows)
    return Choices(rows[:, :lags], *rows[:, lags:].T)


class Associations:
    """What sequences say of who follows whom, who is met with whom, and who stands where.

    Parameters
    ----------
    sequences : array of int, shape (sequences, length)
    size : int
        Different tokens.
    lags : int
    """

    def __init__(self, sequences, size, lags=5):
        length = sequences.shape[1]
        seen = np.bincount(sequences.ravel(), minlength=size)
        self.share = (seen + 1) / (seen + 1).sum()
        places = np.bincount(
            sequences.ravel(), np.tile(np.arange(length), len(sequences)), minlength=size
        )
        self.place = (places + length - 1) / (seen + 2)  # the middle, where nothing is known
        pairs = [
            sequences[:, :-lag].ravel() * size + sequences[:, lag:].ravel()
            for lag in range(1, lags + 1)
        ]
        tables = [np.bincount(pair, minlength=size**2).reshape(size, size) for pair in pairs]
        together = sum(tables)
        self.follows = [self._log_odds(table) for table in tables]
        self.together = self._log_odds(together + together.T)

    def _log_odds(self, table):
        steady = (table + STEADY * self.share) / (table.sum(1, keepdims=True) + STEADY)
        return np.log(steady / self.share).astype(np.float32)

    def features(self, choices):
        """For each choice, what speaks for the right answer less what speaks for the wrong one.

        Returns
        -------
        dict from ``"order"`` (a column a lag), ``"set"``, ``"place"``, ``"frequency"`` to array
        """
        return {
            name: right - self._of(choices, choices.other)[name]
            for name, right in self._of(choices, choices.next).items()
        }

    def _of(self, choices, answer):
        follows = [t[b, answer] for t, b in zip(self.follows, choices.before.T, strict=True)]
        together = self.together[choices.before, answer[:, None]]
        return {
            "order": np.stack(follows, axis=1),
            "set": together.sum(1, keepdims=True),
            "place": -np.abs(self.place[answer] - choices.place)[:, None],
            "frequency": np.log(self.share[answer])[:, None],
        }


READERS = {
    "in order": ("order", "set", "place", "frequency"),
    "set and place": ("set", "place", "frequency"),
    "set": ("set",),
    "place": ("place",),
    "frequency": ("frequency",),
}


def taking_turns(sequences, rng, classes=5, block=15):
    """The same tokens at about the same places, but so that classes of tokens take turns.

    An order that is planted: with as many classes as a reader has lags, the set of the tokens
    before holds nearly every class once, and only their order says which one is due.

    Parameters
    ----------
    sequences : array of int, shape (sequences, length)
    rng : numpy.random.Generator
    classes : int
        Each token belongs to one at random. Which one begins differs between sequences.
    block : int
        Tokens move within blocks of so many. Where a class is used up the others go on.

    Returns
    -------
    numpy.ndarray of int, shape (sequences, length)
    """
    kind = rng.integers(classes, size=int(sequences.max()) + 1)
    first = rng.integers(classes, size=(len(sequences), 1))
    mine = (kind[sequences] - first) % classes
    turn = np.zeros(sequences.shape, int)
    for begin in range(0, sequences.shape[1], block):
        part = mine[:, begin : begin + block, None] == np.arange(classes)
        count = (part.cumsum(1) * part).sum(2)
        turn[:, begin : begin + block] = begin * classes * block + count
    return np.take_along_axis(sequences, np.argsort(turn * classes + mine, axis=1), axis=1)


def next_told(sequences, group, rng, lags=5, apart=(10, 30)):
    """Share of choices that are answered rightly, by all that order tells and by less.

    Half of the groups say who follows whom (:class:`Associations`), a quarter how much to make of
    that (logistic regression), the last quarter is asked.

    Parameters
    ----------
    sequences : array of int, shape (sequences, length)
    group : sequence, length sequences
        Sequences of one group (a document) stay together.
    rng : numpy.random.Generator
    lags, apart
        As for :func:`draw_choices`.

    Returns
    -------
    dict from reader to float
        ``"in order"``: the tokens before by their distance, the set of them, the place, the
        frequency; ``"shuffled"``: the same with the tokens before in random order; the other
        :data:`READERS`, with less. A half is guessing.

    Raises
    ------
    ValueError
        If there are fewer than four groups, or the sequences are too short.
    """
    sequences, group = np.asarray(sequences), as_labels(group, "group")
    same_rows(sequences, group, "sequences", "group")
    names = rng.permutation(np.unique(group))
    if len(names) < 4:
        raise ValueError(f"{len(names)} groups cannot be split in three: give four or more.")
    cut = np.split(names, [len(names) // 2, 3 * len(names) // 4])
    seen, learn, ask = (sequences[np.isin(group, part)] for part in cut)
    known = Associations(seen, int(sequences.max()) + 1, lags)
    learn, ask = (draw_choices(part, rng, lags, apart) for part in (learn, ask))
    asked = {
        name: (known.features(learn), known.features(ask), used) for name, used in READERS.items()
    }
    mixed = [known.features(part.shuffled(rng)) for part in (learn, ask)]
    asked["shuffled"] = (*mixed, READERS["in order"])
    return {name: _right(*each) for name, each in asked.items()}


def _right(learn, ask, used):
    learn, ask = (np.hstack([part[name] for name in used]) for part in (learn, ask))
    scale = np.where(learn.std(0) > 0, learn.std(0), 1)
    fit = LogisticRegression(fit_intercept=False)
    fit.fit(np.vstack([learn, -learn]) / scale, np.repeat([1, 0], len(learn)))
    found = (ask / scale) @ fit.coef_[0]
    return float(np.mean((found > 0) + 0.5 * (found == 0)))
