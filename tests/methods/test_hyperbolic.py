"""Hyperbolic distances and trees against closed forms and other people's code."""

import numpy as np
import pytest
from gensim.models.poincare import PoincareKeyedVectors, PoincareModel
from scipy.cluster.hierarchy import average
from scipy.optimize import approx_fprime
from scipy.spatial.distance import cdist, pdist
from sklearn.manifold import Isomap

from celltoken.methods import hyperbolic, trees

BLOOD = trees.from_brackets("((B, (NK, (CD4 T, CD8 T))), monocyte)")


def points(seed=0, rows=12, dimension=2, spread=1.5):
    return spread * np.random.default_rng(seed).normal(size=(rows, dimension))


# -- distances -------------------------------------------------------------------------------------


def test_distances_from_the_middle_are_the_closed_form():
    x = np.array([[0, 0], [np.sinh(1), 0], [0, np.sinh(2)], [-np.sinh(3), 0]])
    far = hyperbolic.hyperbolic_distances(x)
    assert np.allclose(far[0], [0, 1, 2, 3])
    assert far[1, 3] == pytest.approx(4)  # on one line through the middle
    # a right angle in the middle: the hyperbolic theorem of Pythagoras
    assert np.cosh(far[1, 2]) == pytest.approx(np.cosh(1) * np.cosh(2))
    # in the disc, arctanh of the radius is half the distance
    assert np.allclose(2 * np.arctanh(np.linalg.norm(hyperbolic.to_ball(x), axis=1)), far[0])


def test_both_coordinates_give_the_same_distances_as_gensim():
    x = points()
    ball = hyperbolic.to_ball(x)
    far = hyperbolic.hyperbolic_distances(x)
    assert np.allclose(far, hyperbolic.ball_distances(ball))
    for row, one in zip(far, ball, strict=True):
        assert np.allclose(row, PoincareKeyedVectors.vector_distance_batch(one, ball), atol=1e-6)


def test_a_model_that_gensim_trains_has_its_own_distances():
    model = PoincareModel(BLOOD, size=2, negative=2, seed=1)
    model.train(epochs=5)
    names = ["B", "NK", "monocyte"]
    far = hyperbolic.ball_distances(np.array([model.kv[name] for name in names]))
    for i, one in enumerate(names):
        for j, other in enumerate(names):
            assert far[i, j] == pytest.approx(model.kv.distance(one, other), abs=1e-6)


def test_a_straight_line_adds_up_and_stays_in_the_disc():
    one, other = points(3, rows=2)
    line = hyperbolic.ball_line(one, other, steps=9)
    far = hyperbolic.ball_distances(line)
    assert np.allclose(np.diff(far[0]), far[0, -1] / 8)
    assert np.allclose(line[[0, -1]], hyperbolic.to_ball(np.array([one, other])))
    assert np.allclose(hyperbolic.ball_line(one, one), hyperbolic.to_ball(one[None]))


def test_points_on_the_rim_are_refused():
    with pytest.raises(ValueError, match="inside the ball"):
        hyperbolic.ball_distances(np.array([[1.0, 0], [0, 0]]))


# -- fits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curved", [True, False])
def test_planted_points_are_found_again(curved):
    x = points(1, rows=25)
    wanted = 7 * (hyperbolic.hyperbolic_distances(x) if curved else cdist(x, x))
    fitted = hyperbolic.embed(wanted, 2, curved)[1]
    assert hyperbolic.relative_error(fitted, wanted) < 0.01
    other = hyperbolic.embed(wanted, 2, not curved)[1]
    # a nearly flat part of the curved plane is a flat plane; the reverse does not hold
    assert (hyperbolic.relative_error(other, wanted) > 0.03) == curved


@pytest.mark.parametrize("curved", [True, False])
def test_the_slope_is_that_of_the_loss(curved, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        hyperbolic, "minimize", lambda loss, start, **_: seen.update(loss=loss) or _Found(start)
    )
    wanted = cdist(points(2), points(2)) + 0.3 * (1 - np.eye(12))
    hyperbolic.embed(wanted, 2, curved)
    at = np.append(points(4).ravel(), 0.3)
    value, slope = seen["loss"](at)
    assert np.allclose(slope, approx_fprime(at, lambda v: seen["loss"](v)[0], 1e-7), atol=1e-5)
    assert value > 0


class _Found:
    def __init__(self, x):
        self.x, self.fun = x, 0.0


