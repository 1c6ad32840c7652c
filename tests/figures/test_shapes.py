"""Panels for lines, rings and grids say in their titles what their data say."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from celltoken.figures import shapes
from celltoken.methods.sequences import distances


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_middles_of_all_triples_with_their_share():
    _, ax = plt.subplots()
    at = shapes.draw_middles(ax, distances(np.array([[0.0], [1], [4], [9]])), "k", "Levels")
    assert at.shape == (4, 2) and np.allclose(at[:, 1], 0)
    assert ax.get_title("left") + ax.get_title() == "Levels: 100%\nbetween"


def test_a_ring_is_closed_and_named():
    _, ax = plt.subplots()
    means = np.random.default_rng(0).normal(size=(5, 8))
    shapes.draw_ring(ax, means, ["a", "", "c", "", "e"], "k", "five")
    path = ax.lines[0].get_xydata()
    assert len(path) == 6 and (path[0] == path[-1]).all()
    assert [text.get_text() for text in ax.texts] == ["a", "c", "e"]


def test_places_and_guesses_share_their_axes_and_colours():
    at = np.random.default_rng(1).uniform(size=(30, 3))
    figure = shapes.draw_places(at, at + 5, ("x", "z"), ("true", "read"), "k")
    above, below = figure.axes
    np.testing.assert_allclose(above.collections[0].get_offsets(), at[:, [0, 2]])
    np.testing.assert_allclose(below.collections[0].get_array(), at[:, 0])
    assert above.get_xlim() == below.get_xlim() and above.get_xlim()[1] < 1.2


def test_times_that_repeat_are_drawn_as_quartiles_and_others_as_dots():
    _, (few, many) = plt.subplots(1, 2)
    shapes.draw_by_time(few, [3, 1, 2], [0.3, 0.1, 0.2], "k")
    assert few.lines[0].get_xydata().tolist() == [[3, 0.3], [1, 0.1], [2, 0.2]]
    when = np.repeat([1, 2], 5)
    shapes.draw_by_time(many, when, np.arange(10.0), "k")
    assert many.lines[0].get_xydata().tolist() == [[1, 2], [2, 7]]
    assert many.collections[0].get_segments()[1].tolist() == [[2, 6], [2, 8]]
