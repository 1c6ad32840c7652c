"""What is asked of a dictionary besides its concepts: its price, its second start, its pairs.

Dictionaries are those of :mod:`celltoken.methods.dictionaries`.
"""

import warnings

import numpy as np
import pandas as pd
from sklearn.linear_model import orthogonal_mp

from celltoken.methods import dictionaries, sparse_autoencoder
from celltoken.methods.inputs import as_matrix, same_rows


def price(x, units, active, seed=0):
    """What so many active units keep of a table, and how many units die.

    Parameters
    ----------
    x : array, shape (rows, columns)
        Scores along main directions: columns have mean 0 and are uncorrelated.
    units, active : int
    seed : int

    Returns
    -------
    dict from str to float
        Shares of variance: ``"explained"`` by a sparse autoencoder, by as many single rows of
        ``units`` drawn ones (:func:`kept_by_rows`, named ``"as many single cells"``), by as many
        components. Shares of units: ``"dead"`` without a remedy, ``"dead, revived"`` with it.
    """
    made = sparse_autoencoder.train(x, units, active, seed)
    left = sparse_autoencoder.train(x, units, active, seed, revive=False)
    variance = np.sort(x.var(0))[::-1]
    return {
        "explained": made.explained(x),
        "as many single cells": kept_by_rows(x, units, active, np.random.default_rng(seed)),
        "as many components": variance[:active].sum() / variance.sum(),
        "dead": left.dead[-1],
        "dead, revived": made.dead[-1],
    }


def kept_by_rows(x, units, active, rng):
    """Share of the squares of a table that ``active`` of ``units`` drawn rows keep of each row.

    They are chosen one after the other, each to take most from what is left, with the weights
    fitted anew (orthogonal matching pursuit, as in scikit-learn).
    """
    x = as_matrix(x, min_rows=2).astype(float)
    atoms = x[rng.choice(len(x), min(units, len(x)), replace=False)].T
    atoms = atoms / np.linalg.norm(atoms, axis=0).clip(1e-12)
    with warnings.catch_warnings():  # of rows that fewer atoms give whole, such as the atoms
        warnings.simplefilter("ignore", RuntimeWarning)
        code = orthogonal_mp(atoms, x.T, n_nonzero_coefs=active).reshape(-1, len(x))
    return 1 - np.sum((x.T - atoms @ code) ** 2) / np.sum(x**2)


def kinds_and_crossing(tokens, on, seed=0):
    """F1 of the best unit on unseen tokens: mean over kinds, and of what cuts across them.

    Parameters
    ----------
    tokens : celltoken.data.concepts.Tokens
    on : array, shape (tokens, units)
        A column of ones is the answer that says every concept of every token.
    seed : int

    Returns
    -------
    dict from str to float
        ``"kinds"`` and ``"across"``.
    """
    wanted, rng = tokens.concepts.to_numpy(), np.random.default_rng(seed)
    scores = dictionaries.held_out_scores(on, wanted, rng, tokens.asked)
    kinds = np.isin(tokens.concepts.columns, tokens.kind)
    return {"kinds": scores[kinds].mean(), "across": scores[~kinds].mean()}


def all_apart(tokens, units):
    """:func:`kinds_and_crossing` of several dictionaries, and of the answer that is always on.

    Parameters
    ----------
    tokens : celltoken.data.concepts.Tokens
    units : dict from str to celltoken.methods.dictionaries.Dictionary
        As :func:`celltoken.methods.dictionaries.every` gives it.

    Returns
    -------
    pandas.DataFrame
        One row a dictionary; ``"value"`` is called ``"one latent"``.
    """
    on = {name: made.on(tokens.x) for name, made in units.items()}
    on["always on"] = np.ones((len(tokens.x), 1))
    found = pd.DataFrame({name: kinds_and_crossing(tokens, each) for name, each in on.items()})
    return found.T.rename(index={"value": "one latent"})


def second_held(tokens, units, active):
    """How often a mixture has the top unit of its second parent on, beyond other mixtures.

    As :func:`celltoken.methods.dictionaries.both_held`, without the first parent.

    Parameters
    ----------
    tokens : celltoken.data.concepts.Tokens
    units : dict from str to celltoken.methods.dictionaries.Dictionary
    active : int
    """
    held = {}
    for name, made in units.items():
        second, mixed = made.on(tokens.partner), made.on(tokens.mixed)
        held[name] = dictionaries.both_held(second, second, mixed, active)
    return held


def found_again(x, make, units, active):
    """Median cosine between the features of two starts, paired one to one."""
    starts = [make(x, units, active, np.random.default_rng(number)).features for number in (1, 2)]
    return float(np.median(sparse_autoencoder.matched(*starts)[0]))


def across_languages(on, others_on, states, others_states):
    """What the latents of verses share with those of their translations.

    Parameters
    ----------
    on, others_on : arrays or sparse matrices, shape (verses, latents)
        Above zero where a latent is on; row by row the same verses in two languages.
    states, others_states : arrays, shape (verses, columns)
        What the latents were made of.

    Returns
    -------
    dict from str to float
        Latents that a verse shares with its translation, and with ``"other verses"``; how often
        the verse that shares most, and the state with the largest inner product, is the
        translation; and ``"language by one latent"``: balanced accuracy with which the best latent,
        on or off, tells the two languages.
    """
    same_rows(states, others_states, "states", "others_states")
    on, others_on = ((each > 0).astype(float) for each in (on, others_on))
    shared = on @ others_on.T
    shared = shared.toarray() if hasattr(shared, "toarray") else shared
    same = np.eye(len(shared), dtype=bool)
    found = {"translation": shared[same].mean(), "other verses": shared[~same].mean()}
    for name, alike in (("latents", shared), ("states", states @ others_states.T)):
        found[f"found by {name}"] = np.mean(alike.argmax(1) == np.arange(len(alike)))
    share, others_share = (np.asarray(each.mean(0)).ravel() for each in (on, others_on))
    found["language by one latent"] = (1 + np.abs(share - others_share).max()) / 2
    return found
