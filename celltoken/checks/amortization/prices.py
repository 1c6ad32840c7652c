"""Exercises 1 and 2 of *Amortization*: the cheapest program for a prompt, and what labels save."""

import os
from collections import Counter

import numpy as np

from celltoken.checks.core import Exercise, fail, kind, returns
from celltoken.checks.values import number

# -- a rule from shots ----------------------------------------------------------------------------

# Changes of ending with how often each is shown, the word's own ending, and letters of it that the
# word has earlier, too. The commonest change is neither the first that is shown nor the last, and
# no two that fit are equally common.
LESSONS = (
    ({("y", "ies"): 2, ("", "s"): 3}, "", ""),
    ({("ing", ""): 2, ("ing", "ed"): 3}, "ing", "ing"),
    ({("e", "ing"): 2, ("ing", "ed"): 3}, "e", "e"),
    ({("ing", "ed"): 2, ("e", "ing"): 3}, "", ""),
    ({("y", "ies"): 1, ("", "s"): 3, ("", "es"): 2}, "y", ""),
    ({("", "s"): 2, ("y", "ies"): 3, ("", "es"): 2}, "y", ""),
    ({("", "en"): 2, ("an", "en"): 3}, "an", "an"),
)


def lessons(rng):
    """Invented words of two or three syllables, whose endings change."""

    def stem(syllables):
        letters = [rng.choice(list(each)) for each in ("bdfklmprtv", "aou") * syllables]
        return "".join(letters) + rng.choice(list("dklmpt"))

    for changes, own, inside in LESSONS:
        shown = [change for change, times in changes.items() for _ in range(times)]
        shots = [(base + off, base + on) for off, on in shown for base in [stem(2)]]
        # The rarer changes stand first and last.
        # The letter before the ending is one of it, too.
        yield [*shots[1:], shots[0]], stem(1) + inside + stem(1) + own[-1:] + own


def common(item, answer):
    return len(os.path.commonprefix([item, answer]))


def alike(item, answer):
    return sum(a == b for a, b in zip(item, answer, strict=False))


def shown(shots, same=common):
    return [(item[same(item, answer) :], answer[same(item, answer) :]) for item, answer in shots]


def commonest(shots, same=common):
    return [change for change, _ in Counter(shown(shots, same)).most_common()]


def spell(word, off, on):
    return word[: len(word) - len(off)] + on


def ruling(order=commonest, fits=str.endswith, spell=spell, otherwise=lambda word: word):
    """A rule: of the changes in an order the first that fits, and how it is applied."""

    def rule(shots, word):
        for off, on in order(shots):
            if fits(word, off):
                return spell(word, off, on)
        return otherwise(word)

    return rule


def text(value, *_):
    if not isinstance(value, str):
        fail(f"return one word, not {kind(value)}.")
    return str(value)


rule_of_endings = Exercise("rule_of_endings", ruling(), lessons, returns(text),
    hint="answer.startswith(item[:i]) says whether the first i letters of the two are common",
    otherwise="that is not the word after the commonest change of ending that fits it.",
    mistakes=[
    ("you take the change that is shown first; count, and take the commonest.", ruling(shown)),
    ("you take the change that is shown last; count, and take the commonest.",
     ruling(lambda shots: shown(shots)[::-1])),
    ("you take the rarest change; take the commonest.",
     ruling(lambda shots: commonest(shots)[::-1])),
    ("you do not ask whether the word has the ending that is to be taken off.",
     ruling(fits=lambda word, off: True)),
    ("if the commonest change does not fit you give up; try the next.",
     ruling(lambda shots: commonest(shots)[:1])),
    ("where nothing is to be taken off, word[:-0] is empty; count from the word's beginning.",
     ruling(spell=lambda word, off, on: word[: -len(off)] + on)),
    ("replace changes the letters wherever they stand, and you want the end of the word only.",
     ruling(spell=str.replace)),
    ("rstrip takes off every letter that the ending has, as often as it can; take the ending off "
     "once.", ruling(spell=lambda word, off, on: word.rstrip(off) + on)),
    ("the old ending is still there; take it off first.",
     ruling(spell=lambda word, off, on: word + on)),
    ("a word that no change fits comes back empty; return it as it is.",
     ruling(otherwise=lambda word: "")),
    ("you take the longest ending that fits; take the commonest change, though the longest may "
     "spell better.",
     ruling(lambda shots: sorted(commonest(shots), key=lambda change: -len(change[0])))),
    ("you count equal letters wherever they stand; only the common beginning is left alone.",
     ruling(lambda shots: commonest(shots, alike))),
    ("that is an answer that was shown; change the word.", lambda shots, word: shots[0][1]),
])  # fmt: skip


