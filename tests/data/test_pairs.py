"""Pairs that stand in one relation: Google's words, and kinds that two groups share."""

import anndata
import numpy as np
import pandas as pd
import pytest

from celltoken import data
from celltoken.data.lexicons import analogies
from celltoken.data.pairs import (
    Related,
    answers_by_name,
    google_pairs,
    profile_labels,
    related_conditions,
    related_profiles,
    shared_kinds,
    spelt_alike,
    spelt_like,
    word_vectors,
)


def test_googles_pairs_are_all_there_once():
    words = sorted(set(analogies()[list("abcd")].to_numpy().ravel()))
    pairs = google_pairs(words)
    assert pairs.relation.nunique() == 13
    assert not pairs.duplicated().any()
    named = {(r, words[t], words[h]) for r, t, h in pairs.to_numpy()}
    assert ("capital-world", "athens", "greece") in named
    assert ("family", "boy", "girl") in named
    listed = analogies().replace({"section": {"capital-common-countries": "capital-world"}})
    assert named >= set(listed[["section", "c", "d"]].itertuples(index=False, name=None))


def test_a_pair_needs_both_words():
    pairs = google_pairs(["athens", "greece", "baghdad", "girl"])
    assert pairs.to_numpy().tolist() == [["capital-world", 0, 1]]
    with pytest.raises(ValueError, match="no pair"):
        google_pairs(["xyzzy"])


def test_shared_kinds_by_hand():
    group = ["liver"] * 4 + ["lung"] * 4 + ["eye"] * 2
    kind = ["B", "T", "T", "NK", "T", "NK", "B", "club", "B", "T"]
    pairs = shared_kinds(group, kind)
    assert set(pairs.relation) == {"liver > lung", "lung > liver"}
    there = pairs[pairs.relation == "liver > lung"]
    assert set(zip(there["tail"], there["head"], strict=True)) == {(0, 6), (1, 4), (3, 5)}
    assert set(shared_kinds(group, kind, fewest=2).relation) == {
        f"{one} > {other}" for one in set(group) for other in set(group) if one != other
    }
    with pytest.raises(ValueError, match="share 5 kinds"):
        shared_kinds(group, kind, fewest=5)


def test_spellings_of_the_atlas_become_one():
    found = spelt_alike(["Dendrtic Cell", "Dendritic Cells", "NK", "T Cells", "Microglia"])
    assert list(found) == ["Dendritic Cell", "Dendritic Cell", "NK Cell", "T Cell", "Microglia"]


def test_vectors_of_a_corpus_and_of_a_file(monkeypatch):
    rng = np.random.default_rng(0)
    names = np.array([f"w{i}" for i in range(150)])
    weight = 1 / np.arange(1, 151)
    texts = [list(rng.choice(names, 400, p=weight / weight.sum())) for _ in range(30)]
    monkeypatch.setattr(
        "celltoken.data.pairs.documents", lambda name: pd.DataFrame({"tokens": texts})
    )
    made = word_vectors("sotu", size=120)
    assert made.shape == (120, 100)
    assert made.obs_names[0] == "w0"
    assert word_vectors("glove").shape == (20000, 100)


@pytest.mark.parametrize(
    ("a", "b", "c", "wanted"),
    [
        ("walk", "walking", "dance", "dancing"),
        ("big", "bigger", "tall", "taller"),
        ("tall", "taller", "big", "bigger"),
        ("tall", "taller", "easy", "easier"),
        ("city", "cities", "dog", None),
        ("honest", "dishonest", "like", "dislike"),
        ("banana", "bananas", "cow", "cows"),
        ("france", "paris", "italy", None),
    ],
)
def test_spelling_changes_as_english_does(a, b, c, wanted):
    spelt = list(spelt_like(a, b, c))
    assert wanted in spelt if wanted else not spelt
    assert len(spelt) < 12


def test_names_answer_by_spelling_or_by_place():
    names = np.array(["walk", "walking", "dance", "dancing", "paris", "rome"], dtype=object)
    x = np.eye(6)
    x[5] = x[1] + x[4]
    words = Related(x, None, {}, names, np.zeros(6))
    asked = np.array([[0, 1, 2], [0, 1, 4]])  # the second has no ending to give: b + c
    assert answers_by_name(words, asked).tolist() == [[3], [5]]
    place = np.array(["liver", "lung", "liver", "lung", "lung", ""], dtype=object)
    x = np.array([[0, 1], [1, 0], [1, 1], [1, 0.9], [0.2, 1], [1, 1.0]])
    cells = Related(x, None, {}, names, np.zeros(6), place)
    # In the lung the nearest to row 2 is row 3; row 1 is b, and row 5 has no place.
    assert answers_by_name(cells, np.array([[0, 1, 2]])).tolist() == [[3]]
    assert answers_by_name(cells, np.array([[0, 3, 2]])).tolist() == [[4]]


def test_profiles_of_no_cells_are_refused():
    organs = np.repeat(["a", "b"], 3)
    obs = pd.DataFrame(
        {"organ": organs, "age": "old", "cell_type_in_source": list("TBNTBN"), "cells": 4}
    )
    table = anndata.AnnData(np.random.default_rng(0).normal(size=(6, 5)), obs=obs)
    made = related_profiles(table, profile_labels(table))
    assert np.isfinite(made.totals).all()
    assert list(made.place) == list(organs)
    table.obs["cells"] = [4, 0, 4, 4, 4, 0]
    with pytest.raises(ValueError, match="2 profiles are means of no cells"):
        related_profiles(table, profile_labels(table))


def test_profiles_of_no_cells_are_one_vector_in_the_atlas():
    atlas = data.load("organ_profiles")
    none = (atlas.obs["cells"] == 0).to_numpy()
    assert set(atlas.obs.age[none]) == {"E14.5", "P1"}
    assert len(np.unique(atlas.X[none], axis=0)) == 1


def test_means_of_conditions_become_pairs():
    x = np.arange(12.0).reshape(6, 2)
    made = related_conditions(x, list("BBBTTT"), ["no", "yes", "no", "yes", "yes", "no"])
    assert list(made.names[6:]) == ["B, no", "B, yes", "T, no", "T, yes"]
    np.testing.assert_allclose(made.x[6], x[[0, 2]].mean(0))
    assert made.pairs[["tail", "head"]].to_numpy().tolist() == [[6, 7], [8, 9]]
    assert made.names[3] == "T, yes"
    with pytest.raises(ValueError, match="same two conditions"):
        related_conditions(x, list("BBBTTT"), ["no", "yes", "no", "yes", "yes", "yes"])
