"""Tokens with two features that cross: each feature occurs with and without the other."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from celltoken.data.lexicons import noun_classes
from celltoken.data.recipes import log_normalise, principal_components

# Nouns with another plural than their last letters say.
IRREGULAR = ("man", "child", "foot", "tooth", "mouse", "person", "ox")


@dataclass(frozen=True)
class Crossed:
    """Rows with two features; ``group`` says which rows are held out together."""

    x: np.ndarray  # rows by main directions, a tenth as many as rows and at most 50
    first: np.ndarray  # of bool: plural, treated
    second: np.ndarray  # of bool: of the first of two classes
    group: np.ndarray


def main_directions(x) -> np.ndarray:
    """A tenth as many main directions as there are rows, and at most 50.

    With more, a linear probe could tell the rows that it learns from by heart.
    """
    rows, columns = x.shape
    return principal_components(x, max(2, min(50, rows // 10, columns - 1)))


def plural_of(noun) -> str:
    """The regular plural of an English noun."""
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def both_numbers(vocabulary, classes) -> pd.DataFrame:
    """Nouns of two of WordNet's classes that a vocabulary has in singular and plural.

    Parameters
    ----------
    vocabulary : iterable of str
    classes : sequence of two str
        Such as ``("person", "artifact")``.

    Returns
    -------
    pandas.DataFrame
        A row a noun: ``singular``, ``plural``, ``noun_class``. Nouns whose plural is irregular are
        left out.

    Raises
    ------
    ValueError
        If a class has fewer than twenty such nouns.
    """
    kind = noun_classes(vocabulary)
    kind = kind[kind.isin(classes) & ~kind.index.str.endswith(IRREGULAR)]
    rows = [(noun, plural_of(noun), found) for noun, found in kind.items()]
    table = pd.DataFrame(rows, columns=["singular", "plural", "noun_class"])
    table = table[table.plural.map(kind) == table.noun_class].reset_index(drop=True)
    for each in classes:
        if (have := int((table.noun_class == each).sum())) < 20:
            raise ValueError(
                f"Only {have} nouns of the class {each!r} stand there in singular and plural, "
                "and 20 are needed: give more words, or name other classes."
            )
    return table


def crossed_words(vectors, nouns, classes, rng, folds=8) -> Crossed:
    """Nouns of two classes, as many of each, in both numbers.

    Parameters
    ----------
    vectors : anndata.AnnData, shape (words, coordinates)
        Taken to length one.
    nouns : pandas.DataFrame
        From :func:`both_numbers`.
    classes : sequence of two str
    rng : numpy.random.Generator
    folds : int
        Nouns are dealt to so many groups, both numbers of one together.
    """
    count = nouns.noun_class.value_counts()[list(classes)].min()
    order = nouns.iloc[rng.permutation(len(nouns))]
    drawn = order.groupby("noun_class").head(count)
    x = np.asarray(vectors[[*drawn.singular, *drawn.plural]].X, float)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    plural = np.arange(len(x)) >= len(drawn)
    of_first = np.tile(drawn.noun_class.to_numpy() == classes[0], 2)
    return Crossed(main_directions(x), plural, of_first, np.tile(np.arange(len(drawn)) % folds, 2))


def crossed_cells(atlas, labels, condition, side, rng, most=50) -> Crossed:
    """Cells of two groups of types under two conditions, as many under each for a type.

    Parameters
    ----------
    atlas : anndata.AnnData of counts
    labels, condition : str
        Columns of ``obs``; the condition whose name comes last is ``first``.
    side : str
        Types of one group, between commas; if the atlas has none of them, or no other, the first
        half of its types in alphabetical order.
    rng : numpy.random.Generator
    most : int
        Cells a type and condition.

    Raises
    ------
    ValueError
        If there are fewer than two types with ten cells under both of two conditions.
    """
    kind = atlas.obs[labels].astype(str).to_numpy()
    how = atlas.obs[condition].astype(str).to_numpy()
    rows = []
    pairs = pd.crosstab(kind, how)
    pairs = pairs[
        pairs.columns[np.argsort(-pairs.sum().to_numpy(), kind="stable")[:2]].sort_values()
    ]
    pairs = pairs[pairs.min(axis=1) >= 10]
    if pairs.shape[1] < 2 or len(pairs) < 2:
        raise ValueError(
            f"Fewer than two types of {labels!r} have ten cells under both of two values of "
            f"{condition!r}: name other columns."
        )
    for each, found in pairs.iterrows():
        for value in pairs.columns:
            here = np.flatnonzero((kind == each) & (how == value))
            rows.extend(rng.permutation(here)[: min(most, found.min())])
    rows = np.array(rows)
    names = [each.strip() for each in side.split(",")]
    if not 0 < pairs.index.isin(names).sum() < len(pairs):
        names = list(pairs.index[: len(pairs) // 2])
    second, group = np.isin(kind[rows], names), kind[rows].astype(object)
    for each in (True, False):
        alone = second == each
        if len(np.unique(group[alone])) == 1:  # nothing would be left to learn from
            group[alone] += np.where(rng.random(alone.sum()) < 0.5, " 1", " 2")
    table = log_normalise(atlas[rows].copy(), n_genes=2000).X
    x = main_directions(table)
    return Crossed(x, how[rows] == pairs.columns[1], second, group.astype(str))
