"""Texts cut into runs or pieces, and the genes of a cell in the order of their ranks."""

import anndata
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse

from celltoken.data.corpus import vocabulary
from celltoken.data.store import DataError


def runs_of_words(texts, rng, most=1500, length=60, each=8):
    """Runs of the commonest words of a text, in their order; other words are left out.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``, as :func:`celltoken.data.corpus.documents` gives it.
    rng : numpy.random.Generator
    most, length, each : int
        Different words; words of a run; runs of a text.

    Returns
    -------
    sequences : numpy.ndarray of int, shape (runs, length)
    group : numpy.ndarray of int, length runs
        Number of the text.
    """
    row = {word: i for i, word in enumerate(vocabulary(texts.tokens, most))}
    runs, group = [], []
    for number, tokens in enumerate(texts.tokens):
        known = [row[word] for word in tokens if word in row]
        cut = [known[i : i + length] for i in range(0, len(known) - length + 1, length)]
        for i in rng.permutation(len(cut))[:each]:
            runs.append(cut[i])
            group.append(number)
    return np.array(runs), np.array(group)


def genes_by_rank(cells, rng, most=300, length=60, relative=True, jitter=True):
    """The highest genes of each cell, the highest first: a cell as a sentence.

    Parameters
    ----------
    cells : anndata.AnnData, shape (cells, genes)
        Raw counts. Cells with fewer genes than ``length`` are left out.
    rng : numpy.random.Generator
        Ties are in random order.
    most, length : int
        The genes of highest mean share that are ranked; genes of a sentence.
    relative : bool
        Divide a gene's share by its median in the cells in which it is found, so that genes that
        are high in all cells do not always come first.
    jitter : bool
        Add a random number between -0.5 and 0.5 to every count that is not 0. Else whole counts
        over fixed medians lie on a grid, whose steps recur in every cell, and a reader takes this
        arithmetic for an order. An order as fine as the grid is wiped out as well.

    Returns
    -------
    sequences : numpy.ndarray of int, shape (cells kept, length)
    group : numpy.ndarray of int, length cells kept

    References
    ----------
    Theodoris et al. (2023), doi:10.1038/s41586-023-06139-9, who divide by the median of a large
    collection of cells; Levine et al. (2024) for ranks of expression as a sentence.
    """
    table = cells.X.toarray() if sparse.issparse(cells.X) else np.asarray(cells.X)
    total = table.sum(1, keepdims=True)
    table = table[:, np.argsort(-(table / total).mean(0), kind="stable")[:most]]
    share = table / total
    usual = [np.median(column[column > 0]) for column in share.T] if relative else 1
    if jitter:
        share = np.where(table > 0, table + rng.uniform(-0.5, 0.5, table.shape), 0) / total
    share = share / np.array(usual)
    enough = (share > 0).sum(1) >= length
    mixed = rng.permuted(np.tile(np.arange(share.shape[1]), (len(share), 1)), axis=1)
    order = np.argsort(-np.take_along_axis(share, mixed, 1), axis=1, kind="stable")
    ranked = np.take_along_axis(mixed, order[:, :length], 1)
    return ranked[enough], np.flatnonzero(enough)


def with_library(cells, column="library"):
    """The cells with a column that names the library of each, if need be from its name.

    Baron's cells are named like ``human1_lib2.final_cell_0001``: donor, library, cell. The column
    ``cell`` gets the name of each cell.

    Raises
    ------
    celltoken.data.DataError
        If there is no such column and names do not tell.
    """
    cells = cells.copy()
    cells.obs["cell"] = cells.obs_names
    if column not in cells.obs:
        named = cells.obs_names.str.extract(r"^(.*lib\d+)", expand=False)
        if named.isna().any():
            raise DataError(f"obs has no column {column!r}, and names of cells tell no library.")
        cells.obs[column] = named.to_numpy()
    return cells


def of_equal_length(cells, molecules, rng):
    """The cells that have so many molecules, thinned to just as many; whole numbers.

    Parameters
    ----------
    cells : anndata.AnnData, shape (cells, genes)
        Raw counts.
    molecules : int
    rng : numpy.random.Generator
    """
    total = np.asarray(cells.X.sum(1)).ravel()
    kept = cells[total >= molecules].copy()
    sc.pp.downsample_counts(kept, counts_per_cell=molecules, random_state=int(rng.integers(2**31)))
    return kept


def joined(texts, column=""):
    """Texts with a column ``text``, which names each; those of one value of ``column`` are joined.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``. Where there is no ``year``, the number of the text stands for it.
    column : str
        Such as ``"title"``, so that chapters are joined to novels; empty: texts as they are, with
        a column ``part`` of eight texts in a row, for those whose author is not known.
    """
    number = np.arange(len(texts))
    if not column:
        texts = texts.assign(text=[f"text {i}" for i in number], part=(number // 8).astype(str))
        return texts if "year" in texts else texts.assign(year=number)
    parts = texts.groupby(column, sort=False).tokens
    whole = pd.DataFrame({"tokens": parts.agg(lambda some: [w for part in some for w in part])})
    return whole.rename_axis("text").reset_index()


def pieces(texts, size=200, most=3000, longest=50, fewest=10):
    """Texts cut into pieces of equal length, as counts of words.

    Parameters
    ----------
    texts : pandas.DataFrame
        Columns ``tokens`` and ``text``, a name for each (:func:`joined`).
    size : int
        Words of a piece, in running text; those not among the ``most`` commonest are not counted.
    most : int
        The commonest words, which are the columns.
    longest, fewest : int
        Pieces of a text: of longer texts the beginning, shorter texts not at all.

    Returns
    -------
    anndata.AnnData, shape (pieces, words)
        ``obs``: the other columns of ``texts``, and ``at`` (the number of the piece in its text).
        ``obsm["at"]``: the same, as a place in a plane.
    """
    words = vocabulary(texts.tokens, most)
    row = {word: i for i, word in enumerate(words)}
    counts, number, at = [], [], []
    for text, tokens in enumerate(texts.tokens):
        whole = min(len(tokens) // size, longest)
        for piece in range(whole if whole >= fewest else 0):
            known = [row[w] for w in tokens[piece * size : (piece + 1) * size] if w in row]
            counts.append(np.bincount(known, minlength=len(words)))
            number.append(text)
            at.append(piece)
    if not counts:
        raise ValueError(f"no text has {fewest} pieces of {size} words: make pieces shorter.")
    obs = texts.drop(columns="tokens").iloc[number].reset_index(drop=True)
    obs["at"] = at
    obs.index = [f"{text}, piece {piece}" for text, piece in zip(obs["text"], at, strict=True)]
    x = sparse.csr_matrix(np.array(counts, dtype=np.float32))
    table = anndata.AnnData(x, obs=obs, var=pd.DataFrame(index=words))
    table.obsm["at"] = np.column_stack([at, np.zeros(len(at))])
    return table
