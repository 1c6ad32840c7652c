"""Parallel verses: unpacked as they were packed, the same verse in the same column."""

import numpy as np
import pytest

from celltoken.data import store, verses

FOUND = {
    "en": "pharisees",
    "es": "fariseos",
    "fr": "pharisiens",
    "it": "farisei",
    "ru": "фарисеи",
    "tl": "fariseo",
}


@pytest.mark.parametrize("language", verses.LANGUAGES)
def test_words_and_verses_are_unpacked_as_they_were_packed(language):
    table = verses.load(language)
    assert table.shape[1] == 31102 and table.obs_names.is_unique
    assert table.X.dtype == np.float32 and set(table.X.data) == {1}
    assert (np.diff(table.X.indptr) == table.obs.verses).all()
    assert table.obs.verses.min() == 5 and table.obs.verses.is_monotonic_decreasing
    with np.load(store.embedded_file("verses"), allow_pickle=False) as stored:
        gaps = stored[f"{language}_low"] + 256 * stored[f"{language}_high"].astype(int)
        counts = stored[f"{language}_verses"].tolist()
    start = 0
    for row in range(table.n_obs):  # one verse after the other, by hand
        if row % 500 == 0:
            at, by_hand = -1, []
            for gap in gaps[start : start + counts[row]]:
                at += int(gap)
                by_hand.append(at)
            assert table.X[row].indices.tolist() == by_hand
        start += counts[row]
    assert start == len(gaps)


@pytest.mark.parametrize("language", verses.LANGUAGES)
def test_a_verse_is_the_same_in_every_language(language):
    table, english = verses.load(language), verses.load("en")
    assert table.var.equals(english.var)
    name = table[FOUND[language]].X.toarray().ravel() > 0
    assert (table.var.book[name] >= 40).mean() > 0.95  # the New Testament
    both = name & (english["pharisees"].X.toarray().ravel() > 0)
    assert both.sum() > 0.5 * name.sum()


def test_most_keeps_the_commonest():
    table = verses.load("fr", most=100)
    assert table.shape == (100, 31102)
    assert (table.X != verses.load("fr").X[:100]).nnz == 0


def test_places_are_those_of_the_bible():
    var = verses.load("en").var
    assert var.book.nunique() == 66
    assert var.groupby("book").chapter.max().loc[[1, 19, 66]].tolist() == [50, 150, 22]
    shepherd = verses.load("en")["shepherd"].X.toarray().ravel() > 0
    assert "19:23:1" in var.index[shepherd]


def test_an_unknown_language_is_explained():
    with pytest.raises(store.DataError, match="no verses in 'sw'; the languages are en"):
        verses.load("sw")