# -- read off a curve -----------------------------------------------------------------------------


def curves(rng):
    """Curves that rise, dip, never come as high, begin as high, and end exactly as high."""

    def curve(*accuracy):
        steps = rng.integers(2, 5, size=len(accuracy))
        steps[0] = rng.integers(1, 4)
        return np.cumprod(steps), np.array(accuracy) + rng.uniform(-0.01, 0.01, len(accuracy))

    yield *curve(0.4, 0.5, 0.6, 0.7, 0.8), 0.63 + rng.uniform(-0.005, 0.005)
    yield *curve(0.4, 0.6, 0.5, 0.7, 0.8), 0.55 + rng.uniform(-0.01, 0.01)
    yield *curve(0.4, 0.6, 0.5, 0.8), 0.7 + rng.uniform(-0.05, 0.05)
    yield *curve(0.4, 0.5, 0.6), 0.8
    yield *curve(0.6, 0.7, 0.8, 0.9), 0.5
    sizes, accuracy = curve(0.4, 0.5, 0.6, 0.7)
    yield sizes, accuracy, float(accuracy[-1])


def first(accuracy, level):
    return np.flatnonzero(accuracy >= level)[0]


def last_rise(accuracy, level):
    return np.flatnonzero((accuracy[1:] >= level) & (accuracy[:-1] < level))[-1] + 1


def on_logarithms(sizes, share):
    return sizes[0] * (sizes[1] / sizes[0]) ** share


def reading(where=first, between=on_logarithms, never=lambda sizes: np.inf,
            at_once=lambda sizes, accuracy, level: sizes[0], reached=np.greater_equal):  # fmt: skip
    """A rule: where the level is reached, and what is read between two sizes."""

    def rule(sizes, accuracy, level):
        if not reached(accuracy, level).any():
            return never(sizes)
        if accuracy[0] >= level:
            return at_once(sizes, accuracy, level)
        at = where(accuracy, level)
        share = (level - accuracy[at - 1]) / (accuracy[at] - accuracy[at - 1])
        return between(sizes[at - 1 : at + 1], share)

    return rule


def wrapped(sizes, accuracy, level):
    share = (level - accuracy[-1]) / (accuracy[0] - accuracy[-1])
    return sizes[-1] * (sizes[0] / sizes[-1]) ** share


NOT_READ = "that is not the number of labels at which the curve first reaches the level."

labels_needed = Exercise("labels_needed", reading(), curves,
    returns(lambda v, *_: number(v, "one number of labels")),
    hint="np.flatnonzero(accuracy >= level) are the places at which the level is reached",
    otherwise=NOT_READ, gave_nan=NOT_READ,
    mistakes=[
    ("between two sizes you go straight on the axis of labels; it is logarithmic.",
     reading(between=lambda sizes, share: sizes[0] + share * (sizes[1] - sizes[0]))),
    ("that is the next size at which somebody measured; read off between the two.",
     reading(between=lambda sizes, share: sizes[1])),
    ("that is the size before the level is reached; read off between the two.",
     reading(between=lambda sizes, share: sizes[0])),
    ("that is the nearer of two sizes; read off between the two.",
     reading(between=lambda sizes, share: sizes[int(share > 0.5)])),
    ("that is a logarithm of a number of labels; undo it.",
     reading(between=lambda sizes, share: np.log(on_logarithms(sizes, share)),
             at_once=lambda sizes, *_: np.log(sizes[0]))),
    ("the curve never comes so high, and you say that the largest size is enough, as np.interp "
     "does; return infinity.",
     reading(never=lambda sizes: sizes[-1])),
    ("the curve never comes so high, and argmax of nothing is the first place; return infinity.",
     reading(never=lambda sizes: sizes[0])),
    ("the curve never comes so high, and zero labels would say the contrary; return infinity.",
     reading(never=lambda sizes: 0)),
    ("the curve dips, and you take the last time that it reaches the level; take the first.",
     reading(last_rise)),
    ("where the first size is enough you look at the place before it, which is the last; return "
     "the first size.", reading(at_once=wrapped)),
    ("where the first size is enough, fewer may be, but nobody has measured that; return the first "
     "size.", reading(at_once=lambda sizes, *_: 0)),
    ("a level that is just reached counts as reached.", reading(reached=np.greater)),
])  # fmt: skip
