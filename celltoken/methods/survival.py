"""Which of two classes of tokens is found again in another group, beside tokens of like size."""

import numpy as np

from celltoken.methods.alignment import cross_fitted, like_sizes


def ahead(table, few, rng, within=10, swaps=1000):
    """How much more often other tokens are found across a rotation than those of one class.

    Every token of the class is paired with another of like size
    (:func:`celltoken.methods.alignment.like_sizes`), each used once.

    Parameters
    ----------
    table : dict
        ``a``, ``b``, ``again``, ``size`` and ``answers``, as
        :func:`celltoken.data.spaces.two_languages` gives them.
    few : array of bool, length rows of ``a``
        The class.
    rng : numpy.random.Generator
    within : int
        Found is who stands among so many nearest.
    swaps : int
        How often the two of each pair change places at random.

    Returns
    -------
    dict of float
        ``pairs``; ``found`` and ``rest found``, the shares found across; ``again`` and ``rest
        again``, those found in the second half of their own group; ``ahead``, the mean over pairs
        of (across - again) of the rest less that of the class; ``chance``, which 95 % of swaps
        stay below, in size.
    """
    asked = np.array(list(table["answers"]))
    few, size = np.asarray(few)[asked], table["size"][asked]
    own = {i: [i] for i in asked}
    across = cross_fitted(table["a"], table["b"], table["answers"], rng) < within
    again = cross_fitted(table["a"], table["again"], own, rng) < within
    few, rest = like_sizes(size, np.flatnonzero(few), np.flatnonzero(~few))
    kept = across.astype(float) - again
    differ = kept[rest] - kept[few]
    swapped = (rng.choice([-1, 1], (swaps, len(differ))) * differ).mean(1)
    return {
        "pairs": len(few),
        "found": across[few].mean(),
        "again": again[few].mean(),
        "rest found": across[rest].mean(),
        "rest again": again[rest].mean(),
        "ahead": differ.mean(),
        "chance": np.quantile(np.abs(swapped), 0.95),
    }
