"""The lesson's own functions, and planted tables on which its claims must say yes and no."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from celltoken.claims import measure
from celltoken.methods import scores

NEAR = 0.02  # G11's margin


@pytest.fixture(scope="module")
def claims():
    return measure.of_lesson("geometry/dynamic_embeddings")


@pytest.fixture(scope="module")
def lesson(claims):
    return claims["G10"].function.__globals__


def test_attention_is_a_sum_written_out(lesson):
    q, k, v = np.random.default_rng(8).normal(size=(3, 5, 4))
    mixed, shares = lesson["attend"](q, k, v, np.triu(np.full((5, 5), -np.inf), 1))
    for i in range(5):
        raw = np.array([np.exp(q[i] @ k[j] / 2) for j in range(i + 1)])
        assert np.allclose(shares[i], [*(raw / raw.sum()), *[0] * (4 - i)])
        assert np.allclose(mixed[i], sum(r * v[j] for j, r in enumerate(raw)) / raw.sum())


def occurrences(by_token, by_context, rng, asked=True):
    """Eight tokens in six contexts: a direction for each token and for each context, and noise."""
    token, context = np.repeat(np.arange(8), 6), np.tile(np.arange(6), 8)
    tokens, contexts = rng.normal(size=(2, 8, 20))
    x = by_token * tokens[token] + by_context * contexts[context] + rng.normal(size=(48, 20)) / 5
    names = {"token": token.astype(str), "context": context.astype(str), "asked": asked}
    return AnnData(x, obs=pd.DataFrame(names, index=[f"{i}" for i in range(48)]))


def test_nearest_is_retrieval_with_all_rivals(lesson):
    table = occurrences(1, 1, np.random.default_rng(1))
    token, context = table.obs.token.to_numpy(), table.obs.context.to_numpy()
    near = lesson["nearest_is"](table.X, token, context, np.full(48, True))
    centred = table.X - table.X.mean(0)
    wanted = scores.retrieval_accuracy(centred, token, context, same_context_rivals=True)
    assert near["itself"] == pytest.approx(wanted)
    assert sum(near.values()) == pytest.approx(1)


def test_only_those_asked_are_counted(lesson):
    table = occurrences(2, 0, np.random.default_rng(2))
    token, context = table.obs.token.to_numpy().copy(), table.obs.context.to_numpy()
    asked = token != "0"
    token[~asked] = [f"alone {i}" for i in range(6)]  # these could only be wrong
    assert lesson["nearest_is"](table.X, token, context, asked)["itself"] > 0.95


@pytest.mark.parametrize(("by_token", "by_context", "yes"), [(2, 0.5, True), (0.5, 2, False)])
def test_a_cloud_is_found_only_where_the_token_outweighs_its_context(
    claims, by_token, by_context, yes
):
    rng = np.random.default_rng(3)
    found = claims["G10"](occurrences(by_token, by_context, rng), rng)
    strongest = max(x for name, x in found.items() if name != "value")
    assert (found["value"] - strongest >= 0.2) == yes
    assert found["permuted tokens"] < 0.3


def test_the_context_alone_is_read_from_the_state_before(claims):
    rng = np.random.default_rng(4)
    table = occurrences(2, 0, rng)
    table.obsm["before"] = rng.normal(size=table.shape)
    assert claims["G10"](table, rng)["context alone"] < 0.4 < claims["G10"](table, rng)["value"]


def sentences(own, context, rng, n=400, dim=6, window=4):
    """Hidden vectors made of the own vector, and of the nearest of four context vectors."""
    x, keys = rng.normal(size=(n, dim)), rng.normal(size=(n, window, dim))
    hidden = own * x + context * keys[:, -1] + rng.normal(size=(n, dim)) / 2
    apart = np.broadcast_to(np.arange(window, 0, -1.0), (n, 1, window))
    place = np.repeat(np.arange(n // 10), 10)
    return {
        "own": x,
        "keys": keys,
        "values": keys,
        "apart": apart,
        "hidden": hidden,
        "place": place,
    }


def test_three_ingredients_are_found_where_all_three_were_planted(claims):
    rng = np.random.default_rng(5)
    found = claims["G11"](sentences(1, 1, rng), rng)
    assert all(found["value"] - x > NEAR for name, x in found.items() if name != "value")


def test_an_ingredient_that_was_not_planted_adds_nothing(claims):
    rng = np.random.default_rng(6)
    found = claims["G11"](sentences(1, 0, rng), rng)
    assert abs(found["value"] - found["no context"]) < NEAR
    assert found["no static vector"] < 0.6
    found = claims["G11"](sentences(0, 0, rng), rng)
    assert all(abs(x - 0.5) < 0.06 for x in found.values())
