"""A corpus in time: its eras, words common in all of them, contexts in each, words near a tense."""

from collections import Counter

import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.data.corpus import vocabulary
from celltoken.methods.cooccurrence import cooccurrences, ppmi


def eras_of(texts, number):
    """Documents cut into eras of about equally many words.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``, in order of time.
    number : int

    Returns
    -------
    list of pandas.Series
        The tokens of each era's documents.

    Raises
    ------
    ValueError
        If an era would be empty, for want of documents or because one is too long.
    """
    size = texts.tokens.map(len)
    era = ((size.cumsum() - size / 2) * number // size.sum()).clip(0, number - 1)
    found = [texts.tokens[era == each] for each in range(number)]
    if empty := [each for each in found if each.map(len).sum() == 0]:
        raise ValueError(
            f"{len(empty)} of {number} eras have no words: give more documents, or shorter ones."
        )
    return found


def tables_of(eras, most=1500, words=150, skip=150):
    """Co-occurrences in each era of words that are common in all of them.

    Parameters
    ----------
    eras : list of sequences of token sequences
    most : int
        Contexts: the commonest words of all eras together.
    words, skip : int
        Of the contexts without the first ``skip``, those ``words`` that are met most often in the
        era in which they are rarest.

    Returns
    -------
    tables : list of scipy.sparse.csr_matrix, shape (words, contexts)
        One an era, counted within five places.
    seen : numpy.ndarray of int, shape (words, eras)
        How often each word occurs in each era.
    names : numpy.ndarray of str
        The words, the commonest first.
    """
    common = vocabulary([text for era in eras for text in era], most)
    counted = [Counter(word for text in era for word in text) for era in eras]
    seen = np.array([[each[word] for each in counted] for word in common])
    chosen = np.argsort(-seen[skip:].min(1), kind="stable")[:words]
    chosen = skip + np.sort(chosen)
    tables = [cooccurrences(era, common)[chosen] for era in eras]
    return tables, seen[chosen], np.array(common)[chosen]


def typical_contexts(words, era, most=3000, fewest=4, best=4):
    """For each word of a list its contexts of highest PMI in one era, as text.

    Contexts met at least ``fewest`` times within five places count; a word that is not among the
    ``most`` commonest of the era gets an empty text.
    """
    common = vocabulary(era, most)
    pairs = cooccurrences(era, common).toarray()
    score = ppmi(pairs).toarray() * (pairs >= fewest)
    said = {}
    for word in words:
        row = score[common.index(word)] if word in common else np.zeros(len(common))
        top = [i for i in np.argsort(-row, kind="stable")[:best] if row[i] > 0]
        said[word] = ", ".join(np.array(common)[top])
    return pd.Series(said, dtype=object)


def counts_near(texts, marks, vocabulary, window=5):
    """How often each text has each word within some places of one of the marks.

    Parameters
    ----------
    texts : sequence of sequences of str
    marks : collection of str
        Words beside which is looked; a word near two of them counts once.
    vocabulary : sequence of str
        Words to count. A mark itself is counted only if it is listed.
    window : int
        Places to either side.

    Returns
    -------
    scipy.sparse.csr_matrix of float32, shape (texts, vocabulary)
    """
    number, marks = {word: i for i, word in enumerate(vocabulary)}, set(marks)
    rows = []
    for text in texts:
        code = np.array([number.get(word, -1) for word in text], dtype=int)
        at = np.flatnonzero([word in marks for word in text])
        near = np.unique((at[:, None] + np.arange(-window, window + 1)).ravel())
        near = code[near[(near >= 0) & (near < len(code))]]
        rows.append(np.bincount(near[near >= 0], minlength=len(number)))
    return sparse.csr_matrix(np.array(rows, dtype=np.float32))
