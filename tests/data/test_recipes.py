"""The shared recipe against the arithmetic it stands for."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from celltoken.data.recipes import log_normalise, principal_components


@pytest.fixture
def counts():
    rng = np.random.default_rng(0)
    mean = rng.gamma(0.5, 4, size=200)
    return rng.poisson(mean * rng.gamma(1.0, size=(80, 200))).astype(np.float32) + (
        np.arange(200) == 0
    )


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_log_normalised_values_are_those_of_the_formula(counts, form):
    adata = anndata.AnnData(form(counts))
    result = log_normalise(adata)
    expected = np.log1p(counts / counts.sum(1, keepdims=True) * 1e4)
    dense = result.X.toarray() if sparse.issparse(result.X) else result.X
    np.testing.assert_allclose(dense, expected, rtol=1e-4, atol=1e-5)
    kept = result.layers["counts"]
    assert (kept != form(counts)).sum() == 0
    assert (adata.X != form(counts)).sum() == 0 and not adata.layers, "the input was changed"


def test_a_bare_matrix_will_do(counts):
    np.testing.assert_array_equal(log_normalise(counts).X, log_normalise(anndata.AnnData(counts)).X)


def test_variable_genes_are_scanpys_and_totals_those_of_all_genes(counts):
    import scanpy as sc

    result = log_normalise(anndata.AnnData(counts), n_genes=50)
    old = anndata.AnnData(counts.copy())
    sc.pp.normalize_total(old, target_sum=1e4)
    sc.pp.log1p(old)
    sc.pp.highly_variable_genes(old, n_top_genes=50)
    assert list(result.var_names) == list(old.var_names[old.var.highly_variable])
    np.testing.assert_allclose(result.X, old[:, result.var_names].X, rtol=1e-6)


def test_fewer_genes_than_asked_for_is_no_problem(counts, recwarn):
    counts[:, 1] = 0
    assert 150 < log_normalise(counts, n_genes=9999).n_vars < 200  # scanpy cannot rank them all
    assert not recwarn.list


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, anndata.AnnData])
def test_components_are_those_of_a_full_decomposition(counts, form):
    found = principal_components(form(counts), 5)
    u, s, _ = np.linalg.svd(counts - counts.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(found), np.abs(u * s)[:, :5], rtol=1e-2, atol=1e-2)
    np.testing.assert_array_equal(found, principal_components(form(counts), 5))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: log_normalise(-x), "negative"),
        (lambda x: log_normalise(x * 0), "every entry is zero"),
        (lambda x: log_normalise(x, n_genes=0), "n_genes must be"),
        (lambda x: log_normalise(x, n_genes=2.5), "n_genes must be"),
        (lambda x: log_normalise(log_normalise(anndata.AnnData(x))), "log-normalised already"),
        (lambda x: principal_components(x, 80), "n must be a whole number from 1 to 79"),
        (lambda x: principal_components(x * np.nan, 3), "NaN"),
    ],
)
def test_bad_input_is_one_sentence(counts, call, says):
    with pytest.raises(ValueError, match=says) as error:
        call(counts)
    assert "\n" not in str(error.value) and str(error.value).endswith(".")
