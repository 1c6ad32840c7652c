"""Halves: of rows, of clusters, of several tables at once, and never of what is fixed."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from celltoken.claims import sampling


def table(n=20):
    return pd.DataFrame({"a": range(n), "donor": np.repeat(list("wxyz"), n // 4)})


@pytest.mark.parametrize(
    "units",
    [
        table(),
        np.arange(40).reshape(20, 2),
        sparse.eye(20).tocsr(),
        list(range(20)),
        anndata.AnnData(np.arange(40.0).reshape(20, 2)),
    ],
    ids=["DataFrame", "array", "sparse", "list", "AnnData"],
)
def test_a_half_has_half_of_the_rows(units):
    drawn = sampling.half(units, np.random.default_rng(0))
    assert type(drawn) is type(units)
    assert (drawn.shape[0] if hasattr(drawn, "shape") else len(drawn)) == 10


def test_no_unit_is_drawn_twice_and_the_order_stays():
    drawn = sampling.half(table(), np.random.default_rng(0)).a
    assert drawn.is_unique and drawn.is_monotonic_increasing


def test_halves_differ_and_every_unit_has_its_turn():
    rng = np.random.default_rng(0)
    drawn = [frozenset(sampling.half(list(range(20)), rng)) for _ in range(30)]
    assert len(set(drawn)) > 20 and frozenset().union(*drawn) == frozenset(range(20))


def test_clusters_stay_whole():
    drawn = sampling.half(table(), np.random.default_rng(0), by="donor")
    assert drawn.donor.nunique() == 2 and len(drawn) == 10
    cells = anndata.AnnData(np.zeros((20, 1)), obs=table().set_index(table().index.astype(str)))
    assert sampling.half(cells, np.random.default_rng(0), by="donor").obs.donor.nunique() == 2


def test_parts_of_a_tuple_are_halved_on_their_own_and_fixed_ones_stay():
    vectors = np.zeros((7, 3))
    first, second, whole = sampling.half(
        (list(range(20)), list(range(20)), sampling.Fixed(vectors)), np.random.default_rng(0)
    )
    assert len(first) == len(second) == 10 and first != second and whole is vectors
    assert sampling.whole((sampling.Fixed(vectors), [1]))[0] is vectors


@pytest.mark.parametrize(
    ("units", "by", "said"),
    [
        (list(range(7)), None, "at least 8"),
        (table(), "patient", "no column 'patient'"),
        (table().assign(donor="one"), "donor", "at least 2"),
    ],
)
def test_what_cannot_be_resampled_says_so_in_a_sentence(units, by, said):
    with pytest.raises(ValueError, match=said):
        sampling.half(units, np.random.default_rng(0), by)


def test_halves_scatter_about_a_mean_as_the_mean_scatters():
    """The delete-half jackknife: the spread over halves is the standard error of the whole."""
    rng, units = np.random.default_rng(0), np.random.default_rng(1).normal(size=400)
    spread = np.std([sampling.half(units, rng).mean() for _ in range(2000)])
    assert spread == pytest.approx(units.std() / np.sqrt(400), rel=0.08)
