"""The claims of the lesson on curvature, on triples and paths whose answer is known."""

import numpy as np
import pytest

from celltoken.claims import measure


@pytest.fixture(scope="module")
def defined():
    return measure.of_lesson("geometry/curvature_and_transitions")


def stages(rng, middle, size=60, spread=0.3):
    """Three clouds in ten dimensions; the middle one at ``middle`` along the line, or off it."""
    at = [np.zeros(10), middle * np.eye(10)[0] * 8, np.eye(10)[0] * 8]
    x = np.concatenate([place + rng.normal(size=(size, 10)) * spread for place in at])
    return x, np.arange(3 * size).reshape(3, size).T


def test_a_middle_is_between_and_what_is_beyond_an_end_is_not(defined):
    rng = np.random.default_rng(0)
    found = defined["G7"](stages(rng, 0.5), rng)
    assert found["value"] == 1 and found["neighbour of an end"] < 0.7
    assert defined["G7"](stages(rng, 1.6), rng)["value"] == 0


def test_of_three_tokens_in_any_order_a_third_is_between(defined):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 10))
    triples = rng.permutation(300).reshape(100, 3)
    found = defined["G7"]((x, np.tile(triples, (40, 1))), rng)
    assert found["stages permuted"] == pytest.approx(1 / 3, abs=0.02)


def path(rng, hill, size=400):
    """Points along a line of length 1 with a hill half-way, in twenty dimensions."""
    t = np.sort(rng.uniform(-0.1, 1.1, size))
    x = rng.normal(size=(size, 20)) * 0.08
    x[:, 0] = t
    x[:, 1] += hill * np.exp(-(((t - 0.5) / 0.25) ** 2))
    rows = [np.flatnonzero(abs(t - at) < 0.08) for at in (0, 0.5, 1)]
    return x, np.eye(20)[0] * [[0.0], [1.0]], rows


def test_a_hill_half_way_is_a_bend_in_the_middle_and_a_straight_path_has_none(defined):
    rng = np.random.default_rng(0)
    bent = defined["G6"]([path(rng, 1.0)], rng)
    assert bent["value"] > bent["straightened"] + 0.1 and bent["planted"] > 0.1
    straight = defined["G6"]([path(rng, 0.0)], rng)
    assert abs(straight["value"] - straight["straightened"]) < 0.1
