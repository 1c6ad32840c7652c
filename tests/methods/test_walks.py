"""Walks on graphs whose answers are known: closed forms, NetworkX, and the formula of the paper."""

import networkx as nx
import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr

from celltoken.methods import walks


def ring(n):
    """Steps to the left and right neighbour with equal probability."""
    return (np.roll(np.eye(n), 1, 1) + np.roll(np.eye(n), -1, 1)) / 2


def line(n):
    """The same on a line, with an end at either side where the walk turns back."""
    step = ring(n)
    step[0], step[-1] = np.eye(n)[1], np.eye(n)[-2]
    return step


def curve(n=60, noise=0.0, seed=0):
    """Points along three quarters of a circle, and how far along."""
    t = np.linspace(0, 1, n)
    x = np.c_[np.cos(1.5 * np.pi * t), np.sin(1.5 * np.pi * t)]
    return x + noise * np.random.default_rng(seed).normal(size=x.shape), t


def test_steps_of_the_diffusion_map_are_those_of_the_paper():
    x, _ = curve(40, 0.05)
    graph = walks.neighbour_graph(x, 6)
    weights = graph.obsp["connectivities"].toarray().astype(float)
    density = weights.sum(1)
    kernel = weights / density[:, None] / density[None]  # alpha = 1
    by_hand = kernel / kernel.sum(1, keepdims=True)
    assert walks.transitions(graph).toarray() == pytest.approx(by_hand, abs=1e-6)


def test_walks_inside_agree_with_counting_paths():
    # On a ring of six, three tokens in a row: all paths of two steps, listed.
    inside = np.array([True, True, True, False, False, False])
    paths = [(s, s + a, s + a + b) for s in range(3) for a in (-1, 1) for b in (-1, 1)]
    home = np.mean([0 <= path[-1] % 6 <= 2 for path in paths])
    assert walks.inside_after(ring(6), inside, 2) == pytest.approx(home)
    assert walks.inside_after(ring(6), inside, 0) == 1


def test_walks_agree_with_simulated_ones_on_a_club():
    club = nx.karate_club_graph()
    weights = nx.to_numpy_array(club, weight=None)
    step = weights / weights.sum(1, keepdims=True)
    faction = np.array([club.nodes[i]["club"] for i in club])
    rng = np.random.default_rng(0)
    found = []
    for each in np.unique(faction):
        at = np.repeat(np.flatnonzero(faction == each), 400)
        for _ in range(5):
            at = np.array([rng.choice(list(club[i])) for i in at])
        found.append(np.mean(faction[at] == each))
    assert walks.inside_own_group(step, faction, 5) == pytest.approx(np.mean(found), abs=0.02)


def test_after_many_steps_a_walk_is_where_the_degrees_say():
    club = nx.karate_club_graph()
    weights = nx.to_numpy_array(club, weight=None)
    step = weights / weights.sum(1, keepdims=True)
    few = np.arange(34) < 7
    rest = weights[few].sum() / weights.sum()
    assert walks.inside_after(step, few, 3000) == pytest.approx(rest)


def test_regions_are_balls_as_large_as_the_groups():
    turn = 2 * np.pi * np.arange(25) / 25
    x, groups = np.c_[np.cos(turn), np.sin(turn)], np.repeat(["a", "b"], [5, 20])
    balls = walks.own_regions(-cdist(x, x), groups, 0, draws=30)
    assert list(balls.sum(1)) == [5] * 30 + [20] * 30
    for ball in balls[:30]:  # five in a row, wherever they begin
        gaps = np.flatnonzero(ball != np.roll(ball, 1))
        assert len(gaps) == 2
    assert len({tuple(ball) for ball in balls[:30]}) > 5
    five = np.isin(np.arange(25), [23, 24, 0, 1, 2])  # all alike on a ring
    found = walks.inside_after(ring(25), balls[:30], 4)
    assert found == pytest.approx(np.full(30, walks.inside_after(ring(25), five, 4)))


def test_a_group_that_is_a_component_keeps_its_walks_and_a_permuted_one_does_not():
    step = np.kron(np.eye(2), ring(30))
    kind = np.repeat(["a", "b"], 30)
    assert walks.inside_own_group(step, kind, 9) == pytest.approx(1)
    mixed = np.random.default_rng(1).permutation(kind)
    assert walks.inside_own_group(sparse.csr_matrix(step), mixed, 9) < 0.65


def test_reaching_is_the_ruin_of_a_gambler():
    # From i on 0..10 with both ends absorbing, 10 comes before 0 with probability i / 10.
    step = line(11)
    step[0] = np.eye(11)[0]
    for start in (1, 4, 9):
        found = walks.reached(step, np.arange(11) == start, np.arange(11) == 10, 5000)
        assert found == pytest.approx(start / 10)


