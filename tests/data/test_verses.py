"""Parallel verses: unpacked as they were packed, the same verse in the same column."""

import numpy as np
import pytest

from celltoken import data
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


def test_encoded_verses_are_those_of_the_text_and_near_their_translations():
    sentences = data.load("sentences")
    assert np.allclose(np.linalg.norm(sentences.X, axis=1), 1, atol=1e-3)
    names = verses.load("en").var.index[::80]
    for language in verses.LANGUAGES:
        mine = sentences[sentences.obs.language == language]
        assert mine.obs.verse.astype(str).tolist() == names.tolist()
    english = sentences[sentences.obs.language == "en"].X
    nearest = (mine.X @ english.T).argmax(1)
    assert (nearest == np.arange(len(names))).mean() > 0.9


def test_latents_are_those_of_the_same_verses():
    sentences, latents = data.load("sentences"), data.load("sentence_latents")
    assert latents.obs.equals(sentences.obs)
    fired = np.diff(latents.X.indptr)
    assert fired.max() <= 128 and fired.min() > 20
    often = np.asarray((latents.X > 0).sum(0)).ravel()
    assert often.min() == 1 and (np.diff(often) <= 0).all()
    assert latents.var_names.str.fullmatch(r"latent \d+").all()


@pytest.mark.parametrize(("language", "house"), [("es", "casa"), ("fr", "maison"), ("it", "casa")])
def test_a_dictionary_gives_words_of_the_verses(language, house):
    pairs = verses.translations(language)
    assert pairs.other[pairs.en == "house"].tolist().count(house) == 1
    assert not pairs.duplicated().any()
    assert set(pairs.en) <= set(verses.load("en").obs_names)
    assert set(pairs.other) <= set(verses.load(language).obs_names)
    few = verses.translations(language, ["house", "king"], [house, "xyz"])
    assert few.to_numpy().tolist() == [["house", house]]


def test_a_missing_dictionary_is_explained():
    with pytest.raises(store.DataError, match="no dictionary from English to 'ru': choose es"):
        verses.translations("ru")
