"""Exercise 6 of *Geometry*: how often cells of two types are confused when counts are thinned."""

import numpy as np

from celltoken.checks.core import Exercise
from celltoken.checks.values import number, table

# Labels at the lower depth, as shares of a type: (true, guessed, from, to)
CONFUSED = [("a", "b", 0, 0.25), ("b", "a", 0, 0.45), ("a", "c", 0.85, 1), ("b", "c", 0.85, 1),
            ("c", "a", 0, 0.2), ("c", "b", 0.9, 1)]  # fmt: skip
ROUND = np.round, np.floor, np.ceil


def counted_cells(rng):
    """Cells of unlike depth; genes of one molecule and genes of dozens, so that it shows whether
    each molecule is kept or lost on its own; two shares that are not what is left over."""
    for share in (0.3, 0.6):
        labels = rng.permutation(np.repeat(["B", "NK", "T"], [40, 70, 110]))
        depth = rng.permutation(np.linspace(0.5, 1.5, 220))[:, None]
        rare = rng.random((220, 300)) < 0.4 * depth
        several = 2 + rng.poisson(2 * depth, size=(220, 60))
        counts = np.hstack([rare, several, rng.poisson(40 * depth, size=(220, 20)) + 5])
        pair = tuple(str(each) for each in rng.permutation(["B", "NK", "T"])[:2])
        yield counts.astype(int), labels, pair, share, int(rng.integers(1000))


class Guess:
    """Labels by a script, one for the full counts and one for any other table, so that no draw
    decides what an answer returns; remembers the tables it was given."""

    def __init__(self, counts, labels, pair):
        self.counts, self.tables = counts, []
        roles = {"a": pair[0], "b": pair[1], "c": next(k for k in set(labels) if k not in pair)}
        self.full, self.thin = np.array(labels), np.array(labels)
        for true, guessed, start, stop in CONFUSED:
            rows = np.flatnonzero(labels == roles[true])
            chosen = rows[int(start * len(rows)) : int(stop * len(rows))]
            self.thin[chosen] = roles[guessed]
            self.full[chosen[::4]] = roles[guessed]

    def __call__(self, given):
        given = table(given)
        whole = given.shape == self.counts.shape and np.array_equal(given, self.counts)
        self.tables.append(given)
        return (self.full if whole else self.thin)[: len(given)].copy()


def level(value, low, high):
    return "low" if value < low else "high" if value > high else "as it should be"


def is_thinned(thin, counts, share, of_pair):
    """The properties of a table in which each molecule was kept, or not, on its own."""
    if thin.shape != counts.shape:  # of the other properties nothing can be said
        return {"cells": "the pair's" if len(thin) == of_pair else "some"}
    total, kept, one = counts.sum(), thin.sum(), counts == 1
    z = (thin - counts * share) / np.sqrt(np.maximum(counts, 1) * share * (1 - share))
    overall = np.clip(kept / total, 1e-3, 1 - 1e-3)
    depth = counts.sum(1)
    by_cell = (thin.sum(1) - overall * depth) / np.sqrt(depth * overall * (1 - overall))
    lost = (thin == 0) | (thin == counts)
    whole = [(thin == counts).all(axis) | (thin == 0).all(axis) for axis in (1, 0)]

    def near(wanted):
        return abs(kept / total - wanted) < 6 * np.sqrt(wanted * (1 - wanted) / total)

    known = {"share": share, "1 - share": 1 - share, "twice": share**2}
    return {
        "cells": "all",
        "whole counts": np.array_equal(thin, np.rint(thin)),
        "scaled": np.allclose(thin, counts * share),
        "rounded": any(np.array_equal(thin, f(counts * share)) for f in ROUND),
        "within the counts": bool((thin >= 0).all() and (thin <= counts).all()),
        "whole cells lost": bool(whole[0].all()),
        "whole genes lost": bool(whole[1].all()),
        "genes kept or lost whole": bool(lost[counts > 20].all()),
        "share kept": next((name for name, wanted in known.items() if near(wanted)), "another"),
        "single molecules": level(
            abs(thin[one].mean() - share), -1, 6 * np.sqrt(share * (1 - share) / one.sum())
        ),
        "spread of the many": level(z[counts > 20].var(), 0.75, 1.3),
        "spread of the cells": level(by_cell.var(), 0.4, 2.0),
    }


