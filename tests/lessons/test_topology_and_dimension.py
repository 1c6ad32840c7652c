"""What the lesson on topology and dimension measures, on pinches and stages that were put in."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

NAME = "cross_lingual/topology_and_dimension"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k not in ("value", "planted"))


# -- X5 --------------------------------------------------------------------------------------------


def pinched(rng, strays=False):
    """Places for `embed`: merged tokens between two long threads, all others along single ones."""
    along = 0.3 * np.arange(120)
    thread = np.c_[along, np.zeros((120, 4))]
    between = np.array([[3.0 * i + 1, 1.2, 0, 0, 0] for i in range(12)])
    pair = [thread, thread + [0, 2.4, 0, 0, 0]]
    single = [thread + [0, 0, 50 * i, 0, 0] for i in range(1, 11)]
    x = np.vstack([between, *pair, *single])
    x = x + 0.03 * rng.normal(size=x.shape)
    return (rng.permutation(x) if strays else x), 12


@pytest.fixture
def placed(lesson, monkeypatch):
    """The lesson's claim with places in place of an embedding."""

    def measure(x, pairs, rng):
        counts = sparse.csr_matrix(rng.poisson(2, (len(x), 80)))
        function = lesson["merged_fall_apart"].function
        drawn = iter([x, rng.permutation(x)])
        monkeypatch.setitem(function.__globals__, "embed", lambda _: next(drawn))
        return function((counts, None, pairs), rng)

    return measure


def test_tokens_between_two_threads_are_told_by_bars_and_by_nothing_simpler(placed):
    rng = np.random.default_rng(0)
    found = placed(*pinched(rng), rng)
    assert found["value"] > 0.85
    assert lead(found) > 0.05


def test_tokens_that_are_nowhere_special_are_not_told(placed):
    rng = np.random.default_rng(1)
    found = placed(*pinched(rng, strays=True), rng)
    assert abs(found["value"] - 0.5) < 0.2
    assert lead(found) < 0.05


def test_doublets_of_clear_types_are_left_to_simpler_readings(lesson):
    import anndata

    rng = np.random.default_rng(2)
    profile = np.full((3, 300), 0.3)
    for i in range(3):
        profile[i, 100 * i : 100 * i + 100] = 3
    kind = np.repeat(np.arange(3), 120)
    obs = pd.DataFrame({lesson["labels"]: kind.astype(str)}, index=[f"c{i}" for i in range(360)])
    atlas = anndata.AnnData(sparse.csr_matrix(rng.poisson(profile[kind]), dtype="f4"), obs=obs)
    counts, kinds, pairs = lesson["cell_table"](atlas, rng)
    assert len(kinds) == counts.shape[0]
    assert 20 < pairs < 60
    found = lesson["merged_fall_apart"]((counts, kinds, pairs), rng)
    assert found["simulated doublets"] > 0.9
    assert lead(found) < 0.05


# -- X6 --------------------------------------------------------------------------------------------


def sheets(rng, dimensions, each=120, columns=40):
    """Stages on bent sheets of falling dimension, all with the same covariance."""
    x = []
    for d in dimensions:
        waves = np.cos(rng.uniform(size=(each, d)) @ rng.normal(size=(d, columns)) * 6)
        x.append(np.linalg.qr(waves - waves.mean(0))[0] * np.sqrt(each))
    stage = np.repeat(np.arange(len(dimensions)), each)
    return np.vstack(x), stage, rng.poisson(50, len(stage))


def test_narrowing_sheets_support_the_fall(lesson):
    rng = np.random.default_rng(3)
    found = lesson["dimension_falls"](sheets(rng, [12, 6, 4, 3, 2]), rng)
    assert lead(found) > 0.3


def test_a_covariance_that_narrows_without_any_sheet_refutes_it(lesson):
    rng = np.random.default_rng(4)
    spread = [np.arange(1.0, 41) ** -power for power in (0, 0.25, 0.5, 0.75, 1)]
    x = np.vstack([rng.normal(size=(120, 40)) * each for each in spread])
    turn = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    stage = np.repeat(np.arange(5), 120)
    found = lesson["dimension_falls"]((x @ turn, stage, rng.poisson(50, 600)), rng)
    assert found["value"] > 0.5
    assert found["permuted in stages"] < found["value"] - 0.3
    assert lead(found) < 0.15


def test_stages_that_are_all_alike_do_not_fall(lesson):
    rng = np.random.default_rng(5)
    found = lesson["dimension_falls"](sheets(rng, [5] * 5), rng)
    assert abs(found["value"]) < 0.15


def test_what_is_planted_falls_although_the_covariance_stays(lesson):
    rng = np.random.default_rng(8)
    x, stage = rng.normal(size=(600, 12)), np.repeat(np.arange(5), 120)
    found = lesson["dimension_falls"]((x, stage, rng.poisson(50, 600)), rng)
    assert abs(found["value"]) < 0.15
    assert abs(found["same covariance"]) < 0.15
    assert found["planted"] > 0.5


# -- tables ----------------------------------------------------------------------------------------


def test_words_go_from_many_senses_to_few_at_equal_frequency(lesson):
    from celltoken.data.corpus import documents
    from celltoken.data.lexicons import sense_counts
    from celltoken.data.stages import words_by_senses

    texts = documents(lesson["words"]).iloc[::4]
    counts, stage, words = words_by_senses(texts, np.random.default_rng(6))
    senses = sense_counts(words).senses.to_numpy()
    assert (np.diff(pd.Series(senses).groupby(stage).mean()) < 0).all()
    total = np.log(np.asarray(counts.sum(1)).ravel())
    assert np.ptp(pd.Series(total).groupby(stage).mean()) < 0.2


def test_cells_are_ordered_by_other_molecules_than_are_measured(lesson):
    import anndata

    from celltoken.data.stages import cells_by_time

    rng = np.random.default_rng(7)
    time = np.linspace(0, 1, 200)
    level = 3 * np.c_[np.tile(1 - time[:, None], 40), np.tile(time[:, None], 40)] + 0.2
    obs = pd.DataFrame(
        {"at": np.where(time < 0.05, "first", "")}, index=[f"c{i}" for i in range(200)]
    )
    atlas = anndata.AnnData(sparse.csr_matrix(rng.poisson(level), dtype="f4"), obs=obs)
    found = cells_by_time(atlas, "at", "first", rng)
    assert np.corrcoef(found.obs["time"], time)[0, 1] > 0.8
    assert found.X.sum() == pytest.approx(atlas.X.sum() / 2, rel=0.05)
    with pytest.raises(ValueError, match="no cell is called 'last'"):
        cells_by_time(atlas, "at", "last", rng)
