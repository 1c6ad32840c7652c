"""Lines and rings against closed forms, brute force and scipy."""

from itertools import permutations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr

from celltoken.methods import sequences


def circle(count, share=1.0):
    angle = 2 * np.pi * share * np.arange(count) / count
    return np.c_[np.cos(angle), np.sin(angle)]


def noise(rng, count, columns=40):
    x = rng.normal(size=(count, columns))
    return cdist(x, x)


def test_distances_are_those_of_scipy_also_in_stacks():
    x = np.random.default_rng(0).normal(size=(3, 5, 4))
    found = sequences.distances(x)
    for one, here in zip(x, found, strict=True):
        np.testing.assert_allclose(here, cdist(one, one), atol=1e-12)


# -- between ---------------------------------------------------------------------------------------


def test_betweenness_by_hand():
    line = cdist([[0.0], [1], [5], [7]], [[0.0], [1], [5], [7]])
    assert sequences.betweenness(line) == 1
    assert sequences.betweenness(line[[1, 0, 2, 3]][:, [1, 0, 2, 3]]) == 0.5  # two of four triples
    assert sequences.betweenness(1.0 - np.eye(3)) == pytest.approx(1 / 3)  # all equal
    isosceles = np.array([[0.0, 1, 2], [1, 0, 2], [2, 2, 0]])
    assert sequences.betweenness(isosceles) == 0.5


def test_the_mean_over_all_orders_is_a_third_whatever_the_distances():
    apart = noise(np.random.default_rng(1), 5)
    found = [sequences.betweenness(apart[np.ix_(o, o)]) for o in permutations(range(5))]
    assert np.mean(found) == pytest.approx(1 / 3)


def test_the_best_order_is_that_of_brute_force():
    rng = np.random.default_rng(2)
    for apart in (noise(rng, 5), cdist(circle(6), circle(6))):
        every = permutations(range(len(apart)))
        brute = max(sequences.betweenness(apart[np.ix_(o, o)]) for o in every)
        assert sequences.best_betweenness(apart) == pytest.approx(brute)


def test_many_triples_share_one_best_order():
    rng = np.random.default_rng(3)
    stack = np.array([noise(rng, 3) for _ in range(25)])
    orders = map(list, permutations(range(3)))
    brute = max(sequences.betweenness(stack[:, o][:, :, o]) for o in orders)
    assert sequences.best_betweenness(stack) == pytest.approx(brute)
    free = np.mean([sequences.best_betweenness(one) for one in stack])
    assert free == 1 > brute  # each triple alone can always be put in order


def test_orders_too_many_and_tables_that_are_none_are_refused():
    with pytest.raises(ValueError, match="too many orders"):
        sequences.best_betweenness(np.ones((9, 9)))
    for bad in (np.ones((2, 2)), np.ones((3, 4)), np.ones(3)):
        with pytest.raises(ValueError, match="at least 3"):
            sequences.betweenness(bad)
    with pytest.raises(ValueError, match="NaN"):
        sequences.betweenness(np.full((3, 3), np.nan))


def test_the_place_of_the_middle_is_where_it_was_put():
    points = np.array([[0.0, 0], [0.3, 0.7], [1, 0]])
    turn = np.linalg.qr(np.random.default_rng(4).normal(size=(6, 2)))[0]
    x = 5 * points @ turn.T + 3
    np.testing.assert_allclose(sequences.place_of_middle(cdist(x, x)), [[0.3, 0.7]], atol=1e-9)
    # Inside the lens means between.
    rng = np.random.default_rng(5)
    stack = np.array([noise(rng, 3, 2) for _ in range(200)])
    at = sequences.place_of_middle(stack)
    inside = (np.linalg.norm(at, axis=1) < 1) & (np.linalg.norm(at - [1, 0], axis=1) < 1)
    assert inside.mean() == pytest.approx(sequences.betweenness(stack))


# -- ring, line, arcs ------------------------------------------------------------------------------


def test_steps_by_hand():
    assert sequences.ring_steps(5)[0].tolist() == [0, 1, 2, 2, 1]
    assert sequences.line_steps(5)[0].tolist() == [0, 1, 2, 3, 4]
    assert sequences.line_steps(5, 2)[0].tolist() == [0, 1, 3, 2, 1]  # 2 3 4 0 1
    arcs = sequences.arc_steps(5, 4, 2)  # 4 and 0 against 1, 2, 3
    assert arcs[0].tolist() == [0, 1, 1, 1, 0] and arcs[2].tolist() == [1, 0, 0, 0, 1]


