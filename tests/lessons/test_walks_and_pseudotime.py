"""What the lesson on walks and pseudotime measures, on tables whose answer is known."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

NAME = "analogies/walks_and_pseudotime"
MARGIN = 0.05


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def kinds_table(x, kind, rng):
    return {"x": x, "kind": kind, "totals": rng.uniform(1, 9, len(x)), "metric": "euclidean"}


# -- traps (A10) -----------------------------------------------------------------------------------


def islands(sizes, rng):
    kind = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(size=(len(kind), 6)) + 6 * np.eye(6)[kind], kind.astype(str)


def test_islands_are_traps(lesson):
    rng = np.random.default_rng(0)
    found = lesson["kinds_hold_a_walk"](kinds_table(*islands([180, 80, 40], rng), rng), rng)
    assert found["value"] > 0.98
    assert lead(found) > MARGIN
    assert found["permuted kinds"] < 0.45
    assert found["neighbours by totals"] < 0.45


def test_of_islands_of_one_size_a_region_is_one(lesson):
    # The limit that the lesson names: then the rival is as high, and the value alone tells.
    rng = np.random.default_rng(0)
    found = lesson["kinds_hold_a_walk"](kinds_table(*islands([100] * 3, rng), rng), rng)
    assert found["value"] > 0.98
    assert found["as large a region"] > 0.98


def test_slices_of_a_smooth_cloud_are_no_traps(lesson):
    # Kinds lie side by side with nothing between them: near is alike, but no place is a trap.
    rng = np.random.default_rng(1)
    x = rng.uniform(size=(400, 2))
    kind = (x[:, 0] * 4).astype(int).astype(str)
    found = lesson["kinds_hold_a_walk"](kinds_table(x, kind, rng), rng)
    assert found["value"] > found["permuted kinds"] + 0.2
    assert lead(found) < MARGIN


def test_kinds_that_totals_tell_are_no_traps_of_contexts(lesson):
    rng = np.random.default_rng(2)
    kind = np.arange(300) % 3
    table = kinds_table(rng.normal(size=(300, 6)), kind.astype(str), rng)
    table["totals"] = np.exp(4 * kind + rng.uniform(size=300))
    found = lesson["kinds_hold_a_walk"](table, rng)
    assert found["neighbours by totals"] > 0.95
    assert lead(found) < 0


# -- pseudotime (A11) ------------------------------------------------------------------------------


def times_table(x, when, rng):
    return {"x": x, "time": when, "totals": rng.uniform(1, 9, len(x))}


def bent(rng, n=240):
    """A path that turns three quarters of a circle, in six dimensions, with noise."""
    when = np.sort(rng.uniform(size=n))
    x = 0.04 * rng.normal(size=(n, 6))
    x[:, 0] += np.cos(1.5 * np.pi * when)
    x[:, 1] += np.sin(1.5 * np.pi * when)
    return x, when


def test_on_a_bent_path_walks_lead_every_ruler(lesson):
    rng = np.random.default_rng(3)
    found = lesson["walks_order_by_time"](times_table(*bent(rng), rng), rng)
    assert found["value"] > 0.98
    assert lead(found) > MARGIN
    assert abs(found["permuted columns"]) < 0.3


def test_on_a_straight_path_walks_add_nothing(lesson):
    rng = np.random.default_rng(4)
    when = np.sort(rng.uniform(size=240))
    x = 0.05 * rng.normal(size=(240, 6))
    x[:, 0] += 3 * when
    found = lesson["walks_order_by_time"](times_table(x, when, rng), rng)
    assert found["first component"] > 0.98
    assert lead(found) < MARGIN


def test_time_that_no_column_holds_is_not_ordered(lesson):
    rng = np.random.default_rng(5)
    x, _ = bent(rng)
    found = lesson["walks_order_by_time"](times_table(x, rng.uniform(size=240), rng), rng)
    assert abs(found["value"]) < 0.35


def test_the_start_is_the_only_use_of_time(lesson):
    rng = np.random.default_rng(6)
    x, when = bent(rng)
    backwards = lesson["walks_order_by_time"](times_table(x, -when, rng), rng)
    assert backwards["value"] > 0.98  # from the other end, time runs the other way
    roots = [lesson["rulers"](times_table(x, when, rng), root, rng)["value"] for root in (0, 239)]
    assert roots[0] > 0.98
    assert roots[1] < -0.98


def test_the_first_component_is_turned_to_the_start(lesson):
    rng = np.random.default_rng(7)
    when = np.linspace(0, 1, 100)
    x = np.c_[when, 0.1 * rng.normal(size=(100, 3))]
    for sign in (1, -1):
        table = times_table(x * [sign, 1, 1, 1], when, rng)
        assert lesson["rulers"](table, 0, rng)["first component"] == pytest.approx(1)


# -- tables ----------------------------------------------------------------------------------------


def test_cells_without_a_molecule_have_no_place(lesson):
    rng = np.random.default_rng(8)
    counts = rng.poisson(1.0, (80, 60)).astype(np.float32)
    counts[::10] = 0
    cells = anndata.AnnData(sparse.csr_matrix(counts))
    cells.obs[lesson["time"]] = np.arange(80)
    table = lesson["cell_times"](cells, rng)
    assert len(table["x"]) == len(table["time"]) == len(table["totals"]) == 72
    assert not np.isin(table["time"], np.arange(0, 80, 10)).any()
    assert cells.shape == (80, 60)


def test_logarithms_are_taken_as_they_are(lesson, monkeypatch):
    rng = np.random.default_rng(9)
    cells = anndata.AnnData(rng.normal(size=(60, 48)))
    cells.obs["stage"] = 2 ** (np.arange(60) % 6 + 1)
    named = lesson["cell_times"].__globals__
    monkeypatch.setitem(named, "scale", "logarithms")
    monkeypatch.setitem(named, "time", "stage")
    table = lesson["cell_times"](cells, rng)
    centred = cells.X - cells.X.mean(0)
    assert table["x"].std(0)[0] == pytest.approx(np.linalg.svd(centred)[1][0] / np.sqrt(60))


def test_texts_without_a_year_keep_their_order(lesson):
    rng = np.random.default_rng(10)
    common = [f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    texts = pd.DataFrame({"tokens": [list(rng.choice(common, 200)) for _ in range(40)]})
    table = lesson["word_times"](texts, rng)
    assert list(table["time"]) == list(range(40))
    assert list(table["totals"]) == [200] * 40
    dated = lesson["word_times"](texts.assign(year=1800), rng)
    assert set(dated["time"]) == {1800}


def test_cells_have_the_kind_that_the_lesson_names(lesson, monkeypatch):
    rng = np.random.default_rng(11)
    cells = anndata.AnnData(sparse.csr_matrix(rng.poisson(2.0, (60, 50)).astype(np.float32)))
    cells.obs["type"] = np.tile(["a", "b"], 30)
    monkeypatch.setitem(lesson["cell_kinds"].__globals__, "labels", "type")
    table = lesson["cell_kinds"](cells, rng)
    assert list(table["kind"]) == ["a", "b"] * 30
    assert table["totals"] == pytest.approx(cells.X.sum(1).A1)
