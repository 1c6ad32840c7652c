"""Tokens that stand in a line, a ring or a grid: tables whose answer is known."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from celltoken.data import arrangements, store
from celltoken.methods.sequences import betweenness, follows, ring_steps


def atlas(rng, level, rate):
    """Cells with Poisson counts of the given rates, and their levels."""
    counts = sparse.csr_matrix(rng.poisson(rate).astype(np.float32))
    return anndata.AnnData(
        counts, obs=pd.DataFrame({"level": level}, [f"c{i}" for i in range(len(level))])
    )


def along(rng, position, genes=60):
    """Rates that change along a line: the first genes fall, the last ones rise."""
    at = np.linspace(0, 1, genes)
    return 0.2 + 6 * np.exp(-(((np.asarray(position)[:, None] - at) / 0.5) ** 2)) + 0 * rng.random()


def test_levels_are_in_the_order_of_their_numbers_and_of_one_size():
    rng = np.random.default_rng(0)
    level = np.repeat([0, 6, 12, 24, 96], [90, 50, 20, 70, 40])
    cells = atlas(rng, level, along(rng, np.searchsorted([0, 6, 12, 24, 96], level) / 4))
    means, totals, take = arrangements.level_means(cells, "level", rng)
    assert means.shape[0] == totals.shape[0] == 5 and totals.shape[1] == 1
    assert take == 20
    table = arrangements.graded_cells(cells, "level", cells, "level", rng)
    assert betweenness(table["apart"]) == 1
    missing = cells.copy()
    missing.obs["level"] = missing.obs["level"].astype(float).where(level != 96)
    assert len(arrangements.level_means(missing, "level", rng)[0]) == 4
    empty = cells.copy()
    empty.X = sparse.csr_matrix(empty.X.toarray() * (np.arange(empty.n_obs) > 0)[:, None])
    for each in arrangements.level_means(empty, "level", rng)[:2]:
        assert np.isfinite(each).all()
    with pytest.raises(store.DataError, match="three or more"):
        arrangements.level_means(cells[level < 12].copy(), "level", rng)


def test_rare_levels_are_left_out_where_asked():
    rng = np.random.default_rng(0)
    level = np.repeat(["a", "b", "c", "d"], [50, 40, 30, 5])
    cells = atlas(rng, level, along(rng, np.repeat([0, 0.3, 0.6, 0.9], [50, 40, 30, 5])))
    means, _, take = arrangements.level_means(cells, "level", rng, 30, rare="out")
    assert len(means) == 3 and take == 30
    assert arrangements.level_means(cells, "level", rng, 30)[2] == 5
    with pytest.raises(store.DataError, match="2 level"):
        arrangements.level_means(cells, "level", rng, 40, rare="out")


def test_log_totals_are_means_over_the_same_cells():
    rng = np.random.default_rng(1)
    cells = atlas(rng, np.repeat([0, 1, 2], 30), along(rng, np.repeat([0.1, 0.5, 0.9], 30)))
    totals = arrangements.level_means(cells, "level", rng)[1].ravel()
    own = np.log(cells.X.sum(1).A1)
    expected = [own[cells.obs["level"] == each].mean() for each in (0, 1, 2)]
    np.testing.assert_allclose(totals, expected, rtol=1e-5)  # all 30 of each are taken


def test_cells_of_a_cycle_come_round_again():
    rng = np.random.default_rng(2)
    hour = rng.uniform(0, 20, 720)
    angle = 2 * np.pi * (hour[:, None] / 20 - np.linspace(0, 1, 80, endpoint=False))
    cells = atlas(rng, hour, 3 * np.exp(2 * np.cos(angle)))
    table = arrangements.timed_cells(cells, "level")
    assert len(table["apart"]) == len(table["names"]) == 12
    assert follows(table["apart"], ring_steps(12)) > 0.95
    assert table["names"][0] == "1 h"


def test_forms_of_words_join_pairs_and_leave_out_what_is_the_same():
    words = "big bigger biggest dance dancing danced read reading good better run ran".split()
    degrees, verbs = arrangements.google_forms(words)
    named = [[words[i] for i in row] for row in degrees.to_numpy()]
    assert named == [["big", "bigger", "biggest"]]  # good lacks best
    assert [[words[i] for i in row] for row in verbs.to_numpy()] == [["dance", "dancing", "danced"]]
    assert "read" not in [words[i] for i in verbs.to_numpy().ravel()]


def test_words_graded_have_unit_length_and_ranks():
    x = np.array([[1.0, 0], [3, 3], [0, 2], [5, 0]])
    table = anndata.AnnData(x.astype(np.float32))
    rows = pd.DataFrame([[0, 1, 2]], columns=list("abc"))
    found = arrangements.graded_words(table, rows, rows[["c", "b", "a"]])
    expected = np.array([0, 2 * np.sin(np.pi / 8), np.sqrt(2)])
    np.testing.assert_allclose(found["apart"][0, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(found["no degrees"][0, 2], expected[::-1], atol=1e-6)
    np.testing.assert_allclose(found["totals"][0, 0], np.log([1, 2, 3]), rtol=1e-12)


def test_cities_lie_where_they_lie():
    table = arrangements.cities()
    assert table.index.is_unique and table.population.min() >= 100_000
    assert table.latitude.between(-60, 75).all() and table.longitude.between(-180, 180).all()
    # Against an atlas: degrees to the nearest whole.
    known = {"paris": ("FR", 49, 2), "tokyo": ("JP", 36, 140), "lima": ("PE", -12, -77)}
    known |= {"boston": ("US", 42, -71), "sydney": ("AU", -34, 151)}
    for name, (country, north, east) in known.items():
        row = table.loc[name]
        assert row.country == country
        assert abs(row.latitude - north) < 1 and abs(row.longitude - east) < 1


def test_cities_of_one_country_or_of_all_others():
    words = list(arrangements.cities().index)
    here, there = (arrangements.cities_in_blocks(words, c) for c in ("US", "not US"))
    assert set(here.country) == {"US"} and "US" not in set(there.country)
    assert len(here) + len(there) == len(words)
    assert here.block.nunique() > 8 and there.block.nunique() > 8
    with pytest.raises(store.DataError, match="too few"):
        arrangements.cities_in_blocks(["paris"], "FR")


def test_places_of_words_go_with_their_vectors():
    names = ["the", *arrangements.cities().index[:40]]
    x = np.random.default_rng(3).normal(size=(41, 5))
    table = anndata.AnnData(x)
    table.obs_names = names
    listed = arrangements.cities_in_blocks(names, "not US")
    found = arrangements.placed_words(table, listed)
    row = names.index(listed.index[3])
    np.testing.assert_allclose(found["x"][3], x[row] / np.linalg.norm(x[row]))
    assert found["at"][3].tolist() == [listed.longitude.iloc[3], listed.latitude.iloc[3]]
    assert found["totals"][3, 0] == pytest.approx(np.log(row + 1))
