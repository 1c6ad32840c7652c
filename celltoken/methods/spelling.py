"""How alike two words are spelt, for languages that share an alphabet and a past."""

import unicodedata

from sklearn.feature_extraction.text import TfidfVectorizer


def alike(a, b):
    """Cosines between words by their runs of one to four letters, weighted by rarity.

    Case and accents do not count; a run at the edge of a word is another than one within.

    Parameters
    ----------
    a, b : sequences of str

    Returns
    -------
    numpy.ndarray, shape (words of a, words of b)
        One for two words that are spelt alike, zero for two that share no letter.
    """
    a, b = ([_plain(word) for word in words] for words in (a, b))
    runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4)).fit([*a, *b])
    return (runs.transform(a) @ runs.transform(b).T).toarray()


def _plain(word):
    apart = unicodedata.normalize("NFD", word.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
