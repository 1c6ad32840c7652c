"""Tokens with what a dictionary may find in them: concepts from outside, and two tokens in one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.data.recipes import log_normalise, principal_components


@dataclass(frozen=True)
class Tokens:
    """A table to learn a dictionary from, and what to ask of it. All in one set of coordinates.

    ``learn``: (rows, n), to learn from. ``x``: (tokens, n), the tokens asked about. ``partner`` and
    ``mixed``: (tokens, n), another token for each, of another kind, and both in one. ``columns``:
    (tokens, columns), what the coordinates were made of. ``directions``: (columns, n), of length
    one, from coordinates to columns. ``kind``: each token's. ``crossing``: bool, tokens; a concept
    that cuts across kinds. ``concepts``: bool, one column a concept, the crossing ones last.
    ``known``: bool, tokens; where the crossing concepts are known.
    """

    learn: np.ndarray
    x: np.ndarray
    partner: np.ndarray
    mixed: np.ndarray
    columns: np.ndarray
    directions: np.ndarray
    kind: np.ndarray
    crossing: np.ndarray
    concepts: pd.DataFrame
    known: np.ndarray

    @property
    def asked(self):
        """Of which tokens each concept is asked: bool, as ``concepts``."""
        kinds = self.concepts.columns.isin(self.kind)
        return kinds | np.asarray(self.known, bool)[:, None]


def as_tokens(learn, columns, partner, mixed, kind, crossing, n, fewest=15, known=None):
    """Bring all to the ``n`` main directions of ``learn``, and list the concepts.

    Parameters
    ----------
    learn, columns, partner, mixed : arrays, shapes (rows, columns) and three of (tokens, columns)
    kind : sequence, length tokens
    crossing : pandas.DataFrame of bool, shape (tokens, crossing concepts)
        The first is ``Tokens.crossing``.
    n : int
        Below the smaller side of ``learn``.
    fewest : int
        Kinds with fewer tokens are no concepts.
    known : array of bool, length tokens, optional
        Where the crossing concepts are known; by default everywhere.
    """
    centre = learn.mean(0)
    scores = principal_components(learn, n)
    directions = (learn - centre).T @ scores / (scores**2).sum(0)
    kind = np.asarray(kind, str)
    names, counts = np.unique(kind, return_counts=True)
    kinds = pd.DataFrame({name: kind == name for name in names[counts >= fewest]})
    listed = pd.concat([kinds, crossing.reset_index(drop=True)], axis=1)
    x, partner, mixed = ((rows - centre) @ directions for rows in (columns, partner, mixed))
    crossed = crossing.to_numpy(bool)[:, 0]
    known = np.ones(len(kind), bool) if known is None else np.asarray(known, bool)
    return Tokens(scores, x, partner, mixed, columns, directions, kind, crossed, listed, known)


def partners(labels, rng):
    """For each row the number of a random row with another label (array of int)."""
    labels = np.asarray(labels)
    rows = {each: np.flatnonzero(labels != each) for each in np.unique(labels)}
    return np.array([rng.choice(rows[each]) for each in labels])


def cell_tokens(atlas, kinds, context, rng, most=300, n_genes=2000, n=50):
    """Cells in main directions of log-normalised counts, and doublets of two cells' counts.

    Parameters
    ----------
    atlas : anndata.AnnData, shape (cells, genes)
        Raw counts.
    kinds, context : str
        Columns of ``obs``: what a cell is; under what it was seen. Each value of the context but
        the first in alphabetical order is a crossing concept.
    rng : numpy.random.Generator
    most : int
        Cells drawn of each kind.
    n_genes, n : int

    Returns
    -------
    tokens : Tokens
    drawn : anndata.AnnData
        The cells, log-normalised, all their genes; in ``var`` ``used``, the genes of ``columns``.
    """
    order = atlas.obs.iloc[rng.permutation(atlas.n_obs)]
    drawn = atlas[order.groupby(kinds, observed=True).head(most).index].copy()
    table = log_normalise(drawn, n_genes=n_genes)
    kind, where = (table.obs[each].astype(str).to_numpy() for each in (kinds, context))
    other = partners(kind, rng)
    counts = sparse.csr_matrix(drawn.X)
    both = counts + counts[other]
    genes = drawn.var_names.get_indexer(table.var_names)
    mixed = np.log1p(both[:, genes].toarray() / both.sum(1) * 1e4)
    columns = table.X.toarray()
    crossing = pd.DataFrame({name: where == name for name in np.unique(where)[1:]})
    tokens = as_tokens(
        columns, columns, columns[other], np.asarray(mixed, columns.dtype), kind, crossing, n
    )
    drawn = log_normalise(drawn)
    drawn.var["used"] = drawn.var_names.isin(table.var_names)
    return tokens, drawn


def response_trials(tokens, drawn, listed):
    """Choose in half of the kinds; what a vector does to listed genes in the others.

    The genes are those of the list that are not among the columns; their mean level is read from
    the coordinates of the other kinds by least squares.

    Parameters
    ----------
    tokens, drawn
        From :func:`cell_tokens`.
    listed : iterable of str
        Genes, as in ``drawn.var_names``.

    Returns
    -------
    list of (chosen, effect)
        Both halves in turn: bool, which cells to choose on; and a function from vectors in the
        coordinates of ``tokens`` to the change of the mean log-normalised level.

    Raises
    ------
    ValueError
        If no gene of the list is left, or there is one kind.
    """
    unseen = drawn.var_names.isin(list(listed)) & ~drawn.var["used"].to_numpy()
    names = np.unique(tokens.kind)
    if not unseen.any() or len(names) < 2:
        raise ValueError("There must be two kinds, and listed genes outside the table.")
    level = np.asarray(drawn.X[:, unseen].mean(1)).ravel()
    first, trials = np.isin(tokens.kind, names[::2]), []
    for chosen in (first, ~first):
        x = np.c_[tokens.x[~chosen], np.ones(np.sum(~chosen))]
        slope = np.linalg.lstsq(x, level[~chosen])[0][:-1]
        trials.append((chosen, lambda added, slope=slope: np.asarray(added) @ slope))
    return trials
