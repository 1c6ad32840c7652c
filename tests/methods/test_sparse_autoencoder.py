"""Against sums written out, finite differences, planted dictionaries and scikit-learn."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.decomposition import sparse_encode
from sklearn.metrics import r2_score

from celltoken.methods import sparse_autoencoder as sae


def planted(rng, rows=3000, latents=24, columns=40, active=3):
    """Rows that are sums of a few known directions; the directions, and which made which row."""
    truth = rng.normal(size=(latents, columns))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    code = np.zeros((rows, latents))
    for row in code:
        row[rng.choice(latents, active, replace=False)] = rng.uniform(1, 2, active)
    return code @ truth, truth, code


def test_a_planted_dictionary_is_found_and_the_codes_are_its_codes():
    x, truth, code = planted(np.random.default_rng(0))
    made = sae.train(x, 24, 3, rng=1, steps=3000)
    cosines, (mine, theirs) = sae.matched(made.features, truth)
    assert np.median(cosines) > 0.97
    assert made.explained(x) > 0.9
    good = cosines > 0.97
    found = made.encode(x)[:, mine[good]] > 0
    assert np.mean(found == (code[:, theirs[good]] > 0)) > 0.95


def test_directions_out_of_nothing_are_not_found():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1500, 40))
    made = sae.train(x, 24, 3, rng=2, steps=600)
    other = sae.train(x, 24, 3, rng=3, steps=600)
    assert np.median(sae.matched(made.features, other.features)[0]) < 0.6


def test_a_code_keeps_the_largest_positive_activations_as_a_loop_does():
    rng = np.random.default_rng(2)
    activations = rng.normal(size=(30, 12))
    code = sae.keep_largest(activations, 5)
    for given, kept in zip(activations, code, strict=True):
        largest = sorted(range(12), key=lambda i: -given[i])[:5]
        expected = [given[i] if i in largest and given[i] > 0 else 0 for i in range(12)]
        assert kept == pytest.approx(expected)
    assert (sae.keep_largest(activations, 20) == np.maximum(activations, 0)).all()


def test_encode_and_decode_are_the_formula():
    x, _, _ = planted(np.random.default_rng(3), rows=200)
    made = sae.train(x, 16, 4, rng=0, steps=50)
    row = (x[7] - made.centre) / made.scale
    said = row @ made.read + made.bias
    kept = np.where(said >= np.sort(said)[-4], np.maximum(said, 0), 0)
    assert made.encode(x[7:8])[0] == pytest.approx(kept, abs=1e-5)
    again = made.centre + made.scale * sum(k * f for k, f in zip(kept, made.features, strict=True))
    assert made.decode(kept[None])[0] == pytest.approx(again, abs=1e-4)
    assert np.linalg.norm(made.features, axis=1) == pytest.approx(1, abs=1e-5)


def test_explained_is_r2_of_all_columns_by_their_variance():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(50, 6)) * np.arange(1, 7)
    again = x + rng.normal(size=x.shape)
    expected = r2_score(x, again, multioutput="variance_weighted")
    assert sae.explained(x, again) == pytest.approx(expected)


def test_gradients_are_finite_differences():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(9, 5))
    read, bias, features = rng.normal(size=(5, 7)), rng.normal(size=7), rng.normal(size=(7, 5))
    shapes = [read.shape, bias.shape, features.shape]
    ends = np.cumsum([0, *map(np.prod, shapes)])

    def loss(flat):
        r, b, f = (flat[i:j].reshape(s) for i, j, s in zip(ends, ends[1:], shapes, strict=False))
        return np.mean(np.sum((sae.keep_largest(x @ r + b, 3) @ f - x) ** 2, axis=1))

    code = sae.keep_largest(x @ read + bias, 3)
    found, *slopes = sae.gradients(x, code, features, read)
    flat = np.concatenate([read.ravel(), bias, features.ravel()])
    assert found == pytest.approx(loss(flat))
    numeric = approx_fprime(flat, loss, 1e-7)
    assert np.concatenate([each.ravel() for each in slopes]) == pytest.approx(numeric, abs=1e-4)


def test_it_explains_nearly_what_matching_pursuit_does_with_its_own_features():
    x, _, _ = planted(np.random.default_rng(6))
    made = sae.train(x, 24, 3, rng=0, steps=3000)
    rows = (x - made.centre) / made.scale
    code = sparse_encode(rows, made.features, algorithm="omp", n_nonzero_coefs=3)
    best = sae.explained(x, made.decode(code))
    assert made.explained(x) == pytest.approx(best, abs=0.02)


def test_the_dead_are_revived():
    x, _, _ = planted(np.random.default_rng(7), rows=800)
    left = sae.train(x, 200, 2, rng=0, steps=400, revive=False)
    made = sae.train(x, 200, 2, rng=0, steps=400)
    assert left.dead[-1] > 0.1
    assert made.dead[-1] < left.dead[-1] / 2


def test_the_same_start_gives_the_same_dictionary():
    x, _, _ = planted(np.random.default_rng(8), rows=300)
    one, two = (sae.train(x, 16, 3, rng=4, steps=60) for _ in range(2))
    assert (one.features == two.features).all()


def test_matched_pairs_are_one_to_one():
    features = np.eye(4)
    cosines, (mine, theirs) = sae.matched(features, features[[2, 0, 3, 1]])
    assert cosines == pytest.approx(1)
    assert list(theirs[np.argsort(mine)]) == [1, 3, 0, 2]


def test_what_cannot_be_trained_on_says_so():
    with pytest.raises(ValueError, match="variance"):
        sae.train(np.ones((20, 3)), 4, 2)
    with pytest.raises(ValueError, match="active"):
        sae.train(np.eye(5), 4, 6)
