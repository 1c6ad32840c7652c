"""Distances in steps and blocks of places."""

import numpy as np
import pytest

from celltoken.methods.places import blocks, steps_between


def test_steps_of_a_square_grid():
    at = np.array([(x, y) for x in range(3) for y in range(3)], float) * 7
    steps = steps_between(at)
    assert np.isinf(np.diag(steps)).all()
    assert steps[0, 1] == pytest.approx(1)
    assert steps[0, 4] == pytest.approx(np.sqrt(2))


def test_other_sections_are_infinitely_far():
    at = np.random.default_rng(0).random((6, 3))
    steps = steps_between(at, section=list("aaabbb"))
    assert np.isinf(steps[:3, 3:]).all() and np.isfinite(steps[0, 1:3]).all()


def test_places_that_coincide_are_refused():
    with pytest.raises(ValueError, match="place of its own"):
        steps_between(np.zeros((4, 2)))


def test_blocks_are_squares_and_carry_their_section():
    at = np.array([[0, 0], [0.9, 0], [9, 9], [10, 10]], float)
    assert blocks(at, per_side=5).tolist() == ["0,0", "0,0", "4,4", "4,4"]
    assert blocks(at, list("abab"), per_side=2).tolist() == ["a:0,0", "b:0,0", "a:1,1", "b:1,1"]
    with pytest.raises(ValueError, match="one line"):
        blocks(np.c_[np.zeros(3), np.arange(3)])
