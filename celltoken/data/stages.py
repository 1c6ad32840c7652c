"""Tokens in stages: words from many senses to few, cells from a start onwards."""

import anndata
import numpy as np
import pandas as pd
import scanpy as sc

from celltoken.data.corpus import vocabulary
from celltoken.data.lexicons import sense_counts, wordnet
from celltoken.data.recipes import log_normalise, principal_components
from celltoken.methods.cooccurrence import cooccurrences
from celltoken.methods.downsampling import split
from celltoken.methods.stages import ranked_in_strata
from celltoken.methods.trajectory import central

PARTS_OF_SPEECH = ["noun", "verb", "adjective", "adverb"]


def words_by_senses(texts, rng, parts=5, size=6000, skip=150):
    """Counts of words beside common words, and stages from many senses to few.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``.
    rng : numpy.random.Generator
    parts : int
        Stages.
    size, skip : int
        Of the commonest words so many, without the first.

    Returns
    -------
    counts : scipy.sparse.csr_matrix, shape (words, contexts)
        Within five places; contexts are the 1,500 commonest words.
    stage : numpy.ndarray of int
        0: most senses in WordNet, among words of the same part of speech (the one that tagged
        texts use most) and of about the same frequency.
    words : numpy.ndarray of str
    """
    vocab = vocabulary(texts.tokens, size=size)
    senses = sense_counts(vocab[skip:])
    rows = pd.Index(vocab).get_indexer(senses.index)
    counts = cooccurrences(texts.tokens, vocab, window=5)[rows][:, :1500]
    known = wordnet()
    stems = [word if word in known.index else _stem(word, known) for word in senses.index]
    spoken = known.loc[stems, PARTS_OF_SPEECH].to_numpy().argmax(1)
    total = np.asarray(counts.sum(1)).ravel()
    band = np.minimum(pd.Series(total).rank(pct=True).to_numpy() * 10, 9.5).astype(int)
    stage = ranked_in_strata(senses.senses, 10 * spoken + band, parts, rng)
    return counts, stage, np.array(senses.index, str)


def _stem(word, known):
    from celltoken.data.lexicons import PLURALS

    stems = [word.removesuffix(end) + new for end, new in PLURALS if word.endswith(end)]
    return next(form for form in stems if form in known.index)


def cells_by_time(atlas, column, start, rng):
    """Cells with a pseudotime from one half of their molecules; the other half is kept as counts.

    So what is measured in the counts cannot be noise that has ordered the cells.

    Parameters
    ----------
    atlas : anndata.AnnData, shape (cells, genes)
        Raw counts.
    column, start : str
        The walk begins at the cell that lies nearest to the mean of those whose ``column`` says
        ``start``.
    rng : numpy.random.Generator

    Returns
    -------
    anndata.AnnData
        ``X`` is the second half of the counts; ``obs["time"]`` runs from 0 to 1.

    Raises
    ------
    ValueError
        If no cell is called so.
    """
    first, second = split(atlas.X, rng)
    named = atlas.obs[column].astype(str).to_numpy() == str(start)
    if not named.any():
        raise ValueError(f"no cell is called {start!r} in {column!r}.")
    x = principal_components(log_normalise(first, 2000), 30)
    kept = atlas.copy()
    kept.X = second
    kept.obs["time"] = _pseudotime(x, central(x, named))
    return kept


def _pseudotime(x, start):
    """Scanpy's, on the Gaussian kernel that diffusion pseudotime was defined with."""
    points = anndata.AnnData(x)
    sc.pp.neighbors(points, n_neighbors=min(30, len(x) // 2), use_rep="X", method="gauss")
    sc.tl.diffmap(points, n_comps=10)
    points.uns["iroot"] = start
    sc.tl.dpt(points, n_dcs=10)
    time = points.obs["dpt_pseudotime"].to_numpy(float)
    return np.where(np.isfinite(time), time, 1.0)
