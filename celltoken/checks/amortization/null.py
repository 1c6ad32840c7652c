"""Exercise 7 of *Amortization*: loadings dealt anew as a null for "another study taught us"."""

from functools import lru_cache

import numpy as np
from numpy.random import default_rng
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from celltoken import data
from celltoken.checks.core import Exercise
from celltoken.checks.nulls import observe_null, of_the_seed, within
from celltoken.checks.values import array
from celltoken.data.pretrained import frozen_components, with_label
from celltoken.data.recipes import log_normalise
from celltoken.methods.few_labels import few_label_recall


def axes(rng):
    """Axes at right angles over genes in three or four bands, whose numbers have gaps."""
    for genes, columns, bands in ((120, 4, 3), (160, 5, 4)):
        band = 7 * rng.permutation(np.arange(genes) % bands) + 5
        x = rng.normal(size=(genes, columns)) * (1 + band[:, None])
        yield np.linalg.qr(x)[0], band, int(rng.integers(1000))


def look_at_rows(ask, loadings, band, seed):
    """What a fair null keeps of loadings, and what not."""

    def kept(loadings, drawn):
        place = {row.tobytes(): i for i, row in enumerate(np.round(loadings, 9) + 0.0)}
        whose = np.array([place.get(row.tobytes(), -1) for row in np.round(drawn, 9) + 0.0])
        known = bool((whose >= 0).all())  # what follows is asked of rows that are known
        genes = [np.flatnonzero(band == each) for each in np.unique(band)]
        order = [np.searchsorted(own, whose[own]) - np.arange(len(own)) for own in genes]
        return {
            "values": np.allclose(np.sort(drawn, axis=None), np.sort(loadings, axis=None)),
            "rows": known,
            "once": not known or len(set(whose)) == len(loadings),
            "bands": not known or np.array_equal(band[whose], band),
            "not sorted": not known or not np.array_equal(band[whose], np.sort(band)),
            "right angles": np.allclose(drawn.T @ drawn, loadings.T @ loadings),
            "distances": np.allclose(drawn @ drawn.T, loadings @ loadings.T),
            "each band": all(each.any() for each in order),
            "unlike moves": all(len(set(each % len(each))) > 3 for each in order),
            "unlike orders": not known or len({tuple(each) for each in order}) > 1,
            "most moved": np.mean(whose == np.arange(len(loadings))) < 0.25,
            "some moved": np.mean(whose == np.arange(len(loadings))) < 0.9,
        }

    return observe_null(kept)(lambda table, s: ask(table, band, s), loadings, seed)


reference = within(lambda rng, rows: rng.permutation(rows))


def band_by_band(loadings, band, seed):
    drawn = reference(loadings, band, seed)
    return drawn[np.argsort(band, kind="stable")]


@lru_cache
def studies():
    """Cells, their lineage by protein, loadings of their genes in another study, bands of these."""
    elsewhere = data.load("kang_ifnb")
    elsewhere = elsewhere[np.sort(default_rng(0).permutation(elsewhere.n_obs)[:1500])]
    cells = with_label(data.load("cite_pbmc"), "lineage by protein")
    names, mean, loadings = frozen_components(elsewhere)
    here = names.isin(cells.var_names)
    band = np.argsort(np.argsort(mean[here])) * 10 // here.sum()
    level = log_normalise(cells)[:, names[here]].X.toarray()
    return level, cells.obs["label"].to_numpy(str), loadings[here], band


@lru_cache
def ceiling():
    """Balanced accuracy in the components of another study from four fifths of all labels."""
    level, label, loadings, _ = studies()
    x = level @ loadings
    x = (x - x.mean(0)) / x.std()
    fit = LogisticRegression(C=100, max_iter=2000)
    return cross_val_score(fit, x, label, cv=5, scoring="balanced_accuracy").mean()


def cells_say(ask, seed):
    """What a null keeps of the lead that another study's components have over random axes.

    Four fifths of all labels tell little more than four, so no null could lose by much. It is
    therefore not asked by how much it loses, but whether it keeps more than half of the lead.
    """
    level, label, loadings, band = studies()

    def told(axes):
        return few_label_recall(level @ axes, label, 4, default_rng(seed), draws=15).mean()

    draws = seed + np.arange(4)
    learned = told(loadings)
    null = np.mean([told(array(ask(loadings, band, int(s)), loadings.shape)) for s in draws])
    random = np.mean([told(default_rng(s).normal(size=loadings.shape)) for s in draws])
    kept = (null - random) / (learned - random)
    return (
        f"balanced accuracy from four labels a lineage is {learned:.2f} in another study's "
        f"components, {random:.2f} on random axes and {null:.2f} under your null, which keeps "
        f"{kept:.0%} of the lead: the reason, which genes go together, "
        f"{'falls' if kept > 0.5 else 'stands'}; four fifths of all labels tell {ceiling():.2f}"
    )


dealt_loadings = Exercise("dealt_loadings", reference, axes, look_at_rows, remark=cells_say,
    hint="band == each are the genes of one band; permute their rows of loadings",
    otherwise="your null is not fair: it must keep every gene's weights together and in its band, "
    "and chance alone must say to whom they go.",
    mistakes=[
    ("nothing is destroyed: every gene has its own weights.",
     lambda loadings, band, seed: np.array(loadings), ("some moved",)),
    ("you permute or turn the axes, which changes no distance between genes or cells: permute the "
     "genes.",
     lambda loadings, band, seed: default_rng(seed).permutation(loadings, axis=1),
     ("distances", "rows")),
    ("your table holds numbers that no gene had, and one may then weigh more than any did; deal "
     "the rows that there are.", within(lambda rng, rows: rng.normal(0, rows.std(), rows.shape)),
     ("rows", "values", "right angles")),
    ("each axis is dealt on its own, so that axes at right angles are so no more: move whole rows.",
     within(lambda rng, rows: rng.permuted(rows, axis=0)), ("rows", "right angles")),
    ("rows are drawn with replacement, so that some come twice and others are lost; permute.",
     within(lambda rng, rows: rng.choice(rows, len(rows))), ("once",)),
    ("not every band is dealt; deal each of them.",
     lambda loadings, band, seed: np.where((band == band.min())[:, None],
         reference(loadings, band, seed), loadings), ("each band",)),
    ("all rows of a band move on by equally many places; permute them.",
     within(lambda rng, rows: np.roll(rows, rng.integers(1, len(rows)), axis=0)),
     ("unlike moves",)),
    ("the generator is made anew in each band, so that all are dealt in the same order; make it "
     "once.",
     lambda loadings, band, seed: within(lambda rng, rows: default_rng(seed).permutation(rows))(
         loadings, band, seed), ("unlike orders",)),
    ("the rows come back sorted by band; put each back where a gene of that band stands.",
     band_by_band, ("not sorted",)),
    ("rows are dealt over all bands, so that rare genes get the weights of abundant ones: permute "
     "within each band.",
     lambda loadings, band, seed: default_rng(seed).permutation(loadings), ("bands",)),
    *[(sentence, lambda loadings, band, seed, wrong=wrong: wrong((loadings, band), seed), by)
      for sentence, wrong, by in of_the_seed(lambda both, seed: reference(*both, seed))],
])  # fmt: skip
