"""Checks of dictionaries against numbers that can be written down."""

import numpy as np
import pandas as pd
import pytest

from celltoken.data.concepts import Tokens
from celltoken.methods import dictionary_checks as checks
from celltoken.methods import sparse_autoencoder
from celltoken.methods.dictionaries import RIVALS, Dictionary


def tokens_of(x, kind, crossing):
    concepts = pd.DataFrame({name: kind == name for name in np.unique(kind)} | {"late": crossing})
    same = np.eye(x.shape[1])
    known = np.ones(len(x), bool)
    return Tokens(x, x, x[::-1], x, x, same, kind, crossing, concepts, known)


def test_orthogonal_rows_keep_their_largest_parts():
    # Every row is a coordinate direction; three of four are drawn, one is enough for each.
    x = np.diag([1.0, 2.0, 3.0, 4.0])
    assert checks.kept_by_rows(x, 4, 1, np.random.default_rng(0)) == pytest.approx(1)
    rng, drawn = np.random.default_rng(1), np.random.default_rng(1).choice(4, 3, replace=False)
    lost = np.delete(np.array([1, 4, 9, 16]), drawn).sum() / 30
    assert checks.kept_by_rows(x, 3, 1, rng) == pytest.approx(1 - lost)


def test_as_many_rows_as_dimensions_keep_all():
    x = np.random.default_rng(0).normal(size=(40, 3))
    assert checks.kept_by_rows(x, 20, 3, np.random.default_rng(1)) == pytest.approx(1)


def test_the_price_names_dead_units_and_components():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6)) * np.arange(6, 0, -1)
    found = checks.price(x - x.mean(0), 24, 2)
    top = np.sort(x.var(0))[::-1]
    assert found["as many components"] == pytest.approx(top[:2].sum() / top.sum())
    assert found["explained"] > found["as many components"]
    assert found["dead, revived"] <= found["dead"] <= 1
    made = sparse_autoencoder.train(x - x.mean(0), 24, 2, 0)
    assert checks.price(x - x.mean(0), 24, 2, made=made) == found  # the one that it would train


def test_a_sample_of_rows_tells_what_rows_keep():
    x = np.random.default_rng(3).normal(size=(600, 8)) * np.arange(8, 0, -1)
    shares = [checks.kept_by_rows(x, 40, 2, np.random.default_rng(0), n) for n in (200, 600)]
    assert shares[0] == pytest.approx(shares[1], abs=0.03)


def test_the_constant_answer_scores_by_shares_alone():
    kind, crossing = np.repeat(["a", "b"], 200), np.arange(400) % 4 == 0
    tokens = tokens_of(np.random.default_rng(0).normal(size=(400, 5)), kind, crossing)
    found = checks.kinds_and_crossing(tokens, np.ones((400, 1)))
    assert found["kinds"] == pytest.approx(2 / 3, abs=0.02)  # F1 of a half
    assert found["across"] == pytest.approx(0.4, abs=0.03)  # 2 p / (1 + p) of a quarter


def test_units_that_are_the_concepts_tell_them_all():
    kind, crossing = np.repeat(["a", "b"], 50), np.arange(100) % 2 == 0
    x = np.c_[kind == "a", kind == "b", crossing].astype(float)
    found = checks.kinds_and_crossing(tokens_of(x, kind, crossing), x)
    assert found == {"kinds": 1, "across": 1}
    made = {"value": Dictionary(np.eye(3), lambda rows: rows)}
    table = checks.all_apart(tokens_of(x, kind, crossing), made)
    assert list(table.index) == ["one latent", "always on"]
    assert table.loc["one latent"].to_dict() == found
    assert table.loc["always on", "across"] == pytest.approx(2 / 3, abs=0.1)


def test_the_second_parent_is_held_where_it_was_mixed_in():
    rng = np.random.default_rng(2)
    first, second = (np.eye(12)[rng.integers(12, size=300)] for _ in range(2))
    tokens = tokens_of(first, np.repeat(["a", "b"], 150), rng.random(300) < 0.5)
    # A mixture that is the first parent and nothing else holds the second by chance only.
    for mixed, low, high in ((first, -0.1, 0.1), (first + second, 0.8, 1)):
        given = Tokens(**(vars(tokens) | {"partner": second, "mixed": mixed}))
        made = {"one": Dictionary(np.eye(12), lambda rows: rows)}
        held = checks.second_held(given, made, 2)["one"]
        assert low <= held <= high


def test_a_dictionary_is_made_once_and_found_again_whatever_its_order():
    asked = []

    def make(x, units, active, rng):
        asked.append(units)
        return Dictionary(np.eye(6)[rng.permutation(6)], lambda rows: rows)

    kind, crossing = np.repeat(["a", "b"], 50), np.arange(100) % 2 == 0
    x = np.c_[kind == "a", kind == "b", crossing, np.zeros((100, 3))].astype(float)
    fit = checks.MadeOnce({"one": tokens_of(x, kind, crossing)}, 6, 2)
    assert fit.found_again("one", make) == pytest.approx(1)
    assert fit.scored("one", make) == {"kinds": 1, "across": 1}
    assert fit("one", make) is fit("one", make, 6)
    assert fit("one", make, 5) is not fit("one", make)
    assert asked == [6, 6, 5]  # another start, the one that was kept, the narrower one


def test_what_was_trained_already_is_not_trained_again():
    x = np.random.default_rng(4).normal(size=(80, 5))
    kind, crossing = np.repeat(["a", "b"], 40), x[:, 0] > 0
    known = {"other": tokens_of(x + 1, kind, crossing), "one": tokens_of(x, kind, crossing)}
    made = sparse_autoencoder.train(x, 8, 2, 0, steps=3)
    fit = checks.MadeOnce(known, 8, 2)
    fit.keep(one=made)
    assert fit("one").features is made.features
    found = fit.every(tokens_of(x.copy(), kind, crossing), None, ["clusters"])
    assert list(found) == ["value", "clusters"]
    np.testing.assert_array_equal(found["value"].on(x), made.encode(x))
    assert fit("one", RIVALS["clusters"]) is found["clusters"]


def test_latents_of_a_language_and_of_what_is_said():
    verses = np.eye(8)
    english, other = np.c_[verses, np.ones(8)], np.c_[verses, np.zeros(8)]
    found = checks.across_languages(english, other, verses, verses[::-1])
    assert found["translation"] == 1
    assert found["other verses"] == 0
    assert found["found by latents"] == 1
    assert found["found by states"] == 0
    assert found["language by one latent"] == 1
