"""Embeddings to compare with: of the same rows, of the same width, made without any training."""

import numpy as np
from scipy import sparse

from celltoken.data.recipes import principal_components
from celltoken.methods.nulls import gaussian_like

HIDDEN = 256  # units of the untrained network's one hidden layer
BLOCK = 5000

# Name -> what it is, in the order of the page. The first is the one to beat.
NAMES = {
    "PCA": "principal components of the {levels}, as many as the embedding is wide",
    "PCA of half": "the same from one half of the events, which has not seen the other half",
    "random projection": "the {levels} on random directions, as many as it is wide",
    "untrained network": "a network of one hidden layer with random weights on the {levels}",
    "Gaussian": "random numbers with the mean and covariance of the embedding: they know nothing",
}


def width_of(table):
    """How wide the rivals can be: as the embedding, or as the counts allow."""
    width = table.x.shape[1]
    if table.counts is None:
        return width
    return int(min(width, min(table.counts.shape) - 2))


def all_of(table, held_in, rng, seed=0, given=None, progress=lambda line: None):
    """The rivals of a table, by name; without counts only the Gaussian.

    Parameters
    ----------
    table : Table
    held_in : scipy.sparse.csr_matrix or None
        One half of the events, from which ``PCA of half`` is made.
    rng : numpy.random.Generator
    seed : int
        Of the random directions and weights.
    given : dict, optional
        Rivals that were made before, from the same counts at the same width.
    progress : callable

    Returns
    -------
    dict of numpy.ndarray, shape (rows, width)
    """
    made = {name: x for name, x in (given or {}).items() if name != "Gaussian"}
    if any(x.shape != (len(table), width_of(table)) for x in made.values()):
        raise ValueError("the rivals given are of other rows or of another width.")
    if table.counts is not None and not made:
        width, levels = width_of(table), table.levels()
        progress(f"rivals: PCA of {len(table):,} {table.unit}")
        made["PCA"] = principal_components(levels, width)
        progress("rivals: PCA of one half of the counts")
        made["PCA of half"] = principal_components(table.levels(held_in, 0.5), width)
        progress("rivals: random projection, untrained network, Gaussian")
        made |= untrained(levels, width, seed)
    made["Gaussian"] = gaussian_like(table.x, rng)
    return made


def untrained(levels, width, seed):
    """What needs no data to be made: a random projection and a network with random weights."""
    rng = np.random.default_rng(seed)
    columns = levels.shape[1]
    directions = rng.normal(size=(columns, width)) / np.sqrt(width)
    first = rng.normal(size=(columns, HIDDEN)) * np.sqrt(2 / columns)
    second = rng.normal(size=(HIDDEN, width)) * np.sqrt(1 / HIDDEN)
    return {
        "random projection": _by_block(levels, lambda x: x @ directions),
        "untrained network": _by_block(levels, lambda x: np.maximum(x @ first, 0) @ second),
    }


def at_half_depth(table, half, seed=0):
    """What can be made anew from half of the events: all rivals but the Gaussian."""
    width, levels = width_of(table), table.levels(half, 0.5)
    return {"PCA": principal_components(levels, width), **untrained(levels, width, seed)}


def _by_block(x, function):
    parts = []
    for start in range(0, x.shape[0], BLOCK):
        rows = x[start : start + BLOCK]
        rows = rows.toarray() if sparse.issparse(rows) else rows
        parts.append(function(rows).astype(np.float32))
    return np.concatenate(parts)
