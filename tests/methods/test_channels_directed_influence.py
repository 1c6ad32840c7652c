import numpy as np
import pytest

from celltoken.methods.channels import fused, one_scale, same_label
from celltoken.methods.directed import persistence, random_walk, steps_of_random_sign
from celltoken.methods.influence import ranks_agree


def test_one_scale_is_one_number():
    x = np.random.default_rng(0).normal(3, 2, (50, 4)) * [1, 2, 3, 4]
    found = one_scale(x)
    assert (found**2).sum(1).mean() == pytest.approx(1)
    ratio = (x - x.mean(0)) / found
    assert np.ptp(ratio) < 1e-9
    with pytest.raises(ValueError, match="vary"):
        one_scale(np.ones((5, 2)))


def test_a_batch_in_both_channels_grows_by_fusing_and_one_in_neither_does_not():
    rng = np.random.default_rng(1)
    batch = np.arange(300) % 2
    channels = [rng.normal(size=(300, 10)) for _ in "12"]
    moved = [x + 1.2 * np.outer(batch, np.eye(10)[0]) for x in channels]
    alone = [same_label(x, batch) for x in moved]
    assert same_label(fused(*moved, 10), batch) > max(alone) + 0.02
    assert same_label(fused(*channels, 10), batch) == pytest.approx(0.5, abs=0.04)


def test_neighbours_of_ones_own_group_are_left_out():
    x = np.repeat(np.eye(12), 4, axis=0)
    label = np.repeat(np.arange(12) % 2, 4)
    assert same_label(x, label, k=3) == 1
    assert same_label(x, label, np.repeat(np.arange(12), 4), k=3) < 1


def measured(states, rng, noise=0.5):
    return tuple(states + noise * rng.normal(size=states.shape) for _ in "12")


def test_lines_walks_and_returns_have_their_cosines():
    rng = np.random.default_rng(2)
    way = rng.normal(size=(1, 30, 40))
    line = np.arange(6)[:, None, None] * way
    walk = rng.normal(size=(6, 30, 40)).cumsum(0)
    around = rng.normal(size=(6, 30, 40))
    back = (np.arange(6) % 2)[:, None, None] * way
    for states, wanted in ((line, 1), (walk, 0), (around, -0.5), (back, -1)):
        found = persistence(*measured(states, rng))
        assert found == pytest.approx(wanted, abs=0.06)
        one, two = measured(states, np.random.default_rng(3))
        assert persistence(one, two) == pytest.approx(persistence(one[::-1], two[::-1]))


def test_noise_alone_would_turn_back_if_it_were_left_in():
    rng = np.random.default_rng(4)
    one, _ = measured(rng.normal(size=(6, 30, 40)).cumsum(0), rng, noise=3)
    assert persistence(one, one) < -0.3


def test_a_walk_of_the_same_lengths_has_no_direction():
    rng = np.random.default_rng(5)
    line = np.arange(6)[:, None, None] * rng.normal(size=(1, 30, 40))
    pair = measured(line, rng)
    found = [persistence(*random_walk(*pair, rng)) for _ in range(10)]
    assert np.mean(found) == pytest.approx(0, abs=0.05)
    walk = random_walk(*pair, rng)
    assert np.std(walk[0] - walk[1]) == pytest.approx(np.std(pair[0] - pair[1]), rel=0.1)
    with pytest.raises(ValueError, match="three times"):
        persistence(line[:2], line[:2])


def test_signs_at_random_reach_what_all_patterns_but_the_given_one_say():
    # steps along one axis: cosines 1, 1, -1, so patterns give -1, -1/3, 1/3 and 1
    line = np.array([0.0, 1, 2, 3, 2])[:, None, None] * np.ones((1, 1, 7))
    rng = np.random.default_rng(0)
    assert persistence(line, line) == pytest.approx(1 / 3)
    assert steps_of_random_sign(line, line, rng) == pytest.approx(1)
    assert steps_of_random_sign(line, line, rng, level=0.5) == pytest.approx(-1 / 3)


@pytest.mark.parametrize("times", [9, 30])
def test_a_line_beats_signs_at_random_and_a_walk_seldom_does(times):
    rng = np.random.default_rng(6)
    way = rng.normal(size=(1, 1, 60))
    line = measured(np.arange(times)[:, None, None] * way, rng, 0.1)
    assert persistence(*line) > steps_of_random_sign(*line, rng) + 0.2
    leads = []
    for _ in range(100):
        walk = measured(rng.normal(size=(times, 1, 60)).cumsum(0), rng, 0.1)
        leads.append(persistence(*walk) > steps_of_random_sign(*walk, rng))
    assert np.mean(leads) < 0.12  # one in twenty is meant


def test_ranks_agree_as_counted_by_hand():
    effects = [[1, 2, 3, 4], [4, 3, 2, 1]]
    assert ranks_agree(effects, effects) == pytest.approx(1)
    assert ranks_agree([[1, 2, 3, 4]] * 2, effects) == pytest.approx(0)
    assert ranks_agree([[1, 2, 3, 4], [1, 1, 1, 1]], effects) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="three sources"):
        ranks_agree([[1, 2]], [[1, 2]])
