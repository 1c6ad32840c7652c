"""Representations learnt on other data than those of the task, frozen, and the task's own."""

import functools

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer

from celltoken.data.corpus import documents, vocabulary
from celltoken.data.lexicons import noun_classes
from celltoken.data.protein_types import lineage_by_protein
from celltoken.data.proteins import surface_proteins
from celltoken.data.recipes import log_normalise, principal_components
from celltoken.data.spaces import orthologs
from celltoken.data.store import DataError, load
from celltoken.methods.cooccurrence import cooccurrences, ppmi, svd_embedding

COMMON, CONTEXTS = 5000, 1500  # words of a corpus, words beside which they are counted
FEWEST, LEFT = 24, 12  # nouns a class, nouns a class in a random half


@functools.cache
def _texts(name):
    return documents(name).tokens


# -- words -----------------------------------------------------------------------------------------


@functools.cache
def corpus_space(name, dimension=100):
    """The common words of a corpus in its own counts: PPMI rows, and their main directions.

    Returns
    -------
    names : pandas.Index of str
        At most 5,000 words, the commonest first.
    rows : scipy.sparse.csr_matrix, shape (words, 1,500 contexts)
    vectors : numpy.ndarray, shape (words, dimension)
    """
    texts = _texts(name)
    names = vocabulary(texts, COMMON)
    rows = ppmi(cooccurrences(texts, names)[:, :CONTEXTS])
    return pd.Index(names), sparse.csr_matrix(rows), svd_embedding(rows, dimension)


def known_nouns(name, other, vectors):
    """Nouns of WordNet's classes that two corpora and a table of vectors know, as a table.

    Returns
    -------
    pandas.DataFrame
        Index: the word. Column ``label``: its class; classes of fewer than 24 such words are left
        out.

    Raises
    ------
    DataError
        If fewer than two classes remain.
    """
    known = corpus_space(name)[0].intersection(corpus_space(other)[0], sort=False)
    known = known.intersection(load(vectors).obs_names, sort=False)
    label = noun_classes(known, FEWEST)
    if label.nunique() < 2:
        raise DataError(f"{name} and {other} share too few nouns that WordNet has a class for.")
    return pd.DataFrame({"label": label.to_numpy(str)}, index=label.index.to_numpy(str))


def noun_representations(nouns, name, other, vectors, rng):
    """Nouns as rows of tables: frozen ones, and those that the corpus itself yields.

    Parameters
    ----------
    nouns : pandas.DataFrame
        As :func:`known_nouns` gives it, or some of its rows; classes with fewer than 12 are left
        out.
    name, other, vectors : str
        The corpus of the task, another one of its size, word vectors learnt elsewhere.
    rng : numpy.random.Generator

    Returns
    -------
    dict
        ``label``, and arrays of one row a noun by name of the representation.
    """
    nouns = nouns[nouns.label.map(nouns.label.value_counts()) >= LEFT]
    names, rows, own = corpus_space(name)
    small_names, _, small = corpus_space(other)
    table = load(vectors)
    frozen = np.asarray(table.X, float)[table.obs_names.get_indexer(nouns.index)]
    at = names.get_indexer(nouns.index)
    counts = rows[at].toarray()
    spelt = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4))
    return {
        "label": nouns.label.to_numpy(str),
        "frozen": frozen,
        "permuted": frozen[rng.permutation(len(frozen))],
        "small pretraining": small[small_names.get_indexer(nouns.index)],
        "own counts": counts,
        "own components": own[at],
        "random projection": counts @ rng.normal(size=(counts.shape[1], own.shape[1])),
        "surface": spelt.fit_transform(nouns.index).toarray(),
    }


def dated(name, eras=3):
    """Documents of a corpus, labelled by the third of it that they come from.

    Parameters
    ----------
    name : str
        A corpus whose documents stand in order of time.
    eras : int
        Parts of about equally many words.

    Returns
    -------
    pandas.DataFrame
        Columns ``tokens`` and ``label``, one row a document.
    """
    texts = _texts(name)
    size = texts.map(len)
    era = ((size.cumsum() - size / 2) * eras // size.sum()).clip(0, eras - 1).astype(int)
    return pd.DataFrame({"tokens": texts, "label": [f"part {part + 1}" for part in era]})


def passage_representations(texts, other, vectors, rng, length=60, dimension=50):
    """One passage of each document as rows of tables: means of frozen vectors, and their own words.

    Parameters
    ----------
    texts : pandas.DataFrame
        Columns ``tokens`` and ``label``, as :func:`dated` gives them. Documents that are too short
        are left out.
    other, vectors : str
        A corpus of the task's size to learn vectors on, and vectors learnt elsewhere.
    rng : numpy.random.Generator
        Draws where a passage begins.
    length, dimension : int
        Words a passage; own components.

    Returns
    -------
    dict
        As :func:`noun_representations`.
    """
    passages = texts[texts.tokens.map(len) >= length].copy()
    starts = rng.integers(passages.tokens.map(len) - length + 1)
    passages["tokens"] = [
        words[start : start + length] for words, start in zip(passages.tokens, starts, strict=True)
    ]
    table = load(vectors)
    frozen = np.asarray(table.X, float)
    small_names, _, small = corpus_space(other)
    words = TfidfVectorizer(analyzer=list, sublinear_tf=True)
    counts = words.fit_transform(passages.tokens)
    seen = pd.Index(words.get_feature_names_out())

    def mean(names, x):
        place = names.get_indexer(seen)
        picked = sparse.csr_matrix(
            (np.ones((place >= 0).sum()), (np.flatnonzero(place >= 0), place[place >= 0])),
            (len(seen), len(names)),
        )
        times = (counts > 0).astype(float) @ picked
        return (times @ x) / np.maximum(np.asarray(times.sum(1)), 1)

    text = [" ".join(each) for each in passages.tokens]
    spelt = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=3, sublinear_tf=True)
    dense = counts.toarray()
    return {
        "label": passages.label.to_numpy(str),
        "frozen": mean(table.obs_names, frozen),
        "permuted": mean(table.obs_names, frozen[rng.permutation(len(frozen))]),
        "small pretraining": mean(small_names, small),
        "own counts": dense,
        "own components": principal_components(dense, dimension),
        "random projection": dense @ rng.normal(size=(dense.shape[1], dimension)),
        "surface": spelt.fit_transform(text).toarray(),
    }


