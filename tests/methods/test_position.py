"""Places read from vectors: against closed forms, with blocks and single tokens left out."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score

from celltoken.methods.places import blocks
from celltoken.methods.position import PENALTIES, predicted_places, r_squared


def sheet(rng, side=18, noise=0.05, curled=False):
    """A grid of tokens whose vectors are a linear map of their places, or curled up."""
    at = np.array([(i, j) for i in range(side) for j in range(side)], float)
    seen = at / side
    if curled:  # every patch of the sheet looks unlike its neighbours, in a random direction
        patch = (at // 3) @ [1, 100]
        seen = rng.normal(size=(10_000, 12))[patch.astype(int)]
    x = seen @ rng.normal(size=(seen.shape[1], 12)) + rng.normal(0, noise, (len(at), 12))
    return x, at, blocks(at)


def test_r_squared_is_the_mean_of_scikit_learns():
    rng = np.random.default_rng(0)
    at, guess = rng.normal(size=(50, 3)), rng.normal(size=(50, 3))
    expected = r2_score(at, guess, multioutput="uniform_average")
    assert r_squared(at, guess) == pytest.approx(expected)
    assert r_squared(at, at) == 1
    assert r_squared(at, np.broadcast_to(at.mean(0), at.shape)) == 0
    with pytest.raises(ValueError, match="coordinate"):
        r_squared(np.c_[at, np.ones(50)], np.c_[guess, guess[:, 0]])


def test_a_sheet_is_read_in_blocks_that_were_never_seen():
    x, at, block = sheet(np.random.default_rng(1))
    linear = r_squared(at, predicted_places(x, at, "linear", block))
    nearest = r_squared(at, predicted_places(x, at, "nearest", block))
    cluster = r_squared(at, predicted_places(x, at, "cluster", block))
    assert linear > 0.95 and linear > nearest > cluster


def test_a_patchwork_is_read_by_neighbours_only_while_they_are_there():
    x, at, block = sheet(np.random.default_rng(2), curled=True)
    assert r_squared(at, predicted_places(x, at, "nearest")) > 0.9
    assert r_squared(at, predicted_places(x, at, "nearest", block)) < 0.75
    assert r_squared(at, predicted_places(x, at, "linear", block)) < 0.3


def test_a_block_is_predicted_from_all_others_by_ridge_regression():
    x, at, block = sheet(np.random.default_rng(3), side=10)
    found = predicted_places(x, at, "linear", block)
    here = block == block[0]
    mean, scale = x[~here].mean(0), x[~here].std(0)
    model = RidgeCV(PENALTIES).fit((x[~here] - mean) / scale, at[~here])
    np.testing.assert_allclose(found[here], model.predict((x[here] - mean) / scale))


def test_nearest_is_the_mean_of_five_by_hand():
    x = np.arange(20.0)[:, None]
    at = np.c_[x**2]
    found = predicted_places(x, at, "nearest", np.where(x.ravel() == 9, "a", "b"))
    assert found[9, 0] == pytest.approx(np.mean(np.array([8, 10, 7, 11, 6]) ** 2), abs=20)
    assert found[9, 0] in [np.mean(np.array([8, 10, 7, 11, e]) ** 2) for e in (6, 12)]


def test_a_guess_is_the_mean_of_all_others_and_knows_no_place_left_out():
    x, at, block = sheet(np.random.default_rng(5), side=6)
    found = predicted_places(x, at, "mean", block)
    here = block == block[0]
    np.testing.assert_allclose(found[here], np.tile(at[~here].mean(0), (here.sum(), 1)))
    assert r_squared(at, found) < 0


def test_wrong_input_is_named():
    x, at, block = sheet(np.random.default_rng(4), side=6)
    with pytest.raises(ValueError, match="reader"):
        predicted_places(x, at, "guess")
    with pytest.raises(ValueError, match="rows"):
        predicted_places(x, at[:-1])
    with pytest.raises(ValueError, match="group"):
        predicted_places(x, at, "linear", np.full(len(x), "one"))
