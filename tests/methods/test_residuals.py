"""Pearson residuals and layered permutation against closed forms."""

import numpy as np
from scipy import sparse

from celltoken.methods.nulls import layers, permute_within
from celltoken.methods.residuals import pearson_residuals, spectrum


def test_residuals_of_a_table_of_rank_one_are_zero_and_empty_rows_go():
    counts = np.outer([1, 2, 0, 3], [2, 0, 4])
    residuals = pearson_residuals(sparse.csr_matrix(counts))
    assert residuals.shape == (3, 2) and np.allclose(residuals, 0)


def test_squared_residuals_add_up_to_chi_squared():
    counts = np.array([[10, 4], [3, 12]])
    n, (a, b), (c, d) = counts.sum(), counts[0], counts[1]
    margins = np.prod(counts.sum(0)) * np.prod(counts.sum(1))
    chi = n * (a * d - b * c) ** 2 / margins
    assert np.isclose((pearson_residuals(counts) ** 2).sum(), chi)
    assert np.isclose(spectrum(counts)[0] * 2 * np.sqrt(2), np.sqrt(chi))


def test_layers_are_equal_in_size_and_ordered_by_totals():
    totals = np.random.default_rng(0).permutation(40)
    assert (layers(totals, 4) == totals // 10).all()


def test_permuting_stays_in_the_layer_and_leaves_its_input_alone():
    counts = np.arange(24).reshape(8, 3)
    before, layer = counts.copy(), np.arange(8) // 4
    again = permute_within(counts, layer, 0).toarray()
    assert (counts == before).all() and (again != counts).any()
    for each in range(2):
        rows = layer == each
        assert (np.sort(again[rows], axis=0) == counts[rows]).all()
