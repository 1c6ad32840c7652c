"""The set that is too large to embed: one sentence without it, and the same lesson with it."""

import subprocess

import anndata
import numpy as np
import pytest
import scvelo
from scipy import sparse

from celltoken import data
from celltoken.data import larger, store


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLTOKEN_CACHE", str(tmp_path))
    return tmp_path


def like_it(path, cells=30, genes=12):
    """A file of the same form as the real one."""
    rng = np.random.default_rng(0)
    layers = {
        name: sparse.csr_matrix(rng.poisson(1.0, (cells, genes)).astype("f4"))
        for name in ("spliced", "unspliced")
    }
    made = anndata.AnnData(layers["spliced"].copy(), layers=layers)
    made.obs["clusters"] = np.where(np.arange(cells) % 2, "Ductal", "Beta")
    made.var_names = [*map(str, range(genes - 1)), "0"]
    path.parent.mkdir(parents=True, exist_ok=True)
    made.write_h5ad(path)
    return made


def known(monkeypatch, path):
    listed = store.manifest()
    listed["larger"]["pancreas_full"]["git_hash"] = larger.git_hash(path)
    monkeypatch.setattr(larger, "manifest", lambda: listed)


def offline(path):
    path.write_bytes(b"half of it")
    raise OSError("no route")


def test_without_file_and_network_one_sentence_says_what_to_do(cache, monkeypatch):
    monkeypatch.setattr(scvelo.datasets, "pancreas", offline)
    with pytest.raises(
        data.DataError, match=r"could not fetch it \(OSError\): put endocrino"
    ) as said:
        larger.load("pancreas_full")
    assert "\n" not in str(said.value) and str(cache) in str(said.value)
    assert not larger.path_of("pancreas_full").exists(), "half a file was left"


def test_a_file_in_the_cache_is_taken_without_a_network(cache, monkeypatch):
    monkeypatch.setattr(scvelo.datasets, "pancreas", offline)
    path = larger.path_of("pancreas_full")
    made = like_it(path)
    known(monkeypatch, path)
    found = larger.load("pancreas_full")
    assert found.shape == made.shape and found.var_names.is_unique
    assert found.X.dtype == np.float32 and set(found.layers) == {"spliced", "unspliced"}
    assert (found.layers["unspliced"] != made.layers["unspliced"]).nnz == 0
    assert list(found.obs["clusters"]) == list(made.obs["clusters"])


def test_what_the_package_fetches_is_kept(cache, monkeypatch, tmp_path):
    sample = tmp_path / "sample.h5ad"
    like_it(sample)
    known(monkeypatch, sample)
    monkeypatch.setattr(
        scvelo.datasets, "pancreas", lambda path: path.write_bytes(sample.read_bytes())
    )
    assert larger.load("pancreas_full").n_obs == 30
    assert larger.path_of("pancreas_full").is_file()


def test_another_file_is_refused(cache):
    like_it(larger.path_of("pancreas_full"))
    with pytest.raises(data.DataError, match="is not the file that the manifest describes"):
        larger.load("pancreas_full")


def test_the_hash_is_git_s(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"any bytes\n" * 999)
    said = subprocess.run(["git", "hash-object", path], capture_output=True, text=True, check=True)
    assert larger.git_hash(path) == said.stdout.strip()
