"""Parallel verses: which words stand in which verse, in six languages, and which translate."""

import functools

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.data import store

LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ru": "Russian",
    "tl": "Tagalog",
}
DICTIONARIES = {"es": "translations_es", "fr": "translations_fr", "it": "translations_it"}


def load(language, most=None):
    """Words of a language and the verses that they occur in.

    Parameters
    ----------
    language : {"en", "es", "fr", "it", "ru", "tl"}
    most : int, optional
        Keep that many of the words, those in most verses.

    Returns
    -------
    AnnData, shape (words, 31,102 verses)
        ``X``: CSR float32, 1 where the word occurs in the verse, however often. Words from the
        commonest to those in five verses, ties in alphabetical order. ``obs``: ``verses``, how
        many. ``var``: ``book`` (1 to 66), ``chapter``, ``verse``, as English Bibles count them;
        the same column is the same verse in every language.

    Raises
    ------
    celltoken.data.DataError
        If there is no such language, or the file is missing or altered.
    """
    if language not in LANGUAGES:
        known = ", ".join(f"{short} ({name})" for short, name in LANGUAGES.items())
        raise store.DataError(f"There are no verses in {language!r}; the languages are {known}.")
    words, verses, columns, places = _arrays(language)
    words, verses = words[:most], verses[:most]
    ends = np.append(0, np.cumsum(verses, dtype=np.int64))
    x = sparse.csr_matrix(
        (np.ones(ends[-1], np.float32), columns[: ends[-1]], ends), (len(words), len(places))
    )
    obs = pd.DataFrame({"verses": verses}, index=words)
    return anndata.AnnData(x, obs=obs, var=places.copy())


def translations(language, english=None, other=None):
    """Pairs of words from a dictionary, English to another language.

    Parameters
    ----------
    language : {"es", "fr", "it"}
    english, other : sequence of str, optional
        Keep only pairs of words in these.

    Returns
    -------
    pandas.DataFrame
        Columns ``en`` and ``other``; a word with several translations has several rows.

    Raises
    ------
    celltoken.data.DataError
        If there is no dictionary for that language.
    """
    if language not in DICTIONARIES:
        raise store.DataError(
            f"There is no dictionary from English to {language!r}: choose es, fr or it."
        )
    path = store.embedded_file(DICTIONARIES[language])
    pairs = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    for column, known in (("en", english), ("other", other)):
        if known is not None:
            pairs = pairs[pairs[column].isin(set(known))]
    return pairs.reset_index(drop=True)


@functools.lru_cache(maxsize=6)
def _arrays(language):
    """Words, verses of each, the verses' numbers word after word, and places as a table."""
    with np.load(store.embedded_file("verses"), allow_pickle=False) as stored:
        words = pd.Index(stored[f"{language}_words"].astype(str), dtype=object)
        verses = stored[f"{language}_verses"].astype(np.int64)
        low, high = stored[f"{language}_low"], stored[f"{language}_high"]
        places = pd.DataFrame({part: stored[part] for part in ("book", "chapter", "verse")})
    gaps = low.astype(np.int64) + 256 * high.astype(np.int64)
    # A running sum over all words; each word starts anew at -1.
    total, first = np.cumsum(gaps), np.cumsum(verses) - verses
    before = np.where(first > 0, total[first - 1], 0)
    columns = total - np.repeat(before, verses) - 1
    places.index = [f"{book}:{chapter}:{verse}" for book, chapter, verse in places.to_numpy()]
    return words, verses, columns.astype(np.int32), places
