"""The ruler for bends that the lesson on curvature builds, against other ways to its numbers."""

import ast

import nbformat
import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NearestNeighbors

from celltoken import lessons


@pytest.fixture(scope="module")
def lesson():
    """The lesson's functions, without running the lesson."""
    notebook = nbformat.read(lessons.path_of("geometry/curvature_and_transitions"), as_version=4)
    names = {
        "np": np,
        "NearestNeighbors": NearestNeighbors,
        "uniform_filter1d": uniform_filter1d,
        "rng": np.random.default_rng(0),
    }
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef):
                    exec(compile(ast.Module([node], []), "lesson", "exec"), names)
    return names


def test_a_triangle_is_drawn_with_its_three_distances(lesson):
    start, middle, end = np.random.default_rng(1).normal(size=(3, 7, 30))
    t, off = lesson["place"](start, middle, end)
    way = np.linalg.norm(end - start, axis=1)
    assert np.allclose(np.hypot(t, off) * way, np.linalg.norm(middle - start, axis=1))
    assert np.allclose(np.hypot(1 - t, off) * way, np.linalg.norm(middle - end, axis=1))
    nearer = np.maximum(np.hypot(t, off), np.hypot(1 - t, off)) < 1
    assert (lesson["between"](t, off) == nearer).all()


def test_bend_is_the_partial_r2_of_a_regression(lesson):
    x = np.random.default_rng(2).normal(size=(80, 6))
    x[:, 1] += x[:, 0] ** 2
    start, end = np.eye(6)[0] * [[-2.0], [3.0]]
    read = lesson["bend"](x, start, end, [4], k=50)[0]
    near = np.argsort(((x - x[4]) ** 2).sum(1))[:50]
    t, sides = x[near, :1], x[near, 1:]
    both = np.hstack([t, sides])
    line, full = (LinearRegression().fit(a, t[:, 0] ** 2).score(a, t[:, 0] ** 2) for a in (t, both))
    assert read == pytest.approx(1 - (1 - full) / (1 - line) * (50 - 2) / (50 - 1 - 6))


@pytest.mark.parametrize("radius", [1, 2, 4])
def test_bend_of_a_circle_is_that_of_the_formula(lesson, radius):
    a, noise = 0.5, 0.05
    lesson["rng"] = np.random.default_rng(3)
    ends = np.eye(20)[0] * [[-a], [a]]
    reads = [
        lesson["bend"](lesson["circle"](radius), *ends, [0], k=500, local=local)[0]
        for local in (False, True)
        for _ in range(20)
    ]
    # The formula takes the circle for its parabola, so it is not for tight ones.
    assert np.mean(reads) == pytest.approx(a**4 / (a**4 + 45 * radius**2 * noise**2), abs=0.04)


def test_noise_alone_has_no_bend(lesson):
    x = np.random.default_rng(4).normal(size=(2000, 10))
    ends = np.eye(10)[0] * [[-1.0], [1.0]]
    assert abs(lesson["bend"](x, *ends, np.arange(0, 2000, 20)).mean()) < 0.05


def test_straightening_keeps_positions_and_takes_the_bend(lesson):
    lesson["rng"] = rng = np.random.default_rng(5)
    x = rng.normal(size=(600, 8)) * 0.05
    x[:, 0] = rng.uniform(0, 1, 600)
    x[:, 1] += 4 * x[:, 0] * (1 - x[:, 0])
    start, end = np.zeros(8), np.eye(8)[0]
    straight, planted = (lesson["straighten"](x, start, end, height) for height in (0, 1))
    assert np.allclose(straight[:, 0], x[:, 0]) and np.allclose(planted[:, 0], x[:, 0])
    centres = np.flatnonzero(abs(x[:, 0] - 0.5) < 0.1)[:30]
    data, none, hill = (
        lesson["bend"](cloud, start, end, centres, k=300).mean() for cloud in (x, straight, planted)
    )
    assert none < 0.1 < 0.5 < min(data, hill)