def ask_and_watch(ask, counts, labels, pair, share, seed):
    def asked(seed):
        guess = Guess(counts, labels, pair)
        return number(ask(counts, labels, pair, share, guess, seed), "one share"), guess.tables

    value, tables = asked(seed)
    thinned = [t for t in tables if t.shape != counts.shape or not np.array_equal(t, counts)]
    again, other = (asked(each)[1] for each in (seed, seed + 1))
    of_pair = np.isin(labels, pair).sum()
    return {
        "value": value,
        "guessed": len(tables) > 0,
        "thinned": len(thinned) > 0,
        **is_thinned(thinned[0] if thinned else counts, counts, share, of_pair),
        "same seed, same counts": not tables or np.array_equal(again[-1], tables[-1]),
        "other seed, other counts": not tables or not np.array_equal(other[-1], tables[-1]),
    }


def binomial(counts, share, seed):
    return np.random.default_rng(seed).binomial(counts, share)


def swapped(labels, guessed, pair):
    """Cells of the first called the second, cells of the second called the first."""
    (a, b), guessed = pair, np.asarray(guessed)
    return (labels == a) & (guessed == b), (labels == b) & (guessed == a)


def confusion(counts, labels, pair, share, guess, seed, thin=binomial):
    guessed = guess(thin(counts, share, seed))
    return np.sum(swapped(labels, guessed, pair)) / np.isin(labels, pair).sum()


def counting(count):
    """A wrong share: from labels, guesses, the pair and the two masks of swapped cells."""

    def wrong(counts, labels, pair, share, guess, seed):
        guessed = np.asarray(guess(binomial(counts, share, seed)))
        return count(labels, guessed, pair, *swapped(labels, guessed, pair))

    return wrong


def thinning(thin):
    """Another thinning: from the counts, the share and a generator."""
    return lambda *given: confusion(
        *given, thin=lambda c, s, seed: thin(c, s, np.random.default_rng(seed))
    )


def one_depth(counts, share, rng):
    """Every cell is rarefied to the same number of molecules."""
    n = int(counts.sum(1).min() * share)
    return np.array([rng.multivariate_hypergeometric(row, n) for row in counts])


def exact_share(counts, share, rng):
    return np.array(
        [rng.multivariate_hypergeometric(row, round(row.sum() * share)) for row in counts]
    )


def at_full_depth(by_labels):
    def wrong(counts, labels, pair, share, guess, seed):
        full, guessed = guess(counts), guess(binomial(counts, share, seed))
        of = np.isin(labels if by_labels else full, pair)
        return np.sum(swapped(full, guessed, pair)) / of.sum()

    return wrong


def pair_only(counts, labels, pair, share, guess, seed):
    own = np.isin(labels, pair)
    guessed = guess(binomial(counts, share, seed)[own])
    return np.sum(swapped(labels[own], guessed, pair)) / own.sum()


def without_cells(counts, labels, pair, share, guess, seed):
    kept = np.random.default_rng(seed).random(len(counts)) < share
    return np.sum(swapped(labels[kept], guess(counts[kept]), pair)) / np.isin(labels, pair).sum()


OWN = "each molecule is kept or lost on its own: draw (binomial)."

