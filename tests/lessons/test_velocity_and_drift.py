"""What the lesson on velocity and drift measures, on tables with known answers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

NAME = "analogies/velocity_and_drift"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


# -- A12 -------------------------------------------------------------------------------------------


def snapshot(rng, lag, tokens=150, columns=60, poorer=False):
    """Columns that rise or fall one after another; the older layer follows the newer by a lag."""
    time = np.sort(rng.random(tokens))
    switch, rises = rng.uniform(-0.2, 1.0, columns), np.arange(columns) % 2 == 0

    def level(late):
        after = 1 / (1 + np.exp(-(time[:, None] - switch - late) / 0.06))
        return np.where(rises, after, 1 - after)

    newer, older = rng.poisson(0.2 + 12 * level(0.0)), rng.poisson(0.2 + 40 * level(lag))
    if poorer:  # more and more columns that nothing else depends on fall silent
        extra = rng.poisson(3.0, (2, tokens, 400)) * (rng.random(400) > 0.9 * time[:, None])
        newer, older = np.hstack([newer, extra[0]]), np.hstack([older, extra[1]])
    return SimpleNamespace(
        older=sparse.csr_matrix(older), newer=sparse.csr_matrix(newer), time=time
    )


def test_a_direction_is_confirmed_where_the_newer_layer_runs_ahead(lesson):
    rng = np.random.default_rng(0)
    found = lesson["velocity_points_ahead"](snapshot(rng, lag=0.12), rng)
    assert found["value"] > 0.4
    assert found["layers exchanged"] < 0
    assert lead(found) > 0.05


@pytest.mark.parametrize("lag", [0.0, -0.12])
def test_a_direction_is_refuted_where_the_layers_run_together_or_backwards(lesson, lag):
    rng = np.random.default_rng(1)
    found = lesson["velocity_points_ahead"](snapshot(rng, lag), rng)
    assert lead(found) < 0.05
    assert lag == 0 or found["value"] < -0.3


def test_the_number_of_contexts_refutes_it_where_that_is_enough(lesson):
    rng = np.random.default_rng(2)
    found = lesson["velocity_points_ahead"](snapshot(rng, lag=0.0, poorer=True), rng)
    assert found["fewer contexts"] > 0.5
    assert lead(found) < 0.05


def test_layers_of_words_hold_what_stands_near_each_tense(lesson):
    texts = pd.DataFrame(
        {"tokens": [["we", "was", "poor", *"abcdef", "we", "will", "be", "rich"]], "year": [1800]}
    )
    table = lesson["layers_of_words"](texts, None)
    assert table.time.tolist() == [1800]
    words = sorted(set(texts.tokens[0]) - {"was", "will"})
    counted = dict(
        zip(
            lesson["vocabulary"](texts.tokens, 4000),
            range(99),
            strict=False,
        )
    )
    names = [word for word in counted if word not in ("was", "will")]
    older = dict(zip(names, table.older.toarray()[0], strict=True))
    newer = dict(zip(names, table.newer.toarray()[0], strict=True))
    assert sorted(names) == words
    assert older["poor"] == 1 and older["rich"] == 0 and older["we"] == 1
    assert newer["rich"] == 1 and newer["poor"] == 0 and newer["we"] == 1


def test_neighbours_are_scvelo_s_or_a_fifth_of_few_tokens(lesson):
    assert [lesson["few"](n) for n in (50, 100, 150, 400, 3696)] == [10, 20, 30, 30, 30]


# -- A13 -------------------------------------------------------------------------------------------


def curled(rng, tokens=6, times=120, turn=5.5, noise=0.05):
    """Paths that curl, so that late positions lie near the first; totals that say nothing."""
    paths = []
    for _ in range(tokens):
        angle = np.linspace(0, turn, times)
        plane = np.linalg.qr(rng.normal(size=(12, 2)))[0]
        x = np.c_[np.cos(angle), np.sin(angle)] @ plane.T + noise * rng.normal(size=(times, 12))
        total = rng.integers(20, 90, times)
        paths.append(SimpleNamespace(x=x, time=np.arange(times), total=total, start=0))
    return paths


def test_a_path_that_curls_is_confirmed(lesson):
    rng = np.random.default_rng(3)
    found = lesson["positions_follow_the_clock"](curled(rng), rng)
    assert found["value"] > 0.8
    assert lead(found) > 0.05


def test_a_straight_path_is_refuted_for_the_ruler_does_as_well(lesson):
    rng = np.random.default_rng(4)
    paths = curled(rng)
    for path in paths:
        path.x = np.outer(path.time, rng.normal(size=12)) + 0.05 * rng.normal(size=path.x.shape)
    found = lesson["positions_follow_the_clock"](paths, rng)
    assert found["distance from the start"] > 0.95
    assert lead(found) < 0.05


def test_positions_without_drift_are_refuted(lesson):
    rng = np.random.default_rng(5)
    paths = curled(rng)
    for path in paths:
        path.x = rng.normal(size=path.x.shape)
    assert lead(lesson["positions_follow_the_clock"](paths, rng)) < 0.05


def test_totals_that_fall_with_time_refute_it(lesson):
    rng = np.random.default_rng(6)
    paths = curled(rng)
    for path in paths:
        path.total = 99 - path.time
    found = lesson["positions_follow_the_clock"](paths, rng)
    assert found["totals alone"] == pytest.approx(1)
    assert lead(found) < 0


def test_paths_of_words_start_in_the_first_era_and_are_relative(lesson):
    rng = np.random.default_rng(7)
    names = np.array([f"{a}{b}{c}" for a in "abcdefghij" for b in "abcdef" for c in "abcdef"])
    odds = 1 / np.arange(1, len(names) + 1) ** 0.5
    texts = pd.DataFrame(
        {"tokens": [list(rng.choice(names, 400, p=odds / odds.sum())) for _ in range(60)]}
    )
    paths = lesson["paths_of_words"](texts, rng)
    assert len(paths) == 150 and {path.start for path in paths} == {0}
    x = np.array([path.x for path in paths])
    assert x.shape[:2] == (150, lesson["ERAS"])
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-5)
    assert paths[0].total.sum() <= 60 * 400
