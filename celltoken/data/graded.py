"""Tables with a task: tokens along the main directions of a table, and what they are to tell.

Words and cells become one shape, so that a method can ask of either how many directions a task
needs: labels of tokens, or judgements about pairs of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from celltoken.data import store
from celltoken.data.corpus import documents, vocabulary
from celltoken.data.lexicons import noun_classes, word_pairs
from celltoken.data.recipes import log_normalise, principal_components
from celltoken.methods import dimension
from celltoken.methods.cooccurrence import cooccurrences, ppmi

MOST = 90  # main directions
GRID = np.array([1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 90])  # half doublings
PARTS = {
    "whole": lambda late: late | ~late,
    "early": lambda late: ~late,
    "late": lambda late: late,
}


@dataclass(frozen=True)
class Graded:
    """A table and one task.

    ``name``: of the table. ``task``: what kind of task it is. ``x``: array, shape (tokens,
    directions), the strongest first. ``labels``: one for each of ``rows``; or ``pairs``: a table
    of ``first``, ``second`` (rows of ``x``) and ``score``. The other is None.
    """

    name: str
    task: str
    x: np.ndarray
    rows: np.ndarray | None = None
    labels: np.ndarray | None = None
    pairs: pd.DataFrame | None = None


def word_tasks(names) -> Iterator[Graded]:
    """Embeddings of words, each with WordNet's classes of nouns, WordSim-353 and SimLex-999.

    Parameters
    ----------
    names : str
        Between commas. A corpus with ``early``, ``late`` (halves by time) or ``whole`` (words
        beside 1,500 common words), or ``by document`` (words by the documents they occur in). Or a
        data set with words as rows, of counts or of vectors.
    """
    texts = {}
    for name in names.split(","):
        words, x = _word_table(name.strip(), texts)
        row = pd.Index(words)
        kind = noun_classes(words)
        rows = row.get_indexer(kind.index)
        yield Graded(name.strip(), "kind", x, rows=rows, labels=kind.to_numpy(str))
        for judged in ("wordsim353", "simlex999"):
            pairs = word_pairs(judged, words)
            ends = {"first": row.get_indexer(pairs.a), "second": row.get_indexer(pairs.b)}
            pairs = pd.DataFrame({**ends, "score": pairs.score})
            yield Graded(name.strip(), judged, x, pairs=pairs)


def cell_tasks(names, rng, most=600) -> Iterator[Graded]:
    """Tables of cells, each with a column that tells what a cell is.

    Parameters
    ----------
    names : str
        Between commas: kind of the task, data set and column, such as ``"kind pbmc3k cell_type"``.
        A column of many numbers is cut into eight classes of equal size.
    rng : numpy.random.Generator
    most : int
        Cells drawn of each table.
    """
    tables = {}
    for each in names.split(","):
        task, name, column = each.split()
        if name not in tables:
            tables[name] = _cell_table(name, rng, most)
        known, x = tables[name]
        labels = known[column]
        if pd.api.types.is_numeric_dtype(labels) and labels.nunique() > 20:
            labels = pd.qcut(labels, 8, labels=False)
        labels = labels.astype(str).to_numpy()
        yield Graded(name, task, x, rows=np.arange(len(x)), labels=labels)


def plateaus(given, rng):
    """Plateau of each task, and the dimensions of its table.

    Parameters
    ----------
    given : iterable of Graded
    rng : numpy.random.Generator

    Returns
    -------
    pandas.DataFrame
        One row for each task that is solved: best recall more than a tenth of the way from guessing
        to certainty, or best correlation above two standard errors of none. Columns ``table``,
        ``task``; ``plateau``, on ``GRID``; ``intrinsic`` and ``linear`` dimension (TwoNN;
        participation ratio) of at most 600 tokens.
    """
    rows = []
    for each in given:
        grid = GRID[each.x.shape[1] >= GRID]
        if each.pairs is None:
            curve = dimension.recall_by_dimension(each.x[each.rows], each.labels, grid)
            guessing = 1 / len(np.unique(each.labels))
            floor = guessing + 0.1 * (1 - guessing)
        else:
            ends = (each.pairs[name] for name in ("first", "second", "score"))
            curve = dimension.agreement_by_dimension(each.x, *ends, grid)
            floor = 2 / np.sqrt(len(each.pairs))
        if curve.max() <= floor:
            continue
        some = each.x[rng.permutation(len(each.x))[:600]]
        found = {
            "plateau": dimension.plateau(grid, curve),
            "intrinsic": dimension.intrinsic_dimension(some),
            "linear": dimension.participation_ratio(some),
        }
        rows.append({"table": each.name, "task": each.task, **found})
    return pd.DataFrame(rows)


def word_counts(texts, rng, tokens=800, most=1000):
    """Common words beside 2,000 common words, thinned to equal totals.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``, as :func:`celltoken.data.corpus.documents` gives it.
    rng, tokens, most
        As :func:`celltoken.methods.dimension.equal_totals` takes them; of the 2,500 commonest.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (words, contexts)
    """
    words = vocabulary(texts.tokens, size=2500)
    counts = cooccurrences(texts.tokens, words, window=5)[:, :2000]
    return dimension.equal_totals(counts, tokens, rng, most)[0]


def cell_counts(atlas, rng, tokens=800, most=1000):
    """Cells in 2,000 highly variable genes, thinned to equal totals in these.

    Parameters
    ----------
    atlas : anndata.AnnData, shape (cells, genes)
    rng, tokens, most
        As :func:`celltoken.methods.dimension.equal_totals` takes them.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (cells, genes)
    """
    counts = log_normalise(atlas, n_genes=2000).layers["counts"]
    return dimension.equal_totals(counts, tokens, rng, most)[0]


def logarithms(counts):
    """Log-normalised counts (:func:`celltoken.data.recipes.log_normalise`) as a dense array."""
    return log_normalise(counts).X.toarray().astype(float)


def _word_table(name, read, size=4000):
    corpus, _, part = name.partition(" ")
    if not part:
        table = store.load(corpus)[:size]
        words, x = list(table.obs_names), table.X
        x = ppmi(x) if _counts(x) else x
    else:
        if corpus not in read:
            read[corpus] = documents(corpus).tokens
        texts = read[corpus]
        if part in PARTS:
            end = texts.map(len).cumsum().to_numpy()
            texts = texts[PARTS[part](end > end[-1] / 2)]
        words = vocabulary(texts, size=size)
        if part == "by document":
            x = CountVectorizer(analyzer=list, vocabulary=words).fit_transform(texts).T
        elif part in PARTS:
            x = cooccurrences(texts, words, window=5)[:, :1500]
        else:
            raise store.DataError(f"{name!r}: say early, late, whole or by document of a corpus.")
        x = ppmi(sparse.csr_matrix(x))
    return words, _directions(x)


def _cell_table(name, rng, most):
    table = store.load(name)
    table = table[np.sort(rng.permutation(table.n_obs)[:most])].copy()
    x = log_normalise(table, n_genes=2000) if _counts(table.X) else table.X
    return table.obs, _directions(x)


def _directions(x):
    return principal_components(x, min(MOST, min(x.shape) - 1))


def _counts(x):
    values = x.data if sparse.issparse(x) else np.asarray(x)
    return values.min() >= 0 and bool(np.all(values == np.rint(values)))
