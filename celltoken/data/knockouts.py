"""Cells of a published circuit, with a gene switched off."""

from itertools import product

import numpy as np
import pandas as pd

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
            parts = [x[:, at[g]] if each else 1 - x[:, at[g]] for g, each in zip(inputs, on, strict=True)]
            total += np.prod(parts, axis=0)
    return total