confusion_at_depth = Exercise("confusion_at_depth", confusion, counted_cells, ask_and_watch,
    hint="guess takes a table with a row for each cell and returns a label for each",
    otherwise="that is not the share of the pair's cells that are taken for the other type, with "
    f"{OWN}",
    mistakes=[
    ("guess is never called; it says what each cell looks like at the lower depth.",
     lambda *_: 0.0, ("guessed",)),
    ("guess only ever sees the full counts; thin them first.",
     thinning(lambda c, s, rng: c), ("thinned",)),
    ("guess sees the pair's cells only; give it all cells, for all are neighbours.",
     pair_only, ("cells",)),
    (f"you scale the counts, and nothing is lost by that; {OWN}",
     thinning(lambda c, s, rng: c * s), ("scaled",)),
    ("what you hand to guess are not whole numbers; thin the raw counts, and leave it to guess to "
     "normalise.",
     thinning(lambda c, s, rng: np.log1p(c) * rng.binomial(1, s, c.shape)), ("whole counts",)),
    ("some cell has more molecules than before; draw from those that it has (binomial).",
     thinning(lambda c, s, rng: rng.poisson(c * s)), ("within the counts",)),
    *((f"you scale and round, which is no chance; {OWN}",
       thinning(lambda c, s, rng, f=f: f(c * s)), ("rounded",))
      for f in ROUND),
    ("whole cells are lost and the others lose nothing; thin molecules.",
     thinning(lambda c, s, rng: c * (rng.random((len(c), 1)) < s)), ("whole cells lost",)),
    ("whole genes are lost and the others lose nothing; thin molecules.",
     thinning(lambda c, s, rng: c * (rng.random(c.shape[1]) < s)), ("whole genes lost",)),
    ("all molecules of a gene in a cell are kept or lost together; each has its own chance.",
     thinning(lambda c, s, rng: c * (rng.random(c.shape) < s)), ("genes kept or lost whole",)),
    ("you keep 1 - share of the molecules; keep the share.",
     thinning(lambda c, s, rng: rng.binomial(c, 1 - s)), ("share kept",)),
    ("the molecules are thinned twice; once is enough.",
     thinning(lambda c, s, rng: rng.binomial(rng.binomial(c, s), s)), ("share kept",)),
    ("every cell is left with the same number of molecules; a deep cell must stay deeper, and "
     f"{OWN}", thinning(one_depth), ("spread of the cells",)),
    (f"you cut off what a Poisson draws above the counts, and single molecules are lost; {OWN}",
     thinning(lambda c, s, rng: np.minimum(rng.poisson(c * s), c)), ("single molecules",
         "spread of the many")),
    (f"the counts are scaled and rounded at random, so that large ones hardly vary; {OWN}",
     thinning(lambda c, s, rng: np.floor(c * s + rng.random(c.shape))), ("spread of the many",)),
    (f"every cell keeps exactly its share, as if its molecules knew of one another; {OWN}",
     thinning(exact_share), ("spread of the cells",)),
    ("the share of the molecules that you keep is not the share that is asked for.",
     thinning(lambda c, s, rng: rng.binomial(c, s / 2)), ("share kept",)),
    ("the same seed gives other counts: make the generator from seed, inside.",
     lambda *given: confusion(*given[:-1], None), ("same seed, same counts",)),
    ("another seed gives the same counts: use the argument seed.",
     lambda *given: confusion(*given[:-1], 0), ("other seed, other counts",)),
    ("you leave out cells; every cell stays and loses molecules.", without_cells, ("cells",)),
    ("you count the first type called the second only; count the other way too.",
     counting(lambda own, g, pair, ab, ba: ab.sum() / np.isin(own, pair).sum())),
    ("you count the second type called the first only; count the other way too.",
     counting(lambda own, g, pair, ab, ba: ba.sum() / np.isin(own, pair).sum())),
    ("you count one direction and divide by its own type; take both, of both types.",
     counting(lambda own, g, pair, ab, ba: ab.sum() / (own == pair[0]).sum())),
    ("you count one direction and divide by its own type; take both, of both types.",
     counting(lambda own, g, pair, ab, ba: ba.sum() / (own == pair[1]).sum())),
    ("you divide by all cells; divide by those of the pair.",
     counting(lambda own, g, pair, ab, ba: (ab | ba).mean())),
    ("that is how many; divide by the number of cells of the pair.",
     counting(lambda own, g, pair, ab, ba: (ab | ba).sum())),
    ("you count every wrong guess for the pair's cells; count only those for each other.",
     counting(lambda own, g, pair, ab, ba: (own != g)[np.isin(own, pair)].mean())),
    ("you count the wrong guesses for all cells; count only the pair's, for each other.",
     counting(lambda own, g, pair, ab, ba: (own != g).mean())),
    ("that is the share not confused; return the share that is.",
     counting(lambda own, g, pair, ab, ba: 1 - (ab | ba).sum() / np.isin(own, pair).sum())),
    ("that is the share of right guesses; count how often one is called the other.",
     counting(lambda own, g, pair, ab, ba: (own == g)[np.isin(own, pair)].mean())),
    ("that is the share of right guesses among all cells; count how often one of the pair is "
     "called the other.", counting(lambda own, g, pair, ab, ba: (own == g).mean())),
    ("you divide by the cells that are guessed to be of the pair; divide by those that are.",
     counting(lambda own, g, pair, ab, ba: (ab | ba).sum() / np.isin(g, pair).sum())),
    ("that is the mean of two shares, as if both types were equally common; take the share of all "
     "the pair's cells.",
     counting(lambda own, g, pair, ab, ba: (ab.sum() / (own == pair[0]).sum() + ba.sum() / (own ==
         pair[1]).sum()) / 2)),
    ("that is the sum of two shares; take the share of all the pair's cells.",
     counting(lambda own, g, pair, ab, ba: ab.sum() / (own == pair[0]).sum() + ba.sum() / (own ==
         pair[1]).sum())),
    ("you compare with the guess at full depth; compare with the labels.",
     at_full_depth(by_labels=False)),
    ("you compare with the guess at full depth for the pair's cells; compare with the labels.",
     at_full_depth(by_labels=True)),
])  # fmt: skip
