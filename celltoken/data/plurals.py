"""Singular or plural: what WordNet's rules, its irregular forms and its tags say of nouns."""

import functools

import pandas as pd

from celltoken.data import store
from celltoken.data.lexicons import PLURALS, wordnet


def grammatical_number(words):
    """Whether each noun stands in the plural, where WordNet leaves no doubt.

    A word's stems are what WordNet's rules for endings, and its list of irregular forms, lead it
    back to, if they are nouns in tagged texts. A word is *plural* if its commonest stem was tagged
    more often, as a noun, than the word by itself. It is *singular* if it has no stem, was tagged
    as a noun, and does not look like a plural. Of three kinds nothing is said: words listed by
    themselves and met more often than their stem (means, troops); words in s without a stem
    (thanks, series); and nouns without a stem whose class in WordNet is *group* (people, police),
    for their verb may stand in either number.

    Parameters
    ----------
    words : iterable of str
        Nouns, in lower case.

    Returns
    -------
    pandas.Series of str, named "number"
        Index: the words. ``"plural"``, ``"singular"`` or, in doubt, an empty text.
    """
    words = list(words)
    return pd.Series([_number(word) for word in words], words, dtype=object, name="number")


def _number(word):
    stems = [_tags(stem) for stem in _stems(word)]
    if any(stems):
        return "plural" if max(stems) > _tags(word) else ""
    in_s = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    if in_s or word in irregular() or not _tags(word):
        return ""
    return "" if wordnet().noun_class[word] == "group" else "singular"


def _stems(word):
    by_rule = [
        word.removesuffix(end) + new
        for end, new in PLURALS
        if word.endswith(end) and not word.endswith("ss")
    ]
    return [stem for stem in (*irregular().get(word, ()), *by_rule) if stem != word]


def _tags(word):
    """How often tagged texts have a word as a noun; 0 for a word that the table has not."""
    counts = wordnet().noun
    return int(counts[word]) if word in counts.index else 0


@functools.cache
def irregular():
    """WordNet's irregular plurals: a dict from form to its stems; do not change it."""
    path = store.embedded_file("irregular_plurals")
    pairs = pd.read_csv(path, sep="\t", keep_default_na=False)
    return pairs.groupby("form").stem.agg(tuple).to_dict()
