"""What comparing confusions of classes needs: classes of like size, noise of a given damage."""

import numpy as np
import pandas as pd


def balanced_rows(labels, rng, most=50, fewest=15):
    """Rows of at most ``most`` random tokens a class.

    Parameters
    ----------
    labels : array of str, length tokens
        Tokens labelled ``""`` belong to no class.
    rng : numpy.random.Generator
    most, fewest : int
        Classes of fewer than ``fewest`` tokens are left out.

    Returns
    -------
    numpy.ndarray of int
        In ascending order.

    Raises
    ------
    ValueError
        If no class has ``fewest`` tokens.
    """
    order = rng.permutation(len(labels))
    groups = pd.Series(order).groupby(labels[order])
    rows = [rows[:most] for name, rows in groups if name and len(rows) >= fewest]
    if not rows:
        raise ValueError(f"no class has {fewest} tokens: name other labels or more tokens.")
    return np.sort(np.concatenate(rows))


def noise_to_match(x, score, target, rng):
    """Vectors with as much isotropic noise as brings a score down to ``target``.

    Parameters
    ----------
    x : array, shape (tokens, columns)
    score : callable
        From vectors to a number that falls as noise grows, such as the share of neighbours of the
        own class.
    target : float
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray, shape (tokens, columns)
        One draw of noise, its strength found by halving from sixteen standard deviations of ``x``
        (twelve times), so that the score is at most ``target`` if such noise is enough.
    """
    noise, low, high = rng.standard_normal(x.shape) * x.std(), 0.0, 16.0
    for _ in range(12):
        middle = (low + high) / 2
        if score(x + middle * noise) > target:
            low = middle
        else:
            high = middle
    return x + high * noise
