"""What C4, C5 and C6 compute, against closed forms and other ways; and planted yes and no."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from celltoken import lessons

NAME = "context/static_and_contextual_coordinates"


@pytest.fixture(scope="module")
def lesson():
    names = lessons.parameters_of(NAME)
    for source in lessons.sources_of(NAME, "claim"):
        exec(source, names)
    return SimpleNamespace(**{k: v for k, v in names.items() if not k.startswith("__")})


def test_divergence_in_closed_form(lesson):
    one = np.array([[400, 0, 400], [400, 400, 0], [9, 9, 9]])
    two = np.array([[800, 0, 800], [0, 0, 800], [9, 9, 9]])
    assert lesson.divergence(one, two) == pytest.approx([0, 1])  # bits; rare tokens are left out


def test_correction_is_the_residual_of_a_regression_on_the_context(lesson):
    rng = np.random.default_rng(3)
    x, where = rng.normal(size=(40, 3)), rng.integers(2, size=40)
    left = x - LinearRegression().fit(where[:, None], x).predict(where[:, None])
    assert np.allclose(lesson.means_subtracted(x, where), left)


@pytest.mark.parametrize("shift, says", [(0.0, False), (30.0, True)])
def test_c5_sees_a_shift_of_the_context_and_nothing_else(lesson, shift, says):
    rng = np.random.default_rng(4)
    place = rng.normal(size=(60, 10)) * 5
    x = np.vstack([place, place]) + 0.1 * rng.normal(size=(120, 10))
    where = np.repeat([0, 1], 60)
    x[where == 1] += shift
    found = lesson.one_place((x, np.tile(np.arange(60), 2), where), rng)
    rivals = [v for name, v in found.items() if name != "value"]
    assert found["value"] > 0.95
    assert (found["value"] - max(rivals) > 0.5) == says


@pytest.mark.parametrize("own_directions", [True, False])
def test_c4_sees_a_kind_that_takes_its_directions_along(lesson, own_directions):
    rng = np.random.default_rng(5)
    kind = np.repeat([0, 1, 2], 80)
    x = rng.normal(size=(240, 60))
    if own_directions:
        x[:80, :20] *= 6
    table = SimpleNamespace(
        matrix=lambda keep: x[keep], rows=lambda keep: keep, kinds={"first": kind == 0},
        size=np.ones(240), block=np.arange(240) // 8,
    )  # fmt: skip
    found = lesson.new_neighbours(table, rng)
    rivals = max(found["units at random"], found["blocks of eight"], found["same directions"])
    assert (found["value"] > 0.1 + rivals) == own_directions
    assert found["same directions"] == 0  # what stays has not changed, so its place has not


def test_c4_leaves_to_the_same_directions_what_counts_alone_move(lesson):
    """Tokens that a kind of document holds elsewhere: the table moves, whatever the directions."""
    rng = np.random.default_rng(8)
    late, early = rng.normal(size=(2, 90, 40)) * np.r_[np.full(8, 5.0), np.full(32, 0.1)]
    kind = np.arange(60) >= 30

    def matrix(keep):
        share = kind[keep].mean()
        return share * late + (1 - share) * early

    table = SimpleNamespace(
        matrix=matrix, rows=lambda keep: slice(None), kinds={"late": kind}, size=np.ones(60),
        block=np.arange(60) // 8,
    )  # fmt: skip
    found = lesson.new_neighbours(table, rng)
    assert found["value"] > 0.3
    assert found["value"] - found["same directions"] < 0.05


@pytest.mark.parametrize("differs", [False, True])
def test_c6_sees_contexts_that_differ_and_only_those(lesson, differs):
    rng = np.random.default_rng(6)
    second = np.arange(160) >= 80
    share = np.full((2, 20), 1 / 20)
    if differs:
        share[1] = np.r_[np.full(10, 0.07), np.full(10, 0.03)]
    rows = np.array([rng.multinomial(100, share[int(late)]) for late in second])
    table = SimpleNamespace(
        counts=lambda keep: rows[keep].sum(0)[None], size=np.ones(160),
        stratum=np.zeros(160), block=np.arange(160) // 8, second=second,
    )  # fmt: skip
    found = lesson.bits_of_context(table, rng)
    assert (found["value"] - max(found["units at random"], found["blocks of eight"]) > 0.01) == (
        differs
    )