def test_without_the_only_bridge_nobody_arrives():
    graph = nx.barbell_graph(6, 1)
    weights = nx.to_numpy_array(graph, nodelist=range(13))
    step = weights / weights.sum(1, keepdims=True)
    number = np.arange(13)
    left, right, bridge = number < 6, number > 6, number == 6
    assert walks.reached(step, left, right, 400) > 0.95
    assert walks.reached(step, left, right, 400, without=bridge) == 0
    assert walks.reached(step, left, right, 400, without=number == 0) > 0.95


def test_what_is_left_of_a_step_becomes_likelier_and_who_is_cut_off_stays():
    step = np.array([[0, 0.5, 0.3, 0.2], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    number = np.arange(4)
    found = walks.reached(step, number == 0, number == 2, 1, without=number == 1)
    assert found == pytest.approx(0.6)
    assert walks.reached(step, number == 1, number == 2, 9, without=number == 0) == 0


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (dict(source=[True, False, False], target=[True, False, True]), "in common"),
        (dict(source=[True, False, False], target=[False] * 3), "empty"),
        (dict(source=[1, 0, 0], target=[False, False, True]), "bools"),
        (dict(source=[True, False, False], target=[False, True, False], steps=-1), "steps"),
    ],
)
def test_sets_that_make_no_sense_are_named(given, match):
    given = {"steps": 3} | {
        name: np.array(each) if isinstance(each, list) else each for name, each in given.items()
    }
    with pytest.raises(ValueError, match=match):
        walks.reached(ring(3), **given)


def test_a_bridge_is_told_from_other_tokens():
    # Two clouds of 40 and a thread of eight between them; nothing else connects them.
    rng = np.random.default_rng(2)
    thread = np.c_[np.linspace(2, 8, 8), np.zeros(8)]
    x = np.vstack([rng.normal(size=(40, 2)), rng.normal(size=(40, 2)) + [10, 0], thread])
    number = np.arange(88)
    step = walks.transitions(walks.neighbour_graph(x, 6))
    way = [(number < 40, (number >= 40) & (number < 80))]
    found = walks.crossings(step, x, number >= 80, way, 2000, 0)
    assert list(found) == ["nothing", "the bridge", "as many others", "a region as large"]
    assert found["nothing"] > 0.8
    assert found["the bridge"] == 0
    assert found["as many others"] > 0.5
    with pytest.raises(ValueError, match="only 8 tokens"):
        walks.crossings(step, x, number < 40, [(number >= 80, way[0][1])], 5, 0)


def test_pseudotime_follows_a_curve_that_straight_lines_cut():
    x, t = curve(120, 0.02)
    graph = walks.neighbour_graph(x, 10)
    assert spearmanr(walks.pseudotime(graph, 0), t)[0] > 0.99
    assert spearmanr(np.linalg.norm(x - x[0], axis=1), t)[0] < 0.85


def test_pseudotime_is_the_distance_between_all_walks_together():
    # Haghverdi et al.: rows of the sum of all powers of the symmetric matrix, stationary part off.
    x, _ = curve(30, 0.05, seed=3)
    graph = walks.neighbour_graph(x, 8)
    weights = graph.obsp["connectivities"].toarray().astype(float)
    density = weights.sum(1)
    kernel = weights / density[:, None] / density[None]
    degree = kernel.sum(1)
    symmetric = kernel / np.sqrt(degree[:, None] * degree[None])
    still = np.sqrt(degree / degree.sum())
    moving = symmetric - np.outer(still, still)
    every = np.linalg.inv(np.eye(30) - moving) - np.eye(30)
    by_hand = np.linalg.norm(every - every[4], axis=1)
    found = walks.pseudotime(graph, 4)
    assert found[4] == 0
    assert found.max() == pytest.approx(1)
    # scanpy keeps ten components of thirty
    assert found == pytest.approx(by_hand / by_hand.max(), abs=0.05)


def test_no_path_is_farther_than_every_path():
    x = np.vstack([curve(30)[0], curve(30)[0] + 100])
    graph = walks.neighbour_graph(x, 5)
    found = walks.pseudotime(graph, 0)
    assert (found[:30] <= 1).all()
    assert (found[30:] == 2).all()
    assert np.isinf(walks.path_length(graph, 0)[30:]).all()


def test_shortest_paths_agree_with_networkx():
    x, _ = curve(40, 0.05)
    graph = walks.neighbour_graph(x, 5)
    edges = nx.from_scipy_sparse_array(graph.obsp["distances"])
    other = nx.single_source_dijkstra_path_length(edges, 7)
    assert walks.path_length(graph, 7) == pytest.approx([other[i] for i in range(40)], rel=1e-5)


def test_the_middle_is_a_member():
    x = np.array([[0.0], [1], [2], [100], [1.1]])
    assert walks.middle_of(x, np.array([True, False, True, True, False])) == 2
    with pytest.raises(ValueError, match="k must be"):
        walks.neighbour_graph(np.eye(5), 9)
