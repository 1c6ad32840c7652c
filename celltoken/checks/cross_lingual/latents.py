"""Exercises 5 and 6 of *Cross-lingual*: rows from their largest latents, a latent for a concept."""

import numpy as np

from celltoken.checks.cases import telling
from celltoken.checks.core import Exercise, fail, returns
from celltoken.checks.values import array, number

# -- the largest few ------------------------------------------------------------------------------


def activated(rng):
    """Activations, in some rows fewer positive ones than may stay, and features."""
    for k, latents, columns in ((3, 9, 4), (2, 7, 5)):
        x = rng.normal(size=(8, latents)) + rng.normal(size=(8, 1)) * 0.5
        x[:2] = -np.abs(x[:2])
        x[0, 0] = 1.3
        yield x, rng.normal(size=(latents, columns)), k


def kept(choose, value=lambda x, k: np.maximum(x, 0)):
    """A rule: which entries stay, with which value, times the features."""
    return lambda x, features, k: np.where(choose(x, k), value(x, k), 0) @ features


def largest(x, k):
    return x >= np.sort(x, axis=1)[:, [-k]]


def positive(x):
    return np.maximum(x, 0)


def shares(x, k):
    left = np.where(largest(x, k), positive(x), 0)
    return left / np.maximum(left.sum(1, keepdims=True), 1e-12)


def rows(value, x, features, k):
    if getattr(value, "shape", None) == x.shape:
        fail("that is the code; multiply it by the features to get rows again.")
    return array(value, (len(x), features.shape[1]), "a row for each token,")


rebuild = Exercise("rebuild", kept(largest), activated, returns(rows),
    hint="np.sort(activations, axis=1)[:, [-k]] is the k-th largest activation of each row",
    otherwise="those are not the rows that the k largest positive activations put together.",
    mistakes=[
    ("every positive activation stays; keep only the k largest of each row.",
     kept(lambda x, k: x > 0)),
    ("negative activations stay in rows with fewer than k positive ones; set them to zero.",
     kept(largest, lambda x, k: x)),
    ("you choose by absolute value and drop what is negative; choose by the value itself.",
     kept(lambda x, k: largest(np.abs(x), k))),
    ("you choose by absolute value, and negative activations stay; a latent is on or it is off.",
     kept(lambda x, k: largest(np.abs(x), k), lambda x, k: x)),
    ("you keep the largest of the whole table; keep k in each row.",
     kept(lambda x, k: x >= np.sort(x, axis=None)[-k * len(x)])),
    ("each latent keeps its k best rows; each row must keep its k best latents.",
     kept(lambda x, k: largest(x.T, k).T)),
    ("you keep the smallest positive activations; keep the largest.",
     kept(lambda x, k: largest(np.where(x > 0, -x, -np.inf), k))),
    ("you keep one latent too many.", kept(lambda x, k: largest(x, k + 1))),
    ("you keep one latent too few.", kept(lambda x, k: largest(x, k - 1))),
    ("a latent that stays counts as one; keep its activation.", kept(largest, lambda x, k: x > 0)),
    ("you divide by k; add the features up.", kept(largest, lambda x, k: positive(x) / k)),
    ("you scale what stays to sum to one; keep the activations as they are.",
     kept(largest, shares)),
])  # fmt: skip


# -- one latent for one concept -------------------------------------------------------------------


def concepts(rng):
    """Latents that are on with a concept more or less often, the best one unlike in the halves."""

    def draw(count):
        here, chosen = rng.random(120) < 0.35, rng.random(120) < 0.45
        rate = rng.uniform(0.35, 0.6, count), rng.uniform(0.15, 0.45, count)
        on = rng.random((120, count)) < np.where(here[:, None], *rate)
        second, first = np.sort(f1(on[chosen], here[chosen]))[-2:]
        return (on, here, chosen) if first > second else draw(count)  # one latent is the best

    for count in (6, 10):
        yield telling(lambda: draw(count), chosen_apart, held_out_f1.mistakes)  # noqa: B023


def f1(on, here):
    return 2 * (on & here[:, None]).sum(0) / (on.sum(0) + here.sum())


def precision(on, here):
    return (on & here[:, None]).sum(0) / np.maximum(on.sum(0), 1)


def recall(on, here):
    return (on & here[:, None]).sum(0) / here.sum()


def accuracy(on, here):
    return (on == here[:, None]).mean(0)


def best(score=f1, choose=f1, where=lambda chosen: chosen, asked=lambda chosen: ~chosen):
    """A rule: a latent chosen by one score on some rows, and its score on others."""

    def rule(on, here, chosen):
        first, then = where(chosen), asked(chosen)
        return score(on[then], here[then])[choose(on[first], here[first]).argmax()]

    return rule


def everywhere(chosen):
    return np.ones_like(chosen)


chosen_apart = best()

held_out_f1 = Exercise("held_out_f1", chosen_apart, concepts,
    returns(lambda v, *_: number(v, "one F1")),
    hint="on[chosen] and here[chosen] are the half to choose on; ~chosen is the other",
    otherwise="that is not the F1, on the other half, of the latent with the best F1 on the chosen "
    "half.",
    mistakes=[
    ("you score on the half on which you chose, which flatters; score on the other.",
     best(asked=lambda chosen: chosen)),
    ("you choose on the half on which you score, which flatters; choose on the chosen half.",
     best(where=lambda chosen: ~chosen)),
    ("you choose on all rows, also those on which you score; choose on the chosen half.",
     best(where=everywhere)),
    ("you choose and score on all rows; choose on one half and score on the other.",
     best(where=everywhere, asked=everywhere)),
    ("the halves are exchanged: choose on the rows where chosen is True.",
     best(where=lambda chosen: ~chosen, asked=lambda chosen: chosen)),
    ("you score by precision, which does not see what the latent misses; use F1.", best(precision)),
    ("you score by recall, which does not see where else the latent is on; use F1.", best(recall)),
    ("you score by accuracy, which a latent that is never on does well in; use F1.",
     best(accuracy)),
    ("you choose by accuracy, which a latent that is never on does well in; choose by F1.",
     best(choose=accuracy)),
    ("the factor 2 of F1 is missing.", best(lambda *given: f1(*given) / 2)),
    ("that is the overlap over the union; F1 counts the overlap twice.",
     best(lambda *given: f1(*given) / (2 - f1(*given)))),
    ("that is the mean over latents; choose one.",
     lambda on, here, chosen: f1(on[~chosen], here[~chosen]).mean()),
])  # fmt: skip
