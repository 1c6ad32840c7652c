"""Rotations, hubs, mutual neighbours and meetings, against closed forms and plain loops."""

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


def test_a_match_by_theme_knows_theme_and_size_only():
    rng = np.random.default_rng(4)
    centres = 10 * rng.normal(size=(5, 6))
    theme = np.arange(100) % 5
    b = centres[theme] + 0.1 * rng.normal(size=(100, 6))
    size = rng.permutation(100)
    match = alignment.themes_of(b, 5, size, size, rng)
    nearest = match(b, b).argsort(1)[:, ::-1]
    assert (theme[nearest[:, :20]] == theme[:, None]).all()
    assert (nearest[:, 0] == np.arange(100)).all()  # the same size
    blind = alignment.themes_of(b, 5, np.zeros(100), size, rng)(b, b).argsort(1)[:, ::-1]
    for each in range(5):  # the least of the theme, whoever asks
        assert len(set(blind[theme == each, 0])) == 1


def test_mutual_neighbours_are_mutual():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(40, 3)), rng.normal(size=(30, 3))
    apart = np.linalg.norm(a[:, None] - b[None], axis=2)
    want = {
        (i, j)
        for i in range(40)
        for j in range(30)
        if j in np.argsort(apart[i])[:4] and i in np.argsort(apart[:, j])[:4]
    }
    assert (
        set(zip(*map(np.ndarray.tolist, alignment.mutual_neighbours(a, b, 4)), strict=True)) == want
    )


def two_groups(rng, move, n=60, d=12):
    """Types at fixed places in one group, and in the other after a movement."""
    label = np.repeat(np.arange(6), n // 6)
    centres = 4 * rng.normal(size=(6, d))
    a = centres[label] + rng.normal(size=(n, d))
    b = move(centres[label] + rng.normal(size=(n, d)))
    return np.vstack([a, b]), np.repeat(["a", "b"], n), np.tile(label, 2)


def test_a_shift_needs_the_mean_alone_and_a_small_turn_the_rotation():
    rng = np.random.default_rng(6)
    x, group, label = two_groups(rng, lambda y: y + 30)
    met = {
        "none": alignment.meetings(x, group, label, 5)["met"],
        "mean": alignment.meetings(alignment.centred_by(x, group), group, label, 5)["met"],
    }
    assert met["none"] == 0 and met["mean"] > 0.4
    angle = 0.9
    turn = np.eye(12)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turn[2:4, 2:4] = turn[:2, :2]
    x, group, label = two_groups(rng, lambda y: y @ turn + 30)
    mean = alignment.meetings(alignment.centred_by(x, group), group, label, 5)["met"]
    rotated = alignment.rotated_onto(x, group)
    assert alignment.meetings(rotated, group, label, 5)["met"] > mean + 0.1
    first = group == "a"
    assert np.allclose(rotated[first], x[first] - x[first].mean(0))


def test_meetings_by_hand():
    x = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.3]])
    group, label = list("ababab"), [1, 1, 1, 2, 2, 2]
    found = alignment.meetings(x, group, label, 1)
    # neighbours: 1, 0 or 2, 1, 4, 3, 4
    assert found["mixed"] == 1 and found["met"] == 1
    found = alignment.meetings(x, group, [1, 2, 1, 2, 2, 2], 1)
    assert found["mixed"] == 1 and found["met"] == pytest.approx(3 / 6)
    far = x + 100 * (np.array(group) == "a")[:, None]
    apart = alignment.meetings(far, group, label, 1)
    assert apart["mixed"] == 0 and apart["alike"] > 0


def test_best_possible_is_what_mixing_at_random_gives():
    rng = np.random.default_rng(9)
    label = np.repeat([0, 1], [30, 60])
    group = np.r_[np.repeat(["a", "b"], [10, 20]), np.repeat(["a", "b"], 30)]
    x = 50.0 * label[:, None] + rng.normal(size=(90, 3))
    drawn = [
        alignment.meetings(x + rng.normal(size=x.shape), rng.permuted(group[:30]).tolist()
        + rng.permuted(group[30:]).tolist(), label, 6)["met"]
        for _ in range(40)
    ]  # fmt: skip
    assert np.mean(drawn) == pytest.approx(alignment.best_possible(group, label, 6), abs=0.01)
    assert alignment.best_possible(["a", "b"], [1, 1], 4) == 0.25  # one of four can be met
    assert alignment.best_possible(["a", "b"], [1, 2], 1) == 0


def test_what_was_learnt_from_a_row_does_not_count_for_it():
    rng = np.random.default_rng(10)
    x, group, label = two_groups(rng, lambda y: y + 30, n=120, d=60)
    split = np.arange(240).astype(str)
    held = [
        alignment.met_held_out(x, group, label, 5, split, rng, align)
        for align in (alignment.centred_by, alignment.rotated_onto)
    ]
    assert 0.4 < held[0] < 1.1 and held[1] < held[0] + 0.1
    inside = alignment.meetings(alignment.rotated_onto(x, group), group, label, 5)["met"]
    assert inside / alignment.best_possible(group, label, 5) > held[1] + 0.1  # it pulls


def test_directions_that_correlate_are_shared():
    rng = np.random.default_rng(7)
    x, group, label = two_groups(rng, lambda y: 3 * y + 20)
    z = alignment.shared_directions(x, group, 5)
    assert np.allclose(np.linalg.norm(z, axis=1), 1)
    assert alignment.meetings(z, group, label, 5)["met"] > 0.4
    with pytest.raises(ValueError, match="two different values"):
        alignment.shared_directions(x, label)


def test_centred_rows_have_length_one_and_no_mean_direction():
    rng = np.random.default_rng(8)
    x = alignment.centred_rows(rng.normal(size=(500, 6)) + 3)
    assert np.allclose(np.linalg.norm(x, axis=1), 1)
    assert np.linalg.norm(x.mean(0)) < 0.15
