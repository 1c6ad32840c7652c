"""A poor table read along axes of its own or of a rich one: rare languages, small sets of cells.

Both sides have the same form. Rows are tokens over columns that poor and rich share: words over
verses, cells over orthologous genes. Axes give every column coordinates; a token's place is its row
times the axes.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

from celltoken.data import verses
from celltoken.data.recipes import log_normalise
from celltoken.data.spaces import orthologs
from celltoken.data.store import DataError
from celltoken.methods.alignment import centred_rows, csls, ranks
from celltoken.methods.cooccurrence import ppmi, svd_embedding
from celltoken.methods.neighbours import neighbours, similarity

WORDS, DIMENSION = 800, 50


def word_vectors(x, dimension=DIMENSION):
    """Words by PPMI and SVD of their co-occurrences in verses; ``x``: CSR, words x verses."""
    together = sparse.csr_matrix(x @ x.T)
    together.setdiag(0)
    together.eliminate_zeros()
    return svd_embedding(ppmi(together), dimension)


def verse_axes(x, vectors):
    """Coordinates of verses: the mean vector of the words in each, as centred rows."""
    return centred_rows(normalize(x.T.tocsr(), "l1") @ vectors)


def dealt(chapters, rng, few):
    """Columns of a judge's half, of ``few`` chapters of the rest, of twice as many, of the rest."""
    order = rng.permutation(len(chapters))
    half = len(order) // 2
    if half < few + 20:
        raise DataError(f"{len(order)} chapters are too few for {few} of one language.")
    parts = order[:half], order[half : half + few], order[half : half + 2 * few], order[half:]
    return [np.concatenate([chapters.verses.iloc[i] for i in part]) for part in parts]


def poor_language(chapters, rng, languages="tl, en", few=60, nearest=10):
    """A language of which few chapters are read, and one of which all are.

    Parameters
    ----------
    chapters : pandas.DataFrame
        As :func:`celltoken.data.spaces.chapters` gives them. Half of them judge and are read by
        nobody else, neither in the poor language nor in the rich one.
    languages : str
        The poor one, the rich one.
    few : int
        Chapters of the poor language.

    Returns
    -------
    dict
        ``rows``: words (in three or more of the few chapters' verses) x verses, sums one;
        ``own``, ``twice``, ``rich``: axes by word vectors of the few chapters, of twice as many, or
        of the rich language; ``counts``: the few chapters' PPMI; ``right``: bool, words x words,
        whether one is among the nearest of the other in the judge's half; ``k``, ``weight``: how
        many are asked for, how much a word counts.
    """
    poor, rich = (verses.load(each.strip(), WORDS).X for each in languages.split(","))
    judge, small, double, rest = dealt(chapters, rng, few)
    x, known = poor[:, small], np.asarray(poor[:, small].sum(1)).ravel() >= 3
    place = centred_rows(word_vectors(poor[:, judge], 2 * DIMENSION))[known]
    right = np.zeros((known.sum(), known.sum()), bool)
    np.put_along_axis(right, neighbours(place, nearest), True, 1)
    together = sparse.csr_matrix(x @ x.T)
    together.setdiag(0)
    return {
        "rows": normalize(x, "l1")[known],
        "own": verse_axes(x, word_vectors(x)),
        "twice": verse_axes(x, word_vectors(poor[:, double])),
        "rich": verse_axes(rich[:, small], word_vectors(rich[:, rest])),
        "counts": ppmi(together)[known],
        "right": right,
        "k": np.full(known.sum(), nearest),
        "weight": np.ones(known.sum()),
    }


def main_axes(x, dimension):
    """Axes of largest variance, shape (columns, dimension), by an exact SVD of centred rows."""
    return np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:dimension].T


def _variances(x, at_once=500):
    """Variances of the columns of a sparse matrix, a few at a time: all of it would be large."""
    x, starts = x.tocsc(), range(0, x.shape[1], at_once)
    return np.concatenate([x[:, i : i + at_once].toarray().astype(float).var(0) for i in starts])


