"""A corpus as one row of words: the mean vector of what stands around an occurrence, or elsewhere.

Where word and document are known, a context is a matrix: one row an occurrence, columns those of
the word vectors.
"""

import functools

import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.methods.neighbours import rows_for_metric


class Occurrences:
    """All words of a corpus in order, each with its document and its vector.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``: the words of each document.
    vectors : anndata.AnnData
        One row a word, named in ``obs_names``. Rows are brought to unit length; a word of the
        corpus that is not among them is unknown and counts nowhere.

    Attributes
    ----------
    names : pandas.Index of str
        The different words.
    code, document : numpy.ndarray of int, length words of the corpus
        Each occurrence's word (its place in ``names``) and document.
    start, length : numpy.ndarray of int, length documents
        First occurrence of each document, and its number of words.
    """

    def __init__(self, texts, vectors):
        words = np.array([word for each in texts.tokens for word in each], dtype=object)
        self.length = texts.tokens.map(len).to_numpy()
        self.start = self.length.cumsum() - self.length
        self.document = np.repeat(np.arange(len(texts)), self.length)
        self.code, names = pd.factorize(words)
        self.names = pd.Index(names)
        row = pd.Index(vectors.obs_names).get_indexer(self.names)
        self._known = row >= 0
        self._vectors = rows_for_metric(vectors.X, "cosine")[row] * self._known[:, None]

    def context(self, places, hidden=(), window=10):
        """Mean vector of the known words up to ``window`` before and after each place.

        Parameters
        ----------
        places : array of int
            Occurrences, counted through the corpus. Windows end with the document.
        hidden : sequence of int
            Words, by their place in ``names``, that may not be seen.
        window : int

        Returns
        -------
        means : numpy.ndarray, shape (places, columns)
            Zero where no known word is near.
        seen : numpy.ndarray of int, shape (places, 1)
        """
        total, seen = self._window(places, hidden, window)
        return total / seen.clip(1), seen

    def rest_of_document(self, places, hidden=(), window=10):
        """Mean vector of the known words of the same document outside that window.

        The word at the place itself counts unless it is hidden.
        """
        counts, totals, sizes = self._documents
        hidden, at = np.asarray(hidden, int), self.document[places]
        total = totals - counts[:, hidden] @ self._vectors[hidden]
        size = sizes - counts[:, hidden] @ self._known[hidden]
        near, seen = self._window(places, hidden, window)
        return (total[at] - near) / (size[at][:, None] - seen).clip(1)

    @functools.cached_property
    def _documents(self):
        """Counts of words in documents; their sums of vectors and numbers of known words."""
        pairs = np.ones(len(self.code)), (self.document, self.code)
        counts = sparse.csc_matrix(pairs, shape=(len(self.length), len(self.names)))
        return counts, counts @ self._vectors, counts @ self._known

    def _window(self, places, hidden, window):
        at = places[:, None] + np.r_[-window:0, 1 : window + 1]
        seen = (at >= 0) & (at < len(self.code))
        at = at.clip(0, len(self.code) - 1)
        seen &= self.document[at] == self.document[places][:, None]
        seen &= self._known[self.code[at]] & ~np.isin(self.code[at], hidden)
        total = (self._vectors[self.code[at]] * seen[..., None]).sum(1)
        return total, seen.sum(1)[:, None]
