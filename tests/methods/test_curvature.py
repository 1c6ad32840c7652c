"""The bend of an arc against its closed form, and copies without or with one."""

import numpy as np
import pytest

from celltoken.methods.curvature import extrinsic_bend, straighten

ENDS = np.eye(20)[0] * [[-0.5], [0.5]]


def arc(radius, rng, a=0.5, noise=0.05, size=600):
    t = rng.uniform(-a, a, size)
    x = rng.normal(size=(size, 20)) * noise
    x[:, 0], x[:, 1] = t, x[:, 1] + radius - np.sqrt(radius**2 - t**2)
    return x


@pytest.mark.parametrize("radius", [1, 2, 4])
def test_an_arc_bends_as_the_closed_form_says(radius):
    """Offset t^2/2r with variance a^4/45r^2, in noise of variance s^2."""
    rng = np.random.default_rng(radius)
    read = np.mean([extrinsic_bend(arc(radius, rng), *ENDS, [0], k=600)[0] for _ in range(5)])
    assert read == pytest.approx(0.5**4 / (0.5**4 + 45 * radius**2 * 0.05**2), abs=0.05)


def test_a_straight_path_scores_nothing_and_a_straightened_arc_too():
    rng = np.random.default_rng(0)
    straight = arc(1e6, rng)
    assert abs(extrinsic_bend(straight, *ENDS, range(20), k=200).mean()) < 0.05
    bent = arc(1, rng)
    copy = straighten(bent, *ENDS, rng)
    assert extrinsic_bend(bent, *ENDS, [0], k=600)[0] > 0.3
    assert abs(extrinsic_bend(copy, *ENDS, [0], k=600)[0]) < 0.1
    assert np.allclose(copy[:, 0], bent[:, 0])  # positions along the line stay


def test_a_planted_hill_is_found():
    rng = np.random.default_rng(0)
    straight = arc(1e6, rng)
    hill = straighten(straight, *ENDS, rng, height=1)
    assert extrinsic_bend(hill, *ENDS, [0], k=600)[0] > 0.5


def test_too_few_neighbours_are_refused_in_a_sentence():
    x = np.random.default_rng(0).normal(size=(50, 20))
    for k in (21, 51):
        with pytest.raises(ValueError, match="k must lie between"):
            extrinsic_bend(x, *ENDS, [0], k=k)
