"""What the claims on neighbours and on change say of worlds in which the answer is known."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from celltoken.claims import measure


def tissue(profile, at, rng):
    counts = rng.poisson(1500 * profile / profile.sum(1, keepdims=True))
    table = anndata.AnnData(sparse.csr_matrix(counts.astype(np.float32)))
    table.obs = pd.DataFrame({"section": "a"}, index=table.obs_names)
    table.obsm["at"] = at
    return table


@pytest.fixture(scope="module")
def grid():
    return np.array([(i, j) for i in range(18) for j in range(18)], float)


def test_scattered_kinds_conflict_with_place_and_patches_do_not(grid):
    claim = measure.of_lesson("limits/where_the_analogy_breaks")["L3"]
    rng = np.random.default_rng(0)
    own = rng.lognormal(0, 1, (len(grid), 300))
    kinds = own[rng.integers(12, size=len(grid))] * rng.lognormal(0, 0.3, own.shape)
    found = claim(tissue(kinds, grid, rng), rng)
    assert found["value"] > found["nearest in place"] + 0.1
    near = cdist(grid, grid) < 2.1
    patches = near @ own / near.sum(1, keepdims=True)
    found = claim(tissue(patches, grid, rng), rng)
    assert found["value"] < found["nearest in place"] + 0.1


def test_a_line_goes_on_and_a_walk_does_not():
    claim = measure.of_lesson("limits/correlation_and_time")["L5"]
    rng = np.random.default_rng(1)
    way = rng.normal(size=(1, 1, 60))
    for states, goes_on in (
        (np.arange(9)[:, None, None] * way, True),
        (rng.normal(size=(9, 1, 60)).cumsum(0), False),
    ):
        halves = tuple(states + 0.3 * rng.normal(size=states.shape) for _ in "12")
        found = claim(halves, rng)
        rivals = ("random walk", "times permuted", "signs of steps")
        lead = found["value"] - max(found[each] for each in rivals)
        assert (lead > 0.2) == goes_on
