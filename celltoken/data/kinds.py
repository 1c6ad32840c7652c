"""Kinds of mammal for a tree of words: their links in WordNet, and vectors of their names."""

import numpy as np
import pandas as pd

from celltoken.data.lexicons import hypernyms


def kind_links():
    """WordNet's direct links among mammals, as (kind, wider kind)."""
    table = hypernyms()
    return list(table.loc[table.steps == 1, ["kind", "of"]].itertuples(index=False, name=None))


def kinds_below(branches):
    """Names of all kinds below some branches of the mammals, sorted.

    Parameters
    ----------
    branches : str
        Names between commas, such as ``"carnivore, primate"``.

    Raises
    ------
    ValueError
        If nothing lies below one of them.
    """
    table, names = hypernyms(), [each.strip() for each in branches.split(",") if each.strip()]
    for name in names:
        if not (table.of == name).any():
            raise ValueError(f"WordNet's mammals have no branch {name!r}; try 'carnivore'.")
    return sorted(set(table.kind[table.of.isin(names)]))


def narrowest(names):
    """Those of some kinds that have none below them in WordNet, in their order."""
    wider = set(hypernyms().of)
    return [name for name in names if name not in wider]


def named_kinds(vectors, branches):
    """Vectors of the names of kinds: the mean of a name's words, of length one.

    Parameters
    ----------
    vectors : anndata.AnnData, shape (words, coordinates)
    branches : str
        As for :func:`kinds_below`.

    Returns
    -------
    pandas.DataFrame
        A row a kind all of whose words have a vector; of kinds with the same vector the first.

    Raises
    ------
    ValueError
        If there is none, or a branch is unknown.
    """
    at = pd.Series(np.arange(vectors.n_obs), vectors.obs_names)
    rows = {}
    for kind in kinds_below(branches):
        words = kind.lower().replace("-", "_").split("_")
        if all(word in at.index for word in words):
            mean = np.asarray(vectors.X[at[words].to_numpy()], float).mean(0)
            rows[kind] = mean / np.linalg.norm(mean)
    if not rows:
        raise ValueError(f"no kind below {branches} has a vector; pass vectors of English words.")
    return pd.DataFrame(rows).T.round(9).drop_duplicates()
