"""The lesson's own functions, and planted tables on which its claims must say yes and no."""

import numpy as np
import pandas as pd
import pytest

from celltoken.claims import measure


@pytest.fixture(scope="module")
def claims():
    return measure.of_lesson("geometry/context_and_knowledge")


@pytest.fixture(scope="module")
def lesson(claims):
    return claims["G12"].function.__globals__


def over_rivals(found):
    return found["value"] - max(x for name, x in found.items() if name != "value")


def test_only_those_who_may_vote_are_heard(lesson):
    x = np.repeat(np.eye(2), 6, axis=0) + np.random.default_rng(0).normal(size=(12, 2)) / 20
    label = np.repeat(["a", "b"], 6)
    everyone = ~np.eye(12, dtype=bool)
    table = {"label": label, "may_vote": everyone}
    assert lesson["vote"](x, table) == 1
    table["may_vote"] = label[:, None] != label  # only strangers: always wrong
    assert lesson["vote"](x, table) == 0


def ambiguous(by_place, rng, n=200):
    """Two labels that the own vector does not know, and the neighbours know if so planted."""
    label = rng.integers(2, size=n)
    own = rng.normal(size=(n, 5)) / 2
    side = np.eye(5)[0] * (2 * label[:, None] - 1)
    return {
        "own": own,
        "near": 3 * by_place * side + rng.normal(size=(n, 5)) / 2,
        "away": rng.normal(size=(n, 5)) / 2,
        "anyone": own,
        "label": label,
        "may_vote": ~np.eye(n, dtype=bool),
    }


@pytest.mark.parametrize("by_place", [1, 0])
def test_neighbours_help_where_they_know(claims, by_place):
    rng = np.random.default_rng(1)
    found = claims["G12"](ambiguous(by_place, rng), rng)
    assert (over_rivals(found) >= 0.2) == bool(by_place)
    assert over_rivals(found) < 0.1 or by_place


def test_alike_tokens_from_anywhere_take_the_gain_away(claims):
    """Labels in the own vector, under noise that any average of alike ones lowers."""
    rng = np.random.default_rng(2)
    table = ambiguous(0, rng)
    side = 2 * table["label"][:, None] - 1
    table["own"] = np.eye(5)[0] * side + rng.normal(size=(200, 5)) / 3
    table["anyone"] = table["own"]
    table["near"] = np.eye(5)[0] * side + rng.normal(size=(200, 5)) / 3
    assert over_rivals(claims["G12"](table, rng)) < 0.1


def thin_table(rng, known, n=150, contexts=600):
    """Tokens of three kinds, each seen with eight contexts of its kind and four of any."""
    label = np.repeat(np.arange(3), n // 3)
    kind = rng.integers(3, size=contexts)
    x = np.zeros((n, contexts))
    for i in range(n):
        own = rng.choice(np.flatnonzero(kind == label[i]), 8, replace=False)
        x[i, np.r_[own, rng.integers(contexts, size=4)]] = 1
    vectors = np.eye(3)[kind] - 1 / 3
    return x, vectors if known else rng.permutation(vectors), label.astype(str)


@pytest.mark.parametrize("known", [True, False])
def test_outside_vectors_help_only_if_they_are_of_these_contexts(claims, known):
    rng = np.random.default_rng(3)
    found = claims["G13"](thin_table(rng, known), rng)
    assert (over_rivals(found) >= 0.03) == known


def test_contexts_without_a_vector_are_left_out(claims):
    rng = np.random.default_rng(4)
    x, vectors, label = thin_table(rng, True)
    vectors[:100] = np.nan
    assert np.isfinite(list(claims["G13"]((x, vectors, label), rng).values())).all()


def test_one_short_pass_leaves_the_layer_as_it_began(lesson):
    x = np.random.default_rng(5).random((40, 30)).astype("f4")
    untrained = lesson["hidden_layer"](x, np.random.default_rng(6), passes=1, rate=1e-9)
    trained = lesson["hidden_layer"](x, np.random.default_rng(6))
    assert untrained.shape == trained.shape == (40, 64)
    assert not np.allclose(untrained, trained, atol=1e-3)
    assert untrained.std() > 0


def test_a_hidden_layer_is_no_better_than_main_directions_of_plain_clusters(claims):
    rng = np.random.default_rng(7)
    label = np.repeat(["a", "b", "c", None], 40)
    place = pd.factorize(label)[0] % 4
    x = (rng.normal(size=(4, 80))[place] + rng.normal(size=(160, 80)) / 2).astype("f4")
    found = claims["G14"]((x, label.astype(object)), rng)
    assert found["64 main directions"] > 0.95 and over_rivals(found) < 0.05