def poor_cells(
    poor, rich, labels, rng, few=150, draws=6, genes=1500, dimension=20, rare=(3, 15)
):  # fmt: skip
    """Draws of few cells of one study or species, and axes of them or of another.

    Parameters
    ----------
    poor, rich : anndata.AnnData
        Columns are paired by :func:`celltoken.data.spaces.orthologs`; ``genes``: how many are kept,
        the most variable where they vary less.
    labels : str
        Column of ``poor.obs``.
    few, draws : int
        Cells a draw; draws.
    rare : tuple of two int
        Types with so many cells in the draw are asked about; each type counts alike.

    Returns
    -------
    list of dict
        As :func:`poor_language`. ``right``: whether two cells have one type; at most five
        neighbours are asked for.
    """
    poor, rich = orthologs(poor, rich)
    if poor.n_obs < 2 * few:
        raise DataError(f"{poor.n_obs} cells are too few to draw {few} of them and twice as many.")
    levels, other = (log_normalise(each).X for each in (poor, rich))
    varied = np.minimum(_variances(levels), _variances(other))
    kept = np.argsort(-varied, kind="stable")[:genes]
    levels, other = (x[:, kept].toarray().astype(float) for x in (levels, other))
    kind = poor.obs[labels].astype(str).to_numpy()
    theirs = main_axes(other, dimension)
    tables = []
    for _ in range(draws):
        order = rng.permutation(len(levels))
        x, label = levels[order[:few]], kind[order[:few]]
        size = pd.Series(label).map(pd.Series(label).value_counts()).to_numpy()
        asked = (size >= rare[0]) & (size <= rare[1])
        if not asked.any():
            continue
        rows = x - x.mean(0)
        tables.append({
            "rows": rows,
            "own": main_axes(x, dimension),
            "twice": main_axes(levels[order[: 2 * few]], dimension),
            "rich": theirs,
            "counts": rows,
            "right": label[:, None] == label,
            "k": np.minimum(5, size - 1),
            "weight": np.where(asked, 1 / size, 0),
            "label": label,
        })  # fmt: skip
    if not tables:
        raise DataError(f"No draw of {few} cells has a type of {rare[0]} to {rare[1]} cells.")
    return tables


def share_right(x, table):
    """Share of each token's nearest (by cosine) that are right, weighted.

    Parameters
    ----------
    x : array or sparse matrix, shape (tokens, dimensions)
    table : dict
        ``right``, ``k`` and ``weight`` as :func:`poor_language` gives them.
    """
    asked = np.flatnonzero(table["weight"])
    close = np.asarray(similarity(x, x))
    np.fill_diagonal(close, -np.inf)
    order = np.argsort(-close[asked], axis=1, kind="stable")
    good = [
        table["right"][row, near[: table["k"][row]]].mean()
        for row, near in zip(asked, order, strict=True)
    ]
    return float(np.average(good, weights=table["weight"][asked]))


# -- a new language or species in a frozen space ---------------------------------------------------


def new_language(chapters, rng, languages="fr, en", few=60):
    """Words of a new language through axes frozen on another, judged by a dictionary.

    Parameters
    ----------
    chapters : pandas.DataFrame
    languages : str
        The new one, which has a dictionary, and English.
    few : int
        Chapters in which both are read; the axes are made from English in all other chapters.

    Returns
    -------
    dict
        ``new``, ``old``: words x verses of the few chapters, sums one; ``axes``; ``raw``, ``raw
        old``: PPMI of the same; ``judge``: from a table of nearness, new x old, to the share of
        words with a translation among the ten nearest.
    """
    names = [each.strip() for each in languages.split(",")]
    mine, english = (verses.load(each, 2 * WORDS) for each in names)
    _, small, _, rest = dealt(chapters, rng, few)
    rest = np.setdiff1d(np.concatenate(chapters.verses.to_list()), small)
    x, y = mine.X[:, small], english.X[:, small]
    pairs = verses.translations(names[0], english.obs_names, mine.obs_names)
    answers = {}
    for word, translation in pairs[pairs.en != pairs.other].to_numpy():
        row = mine.obs_names.get_loc(translation)
        if x[row].nnz >= 3:
            answers.setdefault(row, []).append(english.obs_names.get_loc(word))
    return {
        "new": normalize(x, "l1"),
        "old": normalize(y, "l1"),
        "axes": verse_axes(y, word_vectors(english.X[:, rest])),
        "raw": ppmi(x).toarray(),
        "raw old": ppmi(y).toarray(),
        "judge": lambda close: float((ranks(close, answers) < 10).mean()),
    }


def new_species(old, new, labels, rng, genes=1500, dimension=20, k=10):
    """Cells of a new species through axes frozen on another, judged by their types.

    Returns
    -------
    dict
        As :func:`new_language`; ``judge`` gives the mean over types of the share of new cells whose
        ``k`` nearest old cells are for the most part of their type. Types that the old species
        lacks are not asked about.
    """
    old, new = orthologs(old, new)
    x, y = (log_normalise(each).X for each in (new, old))
    kept = np.argsort(-_variances(y), kind="stable")[:genes]
    x, y = (each[:, kept].toarray().astype(float) for each in (x, y))
    mine, theirs = (each.obs[labels].astype(str).to_numpy() for each in (new, old))
    asked = np.isin(mine, theirs)
    if not asked.any():
        raise DataError(f"No type in {labels!r} is in both: nothing can be asked.")
    names, code = np.unique(theirs, return_inverse=True)

    def judge(close):
        near = code[np.argpartition(-close, k - 1, axis=1)[:, :k]]
        votes = np.stack([(near == each).sum(1) for each in range(len(names))], 1)
        right = names[votes.argmax(1)] == mine
        return float(pd.Series(right[asked]).groupby(mine[asked]).mean().mean())

    axes = main_axes(y, dimension)
    return {"new": x, "old": y, "axes": axes, "raw": x, "raw old": y, "judge": judge}


def nearness(new, old):
    """Cosines of new with old tokens, each less the mean of its own group; corrected for hubs."""
    new, old = (np.asarray(each, float) for each in (new, old))
    return csls(new - new.mean(0), old - old.mean(0))
