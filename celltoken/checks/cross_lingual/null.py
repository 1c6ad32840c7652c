"""Exercise 9 of *Cross-lingual*: a dictionary dealt anew as a null for "one geometry"."""

from functools import lru_cache

import numpy as np
from numpy.random import default_rng

from celltoken.checks.core import Exercise
from celltoken.checks.nulls import observe_null, of_the_seed, verdict
from celltoken.checks.values import array
from celltoken.data import spaces
from celltoken.methods.alignment import csls, families, ranks, rotation


def dictionaries(rng):
    """Pairs of numbers of words, and how frequent the second is, in three or four bands."""
    for count, bands in ((240, 3), (320, 4)):
        first = rng.permutation(2000)[:count]
        second = rng.permutation(3000)[:count] + 5000
        band = rng.permutation(np.arange(count) % bands) + 9000
        yield np.c_[first, second, band], int(rng.integers(1000))


def kept(pairs, drawn):
    """What a fair null keeps of a dictionary, and what not."""
    band = dict(pairs[:, 1:].tolist())
    of = dict(pairs[:, :2].tolist())
    whose = np.array([band.get(each, -1) for each in drawn[:, 1]])
    asked = np.sort(drawn[:, 0])
    # By how many places the partners of a band have moved on, from word to word.
    row = {second: place for place, second in enumerate(pairs[:, 1])}
    partner = dict(drawn[:, :2].tolist())
    now = np.array([row.get(partner.get(first), -1) for first in pairs[:, 0]])
    words = [np.flatnonzero(pairs[:, 2] == each) for each in np.unique(pairs[:, 2])]
    moves = [np.searchsorted(own, now[own]) - np.arange(len(own)) for own in words]
    return {
        "first words": np.array_equal(asked, np.sort(pairs[:, 0])),
        "known": bool((whose >= 0).all()),
        "second words": np.array_equal(np.sort(drawn[:, 1]), np.sort(pairs[:, 1])),
        "band of the second": np.array_equal(whose, drawn[:, 2]),
        "bands": sorted(zip(drawn[:, 0], whose, strict=True))
        == sorted(zip(*pairs[:, [0, 2]].T, strict=True)),
        "broken": np.mean([of.get(a) == b for a, b in drawn[:, :2]]) < 0.1,
        "all broken": np.mean([of.get(a) == b for a, b in drawn[:, :2]]) < 0.9,
        "unlike moves": all(len(set(each % len(each))) > 3 for each in moves),
        "unlike orders": len({tuple(each) for each in moves}) > 1,
    }


def reference(pairs, seed, column=1, draw=lambda rng, some: rng.permutation(some)):
    rng, drawn = default_rng(seed), pairs.copy()
    for each in np.unique(pairs[:, 2]):
        rows = pairs[:, 2] == each
        drawn[rows, column] = draw(rng, pairs[rows, column])
    return drawn


def over_all(pairs, seed):
    return np.c_[pairs[:, 0], default_rng(seed).permutation(pairs[:, 1:])]


def second_over_all(pairs, seed):
    return np.c_[pairs[:, 0], default_rng(seed).permutation(pairs[:, 1]), pairs[:, 2]]


def any_word(pairs, seed):
    numbers = default_rng(seed).integers(100, size=len(pairs))
    return np.c_[pairs[:, 0], numbers, pairs[:, 2]]


@lru_cache
def languages():
    """English and French from different chapters."""
    return spaces.two_languages(spaces.chapters(), spaces.heads("en, fr"), default_rng(0))


def words_say(ask, seed):
    """Held-out translations after a rotation from half of the dictionary, against the null."""
    t = languages()
    tokens, family = np.array(list(t["answers"])), families(t["answers"])
    told = (default_rng(seed).permutation(family.max() + 1) % 2)[family] == 0
    asked = tokens[~told]
    pairs = np.array([(i, j) for i in tokens[told] for j in t["answers"][i]])
    band = t["size_b"][pairs[:, 1]].argsort().argsort() * 10 // len(pairs)
    learn = np.c_[pairs, band]
    null = array(ask(learn, seed), learn.shape, "a table").astype(int)

    def in_ten(told):
        turned = t["a"] @ rotation(t["a"][told[:, 0]], t["b"][told[:, 1]])
        return np.mean(ranks(csls(turned, t["b"]), t["answers"], asked) < 10)

    what = "the share of held-out words whose translation is among the ten nearest"
    return verdict(in_ten(learn), in_ten(null), what, margin=0.05)


permuted_dictionary = Exercise("permuted_dictionary", reference, dictionaries, observe_null(kept),
    remark=words_say,
    hint="pairs[:, 2] == band are the rows of one band; permute their second column",
    otherwise="your null is not fair: it must ask about the same words, keep how frequent the "
    "partner of each is, and break the pairs.",
    mistakes=[
    ("nothing is destroyed: every word still has its translation.",
     lambda pairs, seed: default_rng(seed).permutation(pairs), ("all broken",)),
    ("your partners are any numbers; deal the partners that the dictionary has.", any_word,
     ("known",)),
    ("partners are drawn with replacement, so that some come twice and others are lost; permute.",
     lambda pairs, seed: reference(pairs, seed, draw=lambda rng, some: rng.choice(some, len(some))),
     ("second words",)),
    ("the words asked about are drawn again, so that some come twice; keep them all.",
     lambda pairs, seed: reference(pairs, seed, 0, lambda rng, some: rng.choice(some, len(some))),
     ("first words",)),
    ("all partners of a band move on by equally many places; permute them.",
     lambda pairs, seed: reference(pairs, seed, draw=lambda rng, some:
         np.roll(some, rng.integers(1, len(some)))), ("unlike moves",)),
    ("the generator is made anew in each band, so that all are dealt in the same order; make it "
     "once.",
     lambda pairs, seed: reference(pairs, seed, draw=lambda rng, some:
         default_rng(seed).permutation(some)), ("unlike orders",)),
    ("partners are dealt over all bands while the bands stay where they were: permute within each "
     "band.", second_over_all, ("bands", "band of the second")),
    ("partners are dealt over the whole dictionary, so that rare words get frequent ones: permute "
     "within each band.", over_all, ("bands",)),
    *of_the_seed(reference),
])  # fmt: skip
