"""Rotations, hubs, mutual neighbours and meetings, against closed forms and plain loops."""

import itertools

import numpy as np
import pytest
from scipy.stats import special_ortho_group

from celltoken.methods import alignment


def turned(rng, n=200, d=8):
    a = rng.normal(size=(n, d))
    return a, special_ortho_group.rvs(d, random_state=0)


def test_a_rotation_is_found_and_is_the_best_there_is():
    rng = np.random.default_rng(0)
    a, w = turned(rng)
    assert np.allclose(alignment.rotation(a, a @ w), w)
    noisy = a @ w + rng.normal(size=a.shape)
    found = alignment.rotation(a, noisy)
    assert np.allclose(found @ found.T, np.eye(8))
    for other in (w, np.eye(8), special_ortho_group.rvs(8, random_state=1)):
        assert np.linalg.norm(a @ found - noisy) <= np.linalg.norm(a @ other - noisy) + 1e-9
    with pytest.raises(ValueError, match="one shape"):
        alignment.rotation(a, a[:5])


def test_csls_is_twice_the_cosine_less_what_is_near_anyway():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(6, 4)), rng.normal(size=(9, 4))
    cosine = [[x @ y / np.linalg.norm(x) / np.linalg.norm(y) for y in b] for x in a]
    cosine = np.array(cosine)
    for i, j in ((0, 0), (3, 7), (5, 8)):
        near = np.mean(sorted(cosine[i])[-3:]) + np.mean(sorted(cosine[:, j])[-3:])
        assert alignment.csls(a, b, 3)[i, j] == pytest.approx(2 * cosine[i, j] - near)


def test_hubs_of_many_dimensions_are_seen_and_corrected():
    rng = np.random.default_rng(2)
    a, b = 0.5 + rng.normal(size=(400, 60)), 0.5 + rng.normal(size=(400, 60))
    cosine = alignment.similarity(a, b)
    assert alignment.hubness(cosine) > 1.5 * alignment.hubness(alignment.csls(a, b))
    close = np.zeros((9, 3))
    close[:, 0] = 1  # one column is everybody's nearest: counts 9, 0, 0
    assert alignment.hubness(close, 1) == pytest.approx(1 / np.sqrt(2))


def test_ranks_count_what_is_nearer_and_half_of_ties():
    close = np.array([[3.0, 2, 1, 2], [0, 0, 0, 0]])
    assert alignment.ranks(close, {0: [1], 1: [2]}).tolist() == [1.5, 1.5]
    assert alignment.ranks(close, {0: [2, 0], 1: [2]}, rows=[0]).tolist() == [0]


def test_held_out_pairs_are_found_only_with_the_right_dictionary():
    rng = np.random.default_rng(3)
    a, w = turned(rng, 300, 10)
    order = rng.permutation(300)
    b = (a @ w)[order] + 0.1 * rng.normal(size=a.shape)
    place = np.argsort(order)
    answers = {i: [int(place[i])] for i in range(200)}
    assert (alignment.cross_fitted(a, b, answers, rng) == 0).mean() > 0.95
    assert (alignment.cross_fitted(a, b, answers, rng, permute=True) < 10).mean() < 0.15
    noise = rng.normal(size=a.shape)  # held out means held out: nothing is found in noise
    assert (alignment.cross_fitted(a, noise, answers, rng) < 10).mean() < 0.15


def test_tokens_that_share_an_answer_are_of_one_family():
    rng = np.random.default_rng(11)
    answers = {int(i): rng.integers(0, 90, rng.integers(1, 4)).tolist() for i in range(0, 120, 2)}
    found = alignment.families(answers)
    sets = [set(right) for right in answers.values()]
    mine = list(range(len(sets)))
    for _ in sets:  # the least number among those one can go to, until nothing changes
        mine = [min(m for m, other in zip(mine, sets, strict=True) if own & other) for own in sets]
    assert ((found[:, None] == found) == (np.array(mine)[:, None] == np.array(mine))).all()
    assert set(found) == set(range(found.max() + 1))


def test_nothing_leaks_through_a_shared_answer():
    rng = np.random.default_rng(12)
    a, b = np.repeat(rng.normal(size=(20, 60)), 2, axis=0), rng.normal(size=(400, 60))
    shared = {i: [i // 2] for i in range(40)}  # twins with one answer, and spaces without relation
    assert (alignment.cross_fitted(a, b, shared, rng) < 10).mean() < 0.2
    own = {i: [i] for i in range(40)}
    b[20:40] = b[:20]
    b[:40] = b[np.arange(40) // 2]  # twins again, with an answer of the same place each
    assert (alignment.cross_fitted(a, b, own, rng) < 10).mean() > 0.4  # which is what leaks
