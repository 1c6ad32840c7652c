"""What is asked of a dictionary besides its concepts: its price, its second start, its pairs.

Dictionaries are those of :mod:`celltoken.methods.dictionaries`.
"""

import warnings

import numpy as np
import pandas as pd
from sklearn.linear_model import orthogonal_mp

from celltoken.methods import dictionaries, sparse_autoencoder
from celltoken.methods.inputs import as_matrix, same_rows


def price(x, units, active, seed=0, made=None):
    """What so many active units keep of a table, and how many units die.

    Parameters
    ----------
    x : array, shape (rows, columns)
        Scores along main directions: columns have mean 0 and are uncorrelated.
    units, active : int
    seed : int
    made : celltoken.methods.sparse_autoencoder.SparseAutoencoder, optional
        One that was trained on ``x`` already, with the remedy.

    Returns
    -------
    dict from str to float
        Shares of variance: ``"explained"`` by a sparse autoencoder, by as many single rows of
        ``units`` drawn ones (:func:`kept_by_rows`, named ``"as many single cells"``), by as many
        components. Shares of units: ``"dead"`` without a remedy, ``"dead, revived"`` with it.
    """
    if made is None:
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


def kept_by_rows(x, units, active, rng, most=500):
    """Share of the squares of a table that ``active`` of ``units`` drawn rows keep of each row.

    They are chosen one after the other, each to take most from what is left, with the weights
    fitted anew (orthogonal matching pursuit, as in scikit-learn). Of more than ``most`` rows a
    random sample is put together.
    """
    x = as_matrix(x, min_rows=2).astype(float)
    atoms = x[rng.choice(len(x), min(units, len(x)), replace=False)].T
    atoms = atoms / np.linalg.norm(atoms, axis=0).clip(1e-12)
    x = x[rng.permutation(len(x))[:most]]
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


COMMON = tuple(name for name in dictionaries.RIVALS if name != "untrained")


class MadeOnce:
    """Dictionaries of some tables: each is learned once, however often it is asked for.

    Parameters
    ----------
    known : dict from str to celltoken.data.concepts.Tokens
        Tables by name; more may be added later.
    units, active : int
    seed : int
    """

    def __init__(self, known, units, active, seed=0):
        self._known, self._units, self._active, self._seed = known, units, active, seed
        self._made = {}

    def keep(self, **trained):
        """Sparse autoencoders that were trained already, by the names of their tables."""
        for name, made in trained.items():
            found = dictionaries.Dictionary(made.features, made.encode)
            self._made[name, dictionaries.learned, made.features.shape[0]] = found

    def __call__(self, name, make=dictionaries.learned, units=None):
        """The dictionary of one table: one of those in :mod:`celltoken.methods.dictionaries`."""
        key = name, make, units or self._units
        if key not in self._made:
            rng = np.random.default_rng(self._seed)
            self._made[key] = make(self._known[name].learn, key[2], self._active, rng)
        return self._made[key]

    def every(self, tokens, rng=None, names=COMMON):
        """As :func:`celltoken.methods.dictionaries.every`, for one of the tables, by its rows.

        The start is that of all others here, whatever ``rng``; ``names`` are those of rivals.
        """
        tables = self._known.items()
        name = next(k for k, each in tables if np.array_equal(each.learn, tokens.learn))
        made = {rival: self(name, dictionaries.RIVALS[rival]) for rival in names}
        return {"value": self(name)} | made

    def scored(self, name, make=dictionaries.learned, units=None):
        """:func:`kinds_and_crossing` of one dictionary."""
        tokens = self._known[name]
        return kinds_and_crossing(tokens, self(name, make, units).on(tokens.x))

    def found_again(self, name, make=dictionaries.learned):
        """Median cosine of the features and those of another start, paired one to one."""
        rng = np.random.default_rng(self._seed + 1)
        again = make(self._known[name].learn, self._units, self._active, rng)
        features = self(name, make).features
        return float(np.median(sparse_autoencoder.matched(features, again.features)[0]))


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