# -- cells -----------------------------------------------------------------------------------------


def frozen_components(source, n=50, genes=2000):
    """Principal components of one study, as a recipe for the cells of another.

    Parameters
    ----------
    source : anndata.AnnData of counts, shape (cells, genes)
    n, genes : int
        Components; highly variable genes of the source that they are made of.

    Returns
    -------
    names : pandas.Index of str, length genes
    mean : numpy.ndarray, length genes
        Of the source's logarithms.
    axes : numpy.ndarray, shape (genes, n)
    """
    table = log_normalise(source, genes)
    x = table.X.toarray().astype(float)
    fit = PCA(min(n, *(side - 1 for side in x.shape)), svd_solver="arpack", random_state=0).fit(x)
    return table.var_names, fit.mean_, fit.components_.T


def project(cells, frozen):
    """Cells of any study in frozen components: array, shape (cells, components)."""
    names, mean, axes = frozen
    x = log_normalise(cells)[:, names].X
    return (x.toarray() if sparse.issparse(x) else np.asarray(x)) @ axes - mean @ axes


def with_label(atlas, column, fewest=16):
    """Cells that have a label, with it in ``obs["label"]``.

    Parameters
    ----------
    atlas : anndata.AnnData
    column : str
        Of ``obs``. Or ``"lineage by protein"``: the strongest of four surface proteins. Or
        ``"helper or killer by protein"``: of T cells by protein, CD4 or CD8a, whichever is higher
        among them.
    fewest : int
        Leave out labels with fewer cells.

    Raises
    ------
    DataError
        If fewer than two labels remain.
    """
    if column == "lineage by protein":
        label = lineage_by_protein(atlas)
    elif column == "helper or killer by protein":
        atlas = atlas[lineage_by_protein(atlas) == "T"]
        level = surface_proteins(atlas)[["CD4", "CD8a"]]
        sample = level.groupby(atlas.obs["batch"].to_numpy())
        level = (level - sample.transform("mean")) / sample.transform("std")
        label = level.idxmax(axis=1).map({"CD4": "helper", "CD8a": "killer"}).to_numpy(str)
    else:
        label = atlas.obs[column].astype(str).to_numpy()
    atlas = atlas.copy()
    atlas.obs["label"] = label
    size = atlas.obs["label"].map(atlas.obs["label"].value_counts()).astype(int)
    atlas = atlas[(size >= fewest).to_numpy()].copy()
    if atlas.obs["label"].nunique() < 2:
        raise DataError(f"{column} has fewer than two labels of {fewest} cells.")
    return atlas


def cell_representations(atlas, source, rng, n=50, most=400):
    """Cells as rows of tables: components of another study, and those that they yield themselves.

    Parameters
    ----------
    atlas : anndata.AnnData of counts
        With ``obs["label"]``; of more than ``most`` cells some are drawn, labels in equal numbers
        as far as they go.
    source : str
        Cells of another study or species, by name or path. Their labels are not used.
    rng : numpy.random.Generator
    n, most : int
        Components, cells.

    Returns
    -------
    dict
        As :func:`noun_representations`.

    Raises
    ------
    DataError
        If the two share fewer than 100 genes.
    """
    order = atlas.obs.iloc[rng.permutation(atlas.n_obs)]
    turn = order.groupby("label", observed=True).cumcount().sort_values(kind="stable")
    cells = atlas[turn.index[:most]].copy()
    cells.var["place"] = np.arange(cells.n_vars)
    key = source, n, tuple(cells.var_names)
    if key not in _learnt:
        shared, elsewhere = orthologs(cells, load(source))
        _learnt[key] = shared.var["place"].to_numpy(), elsewhere, frozen_components(elsewhere, n)
    places, elsewhere, (names, mean, axes) = _learnt[key]
    shared = cells[:, places].copy()
    shared.var_names = elsewhere.var_names
    few = elsewhere[rng.permutation(elsewhere.n_obs)[: cells.n_obs]].copy()
    own = log_normalise(cells, 2000)
    counts = own.X.toarray().astype(float)
    total = np.asarray(cells.X.sum(1)).ravel()
    seen = np.asarray((cells.X > 0).sum(1)).ravel()
    width = min(n, *(side - 1 for side in counts.shape))
    return {
        "label": cells.obs["label"].to_numpy(str),
        "frozen": project(shared, (names, mean, axes)),
        "permuted": project(shared, (names, mean, axes[rng.permutation(len(axes))])),
        "small pretraining": project(shared, frozen_components(few, n)),
        "own counts": counts,
        "own components": principal_components(own, width),
        "random projection": counts @ rng.normal(size=(counts.shape[1], width)),
        "surface": np.log(np.c_[total, seen]),
    }


_learnt = {}  # by source, width and genes: shared genes, cells elsewhere, their components
