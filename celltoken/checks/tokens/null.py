"""Exercise 7 of *Tokens*: random groups as a null for "groups of like cells recur"."""

import numpy as np
import pandas as pd
from numpy.random import default_rng

from celltoken import data
from celltoken.checks.core import Exercise
from celltoken.checks.nulls import observe_null, of_the_seed, verdict, within
from celltoken.checks.values import array
from celltoken.data.recipes import in_two_contexts
from celltoken.methods import recurrence
from celltoken.methods.cooccurrence import ppmi, svd_embedding
from celltoken.methods.downsampling import split
from celltoken.methods.neighbours import rows_for_metric
from celltoken.methods.removal import groups_of_neighbours


def groupings(rng):
    """Groups of unlike size, some within one context, some in both."""
    for groups, contexts in ((12, 2), (9, 3)):
        sizes = rng.integers(4, 14, size=groups)
        group = np.repeat(np.arange(groups), sizes)
        mostly = rng.permutation(np.arange(groups) % contexts)[group]
        other = rng.integers(contexts, size=len(group))
        context = np.where(rng.random(len(group)) < 0.8, mostly, other)
        order = rng.permutation(len(group))
        yield group[order], context[order], int(rng.integers(1000))


def together(group):
    same = group[:, None] == group
    return same[np.triu_indices(len(group), 1)]


def look_at_groups(ask, group, context, seed):
    def kept(group, drawn):
        before, after = (pd.crosstab(each, context) for each in (group, drawn))
        size = after.sum(axis=1)
        stay, pairs = together(group) & together(drawn), together(group)
        one = [together(np.where(context == c, group, -1 - np.arange(len(group)))) for c in
               np.unique(context)]  # fmt: skip
        return {
            "known groups": bool(np.isin(drawn, group).all()),
            "sizes": before.sum(axis=1).equals(size),
            "sizes all alike": bool(size.max() - size.min() <= 1),
            "members of each context": before.equals(after),
            "unchanged": np.array_equal(drawn, group),
            "same partition": np.array_equal(together(drawn), pairs),
            "other members": bool(max(stay[each].mean() for each in one) < 0.6),
        }

    return observe_null(kept)(lambda g, s: ask(g, context, s), group, seed)


reference = within(lambda rng, group: rng.permutation(group))


def renamed(group, context, seed):
    names = np.unique(group)
    return default_rng(seed).permutation(names)[np.searchsorted(names, group)]


def one_context_only(group, context, seed):
    drawn, some = np.array(group), context == np.unique(context)[0]
    drawn[some] = default_rng(seed).permutation(group[some])
    return drawn


def recurs(groups, halves):
    return recurrence.neighbour_agreement(
        *[recurrence.merge_rows(half, pd.factorize(groups)[0]) for half in halves]
    )


def cells_say(ask, seed):
    """The claim on a sample of blood cells of two conditions, against the student's null."""
    rng = default_rng(seed)
    atlas = data.load("kang_ifnb")
    atlas = atlas[np.sort(rng.permutation(atlas.n_obs)[:700])]
    kept, _, where = in_two_contexts(atlas, "cell_type", "condition")
    first, second = split(kept.X[:, np.asarray(kept.X.sum(0)).ravel() > 40], rng)
    x = rows_for_metric(svd_embedding(ppmi(first), 20), "cosine")
    group = np.zeros(len(where), dtype=int)
    for here in (0, 1):
        some = where == here
        group[some] = groups_of_neighbours(x[some], rng) + (group.max() + 1) * here
    null = array(ask(group, where, seed), group.shape)
    what = "the share of neighbours that recur between halves, for groups of like cells,"
    real, mixed = (recurs(each, (first, second)) for each in (group, null))
    return verdict(real, mixed, what, margin=0.05)


mixed_groups = Exercise("mixed_groups", reference, groupings, look_at_groups, remark=cells_say,
    hint="group and context have an entry for each cell; permute the entries of one context",
    otherwise="your null is not fair: each group must keep how many members it has of each "
    "context, and chance alone must say which.",
    mistakes=[
    ("nothing is destroyed: the groups are as they were.",
     lambda group, context, seed: np.array(group), ("unchanged",)),
    ("the groups only change their names; their members must change.", renamed,
     ("same partition",)),
    ("only one context is mixed; mix the members of each.", one_context_only,
     ("other members",)),
    ("all groups get about the same size, and a larger group has been seen more often; keep each "
     "size.", lambda group, context, seed: default_rng(seed).permutation(
         np.unique(group)[np.arange(len(group)) % len(np.unique(group))]), ("sizes all alike",)),
    ("the sizes of the groups are kept only on the average, and a larger group has been seen more "
     "often; permute, do not draw.",
     within(lambda rng, group: rng.choice(group, size=len(group))),
     ("sizes", "members of each context")),
    ("groups now mix the contexts, so that they differ from the real ones in more than likeness; "
     "permute within each context.",
     lambda group, context, seed: default_rng(seed).permutation(group),
     ("members of each context",)),
    *[(sentence, lambda group, context, seed, wrong=wrong: wrong((group, context), seed), by)
      for sentence, wrong, by in of_the_seed(lambda both, seed: reference(*both, seed))],
])  # fmt: skip
