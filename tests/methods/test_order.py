import numpy as np
import pytest

from celltoken.methods.order import Associations, Choices, draw_choices, next_told, taking_turns


def by_place(rng, sequences=800, length=40, size=200, noise=0.15):
    """Sequences whose tokens stand at a place of their own, give or take: no order beyond it."""
    place = rng.random(size)
    lines = []
    for _ in range(sequences):
        drawn = rng.permutation(size)[:length]
        lines.append(drawn[np.argsort(place[drawn] + noise * rng.normal(size=length))])
    return np.array(lines)


def test_an_order_that_is_planted_is_found():
    rng = np.random.default_rng(0)
    lines = taking_turns(by_place(rng, sequences=1600, noise=0.5), rng)
    told = next_told(lines, np.arange(1600), rng, apart=(8, 20))
    assert told["in order"] > told["shuffled"] + 0.05
    assert told["in order"] > told["set and place"] + 0.05
    assert told["place"] > 0.55


def test_where_place_is_all_order_adds_nothing():
    rng = np.random.default_rng(1)
    told = next_told(by_place(rng), np.arange(800), rng, apart=(8, 20))
    assert told["place"] > 0.7
    assert told["in order"] < told["set and place"] + 0.03


def test_sequences_in_random_order_leave_guessing():
    rng = np.random.default_rng(2)
    lines = rng.permuted(by_place(rng), axis=1)
    told = next_told(lines, np.arange(800), rng, apart=(8, 20))
    assert all(0.44 < share < 0.56 for share in told.values()), told


def test_turns_keep_the_tokens_of_each_sequence():
    rng = np.random.default_rng(3)
    lines = by_place(rng, sequences=50)
    turned = taking_turns(lines, rng)
    np.testing.assert_array_equal(np.sort(lines, 1), np.sort(turned, 1))
    assert (lines != turned).any()


def test_choices_are_what_they_say():
    rng = np.random.default_rng(4)
    lines = by_place(rng, sequences=30)
    found = draw_choices(lines, rng, lags=3, apart=(5, 9), each=4)
    at = {token: i for i, token in enumerate(lines[0])}
    mine = [i for i in range(len(found.next)) if found.next[i] in at and found.other[i] in at]
    assert len(found.next) == 120
    for i in mine:
        line = next(row for row in lines if row[found.place[i]] == found.next[i])
        np.testing.assert_array_equal(
            line[found.place[i] - 3 : found.place[i]][::-1], found.before[i]
        )
        break
    for i in range(120):
        assert found.next[i] not in found.before[i]
        assert found.other[i] not in found.before[i]
    mixed = found.shuffled(rng)
    np.testing.assert_array_equal(np.sort(mixed.before, 1), np.sort(found.before, 1))


def test_log_odds_are_counted_by_hand():
    lines = np.array([[0, 1, 2, 0, 1]])
    known = Associations(lines, 3, lags=1)
    share = np.array([3, 3, 2]) / 8
    np.testing.assert_allclose(known.share, share)
    after_zero = (np.array([0, 2, 0]) + 5 * share) / (2 + 5)
    np.testing.assert_allclose(known.follows[0][0], np.log(after_zero / share), rtol=1e-5)
    np.testing.assert_allclose(known.place, [(0 + 3 + 4) / 4, (1 + 4 + 4) / 4, (2 + 4) / 3])
    one = Choices(np.array([[0]]), np.array([1]), np.array([2]), np.array([1]))
    wanted = known.follows[0][0, 1] - known.follows[0][0, 2]
    np.testing.assert_allclose(known.features(one)["order"], [[wanted]])


def test_what_cannot_be_asked_is_refused():
    rng = np.random.default_rng(5)
    with pytest.raises(ValueError, match="four or more"):
        next_told(by_place(rng, sequences=6), [0, 0, 1, 1, 2, 2], rng)
    with pytest.raises(ValueError, match="longer"):
        draw_choices(np.zeros((3, 6), int), rng)
