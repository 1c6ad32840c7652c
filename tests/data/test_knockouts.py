import numpy as np
import pandas as pd
import pytest

from celltoken.data import knockouts
from celltoken.data.circuits import published_rules


def test_rules_as_polynomials_equal_the_rules_at_the_corners():
    rules = published_rules()
    at = {gene: i for i, gene in enumerate(rules)}
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 2, (64, len(at))).astype(float)
    for inputs, rule in rules.values():
        wanted = [bool(rule(*row[[at[g] for g in inputs]].astype(bool))) for row in corners]
        np.testing.assert_allclose(knockouts._interpolated(corners, at, inputs, rule), wanted)


def test_a_gene_that_is_off_is_off_and_takes_its_targets_along():
    plain = knockouts.circuit_cells(np.random.default_rng(1), cells=300)
    off = knockouts.circuit_cells(np.random.default_rng(1), cells=300, out="Pu.1")
    assert plain.shape == (300, 11)
    assert plain.to_numpy().min() >= 0
    assert plain.to_numpy().max() <= 1
    assert off["Pu.1"].max() == 0
    assert off["cJun"].mean() < plain["cJun"].mean() / 2
    assert off["Gata1"].mean() > plain["Gata1"].mean()  # which Pu.1 holds down


def test_correlations_of_words_are_those_of_numpy():
    rng = np.random.default_rng(2)
    tokens = list(rng.choice(["a", "b", "c", "d"], 400, p=[0.1, 0.1, 0.1, 0.7]))
    texts = pd.DataFrame({"tokens": [tokens]})
    found = knockouts.word_correlations(texts, [{"words": ["a", "b", "c"]}], size=5)
    pieces = [tokens[i : i + 5] for i in range(0, 400, 5)] + [[]]
    inside = np.array([[w in piece for w in "abc"] for piece in pieces], float)
    wanted = np.corrcoef(inside.T)[:2, 2]
    np.testing.assert_allclose(found[0], wanted, atol=1e-5)
    assert len(found) == 1
    assert knockouts.word_correlations(texts, [{"words": ["zebra", "a"]}])[0] == pytest.approx([0])
