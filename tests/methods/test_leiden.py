"""Leiden's groups at the resolution that gives the number asked for."""

import anndata as ad
import numpy as np
import pytest
import scanpy as sc
from sklearn.metrics import adjusted_rand_score

from celltoken.methods.leiden import leiden_groups


def islands(count, rng, each=60):
    kind = np.repeat(np.arange(count), each)
    x = rng.normal(size=(count, 8))[kind] * 20 + rng.normal(size=(len(kind), 8))
    return x.astype(np.float32), kind


def test_islands_are_found_when_asked_for():
    x, kind = islands(6, np.random.default_rng(0))
    assert adjusted_rand_score(kind, leiden_groups(x, 6)) == pytest.approx(1)


@pytest.mark.parametrize("count", [5, 20])
def test_a_cloud_without_gaps_is_cut_into_about_as_many_as_are_asked_for(count):
    x = np.random.default_rng(1).normal(size=(1500, 10)).astype(np.float32)
    groups = leiden_groups(x, count)
    assert abs(len(np.unique(groups)) - count) <= 2
    assert set(groups) == set(range(groups.max() + 1))


def test_one_step_is_scanpy_at_the_middle_resolution():
    x, _ = islands(4, np.random.default_rng(2))
    cells = ad.AnnData(x)
    sc.pp.neighbors(cells, n_neighbors=15, use_rep="X")
    sc.tl.leiden(cells, resolution=1.0, flavor="igraph", n_iterations=2, directed=False)
    assert (leiden_groups(x, 9, steps=1) == cells.obs.leiden.astype(int)).all()


def test_more_groups_than_tokens_are_refused():
    with pytest.raises(ValueError, match="count must be a whole number"):
        leiden_groups(np.eye(4), 5)
