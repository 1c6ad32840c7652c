"""What goes together and what acts: a published circuit with a gene off, and words of passages."""

from itertools import product

import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.data.circuits import published_rules


def circuit_cells(rng, cells=400, steps=250, out=None, step=0.1, noise=0.05):
    """Cells of the circuit at random times: rules as polynomials, and noise in every step.

    A Boolean rule of n inputs becomes the polynomial that equals it at the corners of the cube
    from 0 to 1 and is linear in each input (BooleCube). A gene goes towards what its rule says; a
    gene without a true rule stays off.

    Parameters
    ----------
    rng : numpy.random.Generator
    cells, steps : int
        Each cell starts as the progenitor (Gata2, Cebpa and Pu.1 on, give or take) and is taken at
        a random one of the steps.
    out : str, optional
        A gene that is off throughout.
    step, noise : float
        Length of a step in decay times of a gene; standard deviation of what a decay time adds.

    Returns
    -------
    pandas.DataFrame, shape (cells, 11 genes)

    References
    ----------
    Krumsiek et al. (2011), doi:10.1371/journal.pone.0022649, for the rules; Wittmann et al. (2009),
    doi:10.1186/1752-0509-3-98, for the polynomials.
    """
    rules = published_rules()
    at = {gene: i for i, gene in enumerate(rules)}
    start = np.array([gene in ("Gata2", "Cebpa", "Pu.1") for gene in rules], float)
    x = np.clip(0.6 * start + 0.2 * rng.random((cells, len(at))), 0, 1)
    taken, when = x.copy(), rng.integers(steps, size=cells)
    for now in range(steps):
        wanted = np.column_stack([_interpolated(x, at, *rules[gene]) for gene in rules])
        kick = noise * np.sqrt(step) * rng.normal(size=x.shape)
        x = np.clip(x + step * (wanted - x) + kick, 0, 1)
        if out is not None:
            x[:, at[out]] = 0
        taken[when == now] = x[when == now]
    return pd.DataFrame(taken, columns=list(rules))


def _interpolated(x, at, inputs, rule):
    total = np.zeros(len(x))
    for on in product((False, True), repeat=len(inputs)):
        if rule(*on):
            parts = [
                x[:, at[g]] if each else 1 - x[:, at[g]] for g, each in zip(inputs, on, strict=True)
            ]
            total += np.prod(parts, axis=0)
    return total


def word_correlations(texts, passages, size=20):
    """Correlation of each word of a passage with its last one, over pieces of all texts.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``, cut into pieces of ``size`` words; a word is in a piece or not.
    passages : list of dict
        With ``words``, as :func:`celltoken.models.left_out.read_passages` gives them.

    Returns
    -------
    list of numpy.ndarray, one a passage, of length words - 1
        A word that stands in every piece, or in none, has correlation 0.
    """
    row = {w: i for i, w in enumerate(sorted({w for p in passages for w in p["words"]}))}
    places, words, piece = [], [], 0
    for tokens in texts.tokens:
        for at, word in enumerate(tokens):
            if word in row:
                places.append(piece + at // size)
                words.append(row[word])
        piece += len(tokens) // size + 1
    ones = np.ones(len(words), np.float32)
    inside = sparse.csr_matrix((ones, (places, words)), shape=(piece, len(row)))
    inside.data[:] = 1
    share = np.asarray(inside.mean(0)).ravel()
    both = (inside.T @ inside).toarray() / piece - np.outer(share, share)
    spread = np.sqrt(np.outer(share * (1 - share), share * (1 - share)))
    related = both / np.where(spread > 0, spread, 1)
    of = [[row[word] for word in p["words"]] for p in passages]
    return [related[number[:-1], number[-1]] for number in of]