def test_trees_gain_from_curvature_and_rings_do_not():
    links = [(f"{i}", f"{(i - 1) // 2}") for i in range(1, 63)]
    tree = trees.path_lengths(links).to_numpy()
    around = np.abs(np.subtract.outer(np.arange(40), np.arange(40)))
    ring = np.minimum(around, 40 - around).astype(float)

    def errors(distances):
        fits = [hyperbolic.embed(distances, 2, curved)[1] for curved in (True, False)]
        return [hyperbolic.relative_error(each, distances) for each in fits]

    curved, flat = errors(tree)
    assert curved < 0.6 * flat
    curved, flat = errors(ring)
    assert curved > 0.95 * flat


def test_the_relative_error_forgets_a_common_factor():
    wanted = cdist(points(5), points(5))
    assert hyperbolic.relative_error(3 * wanted, wanted) == pytest.approx(0)
    wrong = wanted.copy()
    wrong[0, 1] *= 2
    assert hyperbolic.relative_error(wrong, wanted) > 0


@pytest.mark.parametrize(
    "distances", [np.ones((5, 5)), np.triu(np.ones((5, 5)), 1), np.zeros((5, 5)), np.ones((5, 4))]
)
def test_what_is_no_table_of_distances_is_refused(distances):
    with pytest.raises(ValueError, match="distances"):
        hyperbolic.embed(distances)


# -- trees -----------------------------------------------------------------------------------------


def test_path_lengths_and_branches_of_a_small_tree():
    names = ["B", "NK", "CD4 T", "CD8 T", "monocyte"]
    lengths = trees.path_lengths(BLOOD, names)
    assert lengths.loc["CD4 T", "CD8 T"] == 2
    assert lengths.loc["CD4 T", "monocyte"] == 5
    up = trees.steps_up(BLOOD, [*names, "B"])
    assert up[2].tolist() == [3, 2, 0, 1, 4, 3]
    assert up[4].tolist() == [1, 1, 1, 1, 0, 1]  # from the monocyte all are one step up
    assert up[0, 5] == 0


def test_of_two_ways_up_the_shorter_counts():
    links = [("a", "b"), ("b", "top"), ("a", "top"), ("c", "top")]
    assert trees.steps_up(links, ["a", "c"]).tolist() == [[0, 1], [1, 0]]
    assert trees.path_lengths(links).loc["a", "c"] == 2


def test_pruning_keeps_the_way_to_the_root():
    kept = trees.pruned(BLOOD, ["CD4 T"])
    assert [below for below, _ in kept if below in {"B", "NK", "CD8 T", "monocyte"}] == []
    assert len(kept) == 4


def test_branches_resolved_is_one_for_the_tree_and_a_half_for_chance():
    rng = np.random.default_rng(0)
    names = ["B", "NK", "CD4 T", "CD8 T", "monocyte"] * 8
    up = trees.steps_up(BLOOD, names)
    assert trees.branches_resolved(up, up, rng) == 1
    assert trees.branches_resolved(-up, up, rng) == 0
    assert trees.branches_resolved(np.ones_like(up), up, rng) == 0.5
    noise = rng.random(up.shape)
    assert trees.branches_resolved(noise, up, rng) == pytest.approx(0.5, abs=0.1)
    with pytest.raises(ValueError, match="no two branches"):
        trees.branches_resolved(np.ones((2, 2)), np.zeros((2, 2)), rng)


def test_a_dendrogram_joins_what_scipy_joins():
    x = points(6, rows=9, dimension=3)
    links = trees.dendrogram(x)
    assert len(links) == 16
    joints = average(pdist(x))
    for number, pair in enumerate(joints[:, :2].astype(int)):
        assert {below for below, above in links if above == str(9 + number)} == set(map(str, pair))


def test_graph_distances_are_those_of_isomap_where_the_graph_hangs_together():
    x = points(7, rows=60)
    wanted = Isomap(n_neighbors=10).fit(x).dist_matrix_
    found = trees.graph_distances(x, 10)
    assert (found <= wanted + 1e-9).all()
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.99
    apart = np.vstack([x, x + 1000])
    assert np.isfinite(trees.graph_distances(apart, 5)).all()


@pytest.mark.parametrize("text", ["((a, b)", "(a, b))", "a, b", "(a, ())", ""])
def test_brackets_that_do_not_match_are_refused(text):
    with pytest.raises(ValueError, match="brackets"):
        trees.from_brackets(text)


def test_unknown_names_and_pieces_are_refused():
    with pytest.raises(ValueError, match="not in the tree"):
        trees.steps_up(BLOOD, ["B", "erythrocyte"])
    with pytest.raises(ValueError, match="not in the tree"):
        trees.path_lengths(BLOOD, ["erythrocyte"])
    with pytest.raises(ValueError, match="hang together"):
        trees.path_lengths([("a", "b"), ("c", "d")])
