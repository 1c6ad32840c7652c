"""What the lesson on hyperbolic trees measures, on trees, grids and clouds that were put in."""

import numpy as np
import pytest

from celltoken.methods import trees

NAME = "cross_lingual/hyperbolic_trees"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def grown(rng, depth=4, each=6, dimension=30, noise=0.3, fall=0.7):
    """Rows at the tips of a forking tree, each fork a random step; and the forks they share."""
    tips = [format(number, f"0{depth}b") for number in range(2**depth)]
    links = {(tip[:d], tip[: d - 1] or "root") for tip in tips for d in range(1, depth + 1)}
    step = {
        node: rng.normal(size=dimension) * fall ** (len(node) - 1) / np.sqrt(dimension)
        for node, _ in sorted(links)
    }
    names = np.repeat(tips, each)
    at = np.array([sum(step[name[:d]] for d in range(1, depth + 1)) for name in names])
    x = at + noise * rng.normal(size=at.shape)
    return x, trees.steps_up(sorted(links), list(names))


# -- X7 --------------------------------------------------------------------------------------------


def test_a_tree_has_room(lesson):
    links = [(f"{number}", f"{(number - 1) // 2}") for number in range(1, 127)]
    assert lead(lesson["a_tree_has_room"](links, np.random.default_rng(0))) > 0.02


def test_flat_pages_refute_it_on_a_grid_and_on_a_ring(lesson):
    rng, side = np.random.default_rng(1), range(8)
    grid = [(f"{i} {j}", f"{i} {j + 1}") for i in side for j in side[:-1]]
    grid += [(f"{j} {i}", f"{j + 1} {i}") for i in side for j in side[:-1]]
    ring = [(f"{i}", f"{(i + 1) % 40}") for i in range(40)]
    for links in (grid, ring):
        found = lesson["a_tree_has_room"](links, rng)
        assert found["lengths permuted"] < found["value"]
        assert lead(found) < 0.02


# -- X14 -------------------------------------------------------------------------------------------


def test_a_clear_tree_fits_better_than_its_clouds(lesson):
    rng = np.random.default_rng(2)
    assert lead(lesson["a_better_fit_means_branches"](grown(rng, noise=0.05), rng)) > 0.1


def test_a_cloud_refutes_it_however_well_it_fits(lesson):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(80, 40))
    found = lesson["a_better_fit_means_branches"]((x, None), rng)
    assert found["value"] > 0.5
    assert abs(lead(found)) < 0.1  # a redraw is more uneven than the cloud, by less than this


# -- X15 -------------------------------------------------------------------------------------------


def test_clear_rows_refute_that_a_map_resolves_more(lesson):
    rng = np.random.default_rng(4)
    found = lesson["branches_are_resolved"](grown(rng, noise=0.02), rng)
    assert found["rows"] > 0.8
    assert found["value"] > 0.7
    assert lead(found) < 0.02


def test_nothing_is_resolved_in_a_cloud(lesson):
    rng = np.random.default_rng(5)
    x, up = grown(rng)
    found = lesson["branches_are_resolved"]((rng.normal(size=x.shape), up), rng)
    assert all(abs(each - 0.5) < 0.08 for each in found.values())


# -- tables ----------------------------------------------------------------------------------------


def test_kinds_and_cells_become_rows_with_branches(lesson):
    from celltoken import data
    from celltoken.data.kinds import kinds_below, named_kinds, narrowest

    rng = np.random.default_rng(6)
    kinds = named_kinds(data.load("glove"), "primate")
    x, up = lesson["word_rows"](kinds, rng)
    assert np.allclose(np.linalg.norm(x, axis=1), 1)
    assert up.shape == (len(x), len(x))
    assert np.isfinite(up).all()
    blood = data.load(lesson["typed"])
    some = blood[rng.choice(blood.n_obs, 500, replace=False)].copy()
    x, up = lesson["cell_rows"](some, rng)
    assert len(x) == len(up) <= 8 * lesson["EACH"]
    assert up.max() == 4
    links = lesson["word_tree"](narrowest(kinds_below("primate")), rng)
    assert "mammal" in trees.path_lengths(links)


def test_an_unknown_branch_is_refused():
    from celltoken.data.kinds import kinds_below

    with pytest.raises(ValueError, match="no branch 'bird'"):
        kinds_below("bird")