def test_following_is_spearmans_correlation():
    rng = np.random.default_rng(6)
    apart, steps = noise(rng, 9), sequences.ring_steps(9)
    pairs = np.triu_indices(9, 1)
    expected = spearmanr(apart[pairs], steps[pairs]).statistic
    assert sequences.follows(apart, steps) == pytest.approx(expected)
    assert sequences.follows(1.0 - np.eye(9), steps) == 0
    with pytest.raises(ValueError, match="two tables"):
        sequences.follows(apart, steps[:8, :8])


@pytest.mark.parametrize("count", [7, 12])
def test_a_ring_a_horseshoe_and_two_clusters_are_told_apart(count):
    def three(x):
        apart = cdist(x, x)
        ring = sequences.follows(apart, sequences.ring_steps(count))
        return ring, sequences.best_line(apart), sequences.best_arcs(apart)

    ring, line, arcs = three(circle(count))
    assert ring > 0.98 and ring > line + 0.1 > arcs
    turned = np.roll(np.arange(count), 3)
    ring, line, arcs = three(circle(count, 0.6)[turned])
    assert line > 0.98 and line > ring + 0.1
    inside = np.arange(count) % count < count // 2
    clusters = np.c_[inside, ~inside] + np.random.default_rng(7).normal(0, 0.05, (count, 2))
    ring, line, arcs = three(clusters)
    assert arcs > 0.8 and arcs > max(ring, line)


def test_around_tolerates_uneven_steps_and_not_a_line():
    assert sequences.betweenness_around(cdist(circle(12), circle(12))) == 1
    jitter = np.random.default_rng(8).uniform(-0.2, 0.2, 12)
    angle = 2 * np.pi * (np.arange(12) + jitter) / 12
    uneven = np.c_[np.cos(angle), np.sin(angle)]
    assert sequences.betweenness_around(cdist(uneven, uneven)) > 0.95
    line = np.arange(12.0)[:, None]
    assert sequences.betweenness_around(cdist(line, line)) < 0.7
    rng = np.random.default_rng(9)
    found = [sequences.betweenness_around(noise(rng, 12)) for _ in range(60)]
    assert np.mean(found) == pytest.approx(1 / 3, abs=0.03)


# -- permutations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "number"), [(3, 1), (4, 3), (5, 12), (7, 360)])
def test_orders_of_a_cycle_are_counted(count, number):
    drawn = sequences.orders(count)
    assert len(drawn) == number and drawn[0].tolist() == list(range(count))
    # No two are the same cycle, read from anywhere in either direction.
    edges = {
        frozenset(frozenset((o[i], o[(i + 1) % count])) for i in range(count))
        for o in drawn.tolist()
    }
    assert len(edges) == number
    with pytest.raises(ValueError, match="one order"):
        sequences.orders(2)


def test_seven_tokens_cannot_have_a_smaller_p():
    steps = sequences.ring_steps(7)
    value, permuted, p = sequences.order_test(cdist(circle(7), circle(7)), steps)
    assert value == permuted[0] == permuted.max() and p == pytest.approx(1 / 360)
    assert sequences.order_test(1.0 - np.eye(7), steps)[2] == 1
    twelve = cdist(circle(12), circle(12))
    assert sequences.order_test(twelve, sequences.ring_steps(12), 0, 500)[2] == pytest.approx(
        1 / 501
    )


def test_p_is_spread_evenly_where_there_is_nothing():
    rng = np.random.default_rng(10)
    steps = sequences.ring_steps(6)
    found = [sequences.order_test(noise(rng, 6), steps)[2] for _ in range(200)]
    assert np.mean(np.array(found) <= 0.1) == pytest.approx(0.1, abs=0.06)
    value, permuted, _ = sequences.order_test(apart := noise(rng, 6), steps)
    assert value == pytest.approx(sequences.follows(apart, steps))
    order = sequences.orders(6)[17]
    assert permuted[17] == pytest.approx(sequences.follows(apart[np.ix_(order, order)], steps))
