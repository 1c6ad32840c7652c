import anndata
import numpy as np

from celltoken.data.ordered import genes_by_rank
from celltoken.data.planted_ranks import with_turns
from celltoken.methods.order import next_told


def test_turns_that_are_planted_in_deep_counts_are_found_and_in_shallow_ones_not():
    rng = np.random.default_rng(0)
    level = rng.lognormal(0, 0.3, 80)
    found = {}
    for depth in (3, 30_000):
        counts = rng.poisson(depth * level * rng.lognormal(0, 0.5, (900, 80)))
        cells = anndata.AnnData(counts.astype(np.float32))
        planted = with_turns(cells, rng, 80, 40)
        told = next_told(*genes_by_rank(planted, rng, 80, 40), rng, apart=(8, 20))
        found[depth] = told["in order"] - told["shuffled"]
    assert found[30_000] > 0.05
    assert found[3] < found[30_000] - 0.03


def test_the_same_levels_go_to_the_same_genes_of_a_cell():
    rng = np.random.default_rng(1)
    cells = anndata.AnnData(rng.poisson(50, (40, 80)).astype(np.float32))
    planted = with_turns(cells, rng, 80, 40)
    assert planted.shape == (40, 80)
    assert planted.X.min() >= 1
    np.testing.assert_allclose(planted.X.sum(1), cells.X.sum(1), rtol=0.1)
