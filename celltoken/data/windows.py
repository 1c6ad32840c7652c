"""Occurrences of words with the words around them: windows before a word, and pseudo-words."""

from collections import defaultdict

import numpy as np
import pandas as pd


def windows(texts, row, common, rng, window=8, each=12):
    """Rows of words in runs of ``window + 2``: the words before, the last one, the next one.

    Parameters
    ----------
    texts : sequence of list of str
    row : dict from word to row number
        Words without a row are left out before the runs are cut.
    common : set of str
        Words that are never the next one.
    each : int
        Runs a text, drawn without replacement.

    Returns
    -------
    rows : numpy.ndarray of int, shape (runs, window + 2)
    text : numpy.ndarray of int, length runs
        Number of the text.
    """
    frequent = {row[w] for w in common if w in row}
    lines, place = [], []
    for number, text in enumerate(texts):
        known = [row[w] for w in text if w in row]
        fits = [i for i in range(window + 1, len(known)) if known[i] not in frequent]
        for i in rng.permutation(fits)[:each]:
            lines.append(known[i - window - 1 : i + 1])
            place.append(number)
    return np.array(lines), np.array(place)


def pseudo_words(texts, candidates, rng, pairs=200, times=6):
    """Pairs of words drawn at random, each word with occurrences in different texts.

    Parameters
    ----------
    texts : sequence of list of str
    candidates : sequence of str
        Words of four letters or more that occur in ``times`` texts are taken.

    Returns
    -------
    pandas.DataFrame, one row an occurrence, in random order
        ``word``; ``pair``, a tuple; ``document``, the text's number; ``near``, five words on either
        side; ``away``, up to ten words of the same text, more than a hundred words off.

    References
    ----------
    Schütze (1998), Computational Linguistics 24, for pseudo-words as a test of disambiguation.
    """
    seen = defaultdict(dict)  # word -> text -> one place in it
    for number in rng.permutation(len(texts)):
        for at in rng.permutation(np.arange(5, len(texts[number]) - 5)).tolist():
            seen[texts[number][at]].setdefault(number, at)
    often = [w for w in candidates if len(w) > 3 and len(seen[w]) >= times]
    drawn = rng.permutation(often)[: 2 * min(pairs, len(often) // 2)].reshape(-1, 2)
    glued = {str(w): tuple(map(str, pair)) for pair in drawn for w in pair}
    found = [(w, *place) for w in glued for place in list(seen[w].items())[:times]]
    found = [found[i] for i in rng.permutation(len(found))]
    rows = []
    for word, number, at in found:
        text, tries = texts[number], rng.integers(len(texts[number]), size=50)
        near = text[at - 5 : at] + text[at + 1 : at + 6]
        away = [text[i] for i in tries if abs(i - at) > 100][:10]
        rows.append((word, glued[word], number, near, away))
    return pd.DataFrame(rows, columns=["word", "pair", "document", "near", "away"])


def mean_vectors(lines, vectors):
    """Mean of the vectors of each line's words, shape (lines, dimensions).

    ``vectors`` is a DataFrame with one row a word; other words do not count, and a line without any
    known word is zero.
    """
    row = {w: i for i, w in enumerate(vectors.index)}
    shares = np.zeros((len(lines), len(row)), dtype=np.float32)
    for i, line in enumerate(lines):
        known = [row[w] for w in line if w in row]
        np.add.at(shares[i], known, 1 / max(len(known), 1))
    return shares @ vectors.to_numpy()
