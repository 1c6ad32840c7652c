"""A reader's matrix: kinds of trouble, each the same as the plain file, said, or one sentence."""

import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy import sparse

from celltoken.data import DataError
from celltoken.data.own_cells import CellNeeds, prepare

warnings.simplefilter("ignore")
KINDS = ["a", "b", "c"]


def plain(cells=90, genes=80, seed=0):
    """Counts of three types, each with genes of its own."""
    rng = np.random.default_rng(seed)
    kind = np.arange(cells) % 3
    rate = 0.3 + 4.0 * (np.arange(genes) % 3 == kind[:, None])
    counts = rng.poisson(rate) + (np.arange(genes) == 0)
    adata = ad.AnnData(sparse.csr_matrix(counts.astype("f4")))
    adata.obs["type"] = pd.Categorical(np.array(KINDS)[kind])
    adata.obs["condition"] = np.where(rng.random(cells) < 0.5, "x", "y")
    adata.var_names = [f"GENE{i}" for i in range(genes)]
    adata.obs_names = [f"cell{i}" for i in range(cells)]
    return adata


@pytest.fixture
def opened(tmp_path):
    """Write a matrix and bring it through the door."""

    def call(adata, needs=None, **options):
        path = tmp_path / "mine.h5ad"
        adata.write_h5ad(path)
        return prepare(path, needs, **({"labels": "type"} | options))

    return call


def logged(adata):
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    return adata


def changed(change):
    adata = plain()
    other = change(adata)
    return adata if other is None else other


SAME = {
    "dense": lambda a: setattr(a, "X", a.X.toarray()),
    "float16": lambda a: setattr(a, "X", a.X.toarray().astype(np.float16)),
    "CSC int64": lambda a: setattr(a, "X", sparse.csc_matrix(a.X).astype(np.int64)),
    "float64": lambda a: setattr(a, "X", a.X.astype(np.float64)),
    "boolean beside it": lambda a: a.obs.__setitem__("flag", True),
    "unused category": lambda a: a.obs.__setitem__("type", a.obs["type"].cat.add_categories("z")),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_other_storage_is_the_same_matrix_and_nothing_is_said(opened, change):
    expected, found = opened(plain()), opened(changed(change))
    assert found.said == [] and sparse.isspmatrix_csr(found.adata.X)
    assert found.adata.X.dtype == np.float32
    assert (found.adata.X != expected.adata.X).nnz == 0
    assert list(found.adata.obs["type"]) == list(expected.adata.obs["type"])


def test_counts_are_found_in_a_layer_in_raw_or_where_they_are_said_to_be(opened):
    expected = opened(plain()).adata.X
    in_layer = plain()
    in_layer.layers["counts"] = in_layer.X.copy()
    found = opened(logged(in_layer))
    assert (found.adata.X != expected).nnz == 0 and "'counts' is used" in found.said[0]
    in_raw = plain()
    in_raw.raw = in_raw.copy()
    found = opened(logged(in_raw))
    assert (found.adata.X != expected).nnz == 0 and ".raw is used" in found.said[0]
    elsewhere = plain()
    elsewhere.layers["spliced"] = elsewhere.X.copy()
    assert (opened(logged(elsewhere), layer="spliced").adata.X != expected).nnz == 0


def with_value(value):
    def change(adata):
        x = adata.X.toarray()
        x[0, 0] = value
        adata.X = x

    return change


def scaled(adata):
    logged(adata)
    sc.pp.scale(adata)


REFUSED = {
    "log-normalised": (lambda a: logged(a), "log-normalised, not counts"),
    "per 10,000": (lambda a: sc.pp.normalize_total(a, target_sum=1e4), "normalised or corrected"),
    "scaled": (scaled, "negative values"),
    "NaN": (with_value(np.nan), "NaN or infinite"),
    "infinity": (with_value(np.inf), "NaN or infinite"),
    "zeros": (lambda a: setattr(a, "X", a.X * 0), "nothing but zeros"),
    "no cells": (lambda a: a[:0].copy(), "holds no cells"),
    "few cells": (lambda a: a[:8].copy(), "has 8 cells to work with, and this lesson needs"),
    "few genes": (lambda a: a[:, :20].copy(), "has 20 genes"),
    "transposed": (lambda a: a.T.copy(), "cells seem to be its columns"),
    "no columns": (
        lambda a: setattr(a, "obs", pd.DataFrame(index=a.obs_names)),
        "has no column in .obs",
    ),
    "one type": (lambda a: a.obs.__setitem__("type", "T"), "1 type(s)"),
    "each its own": (lambda a: a.obs.__setitem__("type", a.obs_names), "coarser column"),
    "other column": (lambda a: setattr(a, "obs", a.obs[["condition"]]), "choose one of condition"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_gets_one_sentence(opened, change, said):
    with pytest.raises(DataError) as problem:
        opened(changed(change))
    text = str(problem.value)
    assert said in text and "\n" not in text and text.endswith(".")


def test_cells_without_a_label_are_left_out_and_counted(opened):
    adata = plain()
    gone = np.arange(90) % 9 == 0
    kept = opened(adata[~gone].copy())
    for missing in (np.nan, None, " ", "nan", "N/A"):
        column = adata.obs["type"].astype(object)
        column[gone] = missing
        changed_one = adata.copy()
        changed_one.obs["type"] = column if isinstance(missing, str) else pd.Categorical(column)
        found = opened(changed_one)
        assert "10 cell(s) without an entry in 'type'" in found.said[0]
        assert (found.adata.X != kept.adata.X).nnz == 0
        assert "nan" not in set(found.adata.obs["type"])


def test_numbers_as_labels_are_names_as_written(opened):
    adata = plain()
    adata.obs["type"] = adata.obs["type"].cat.codes.astype("float64")
    assert set(opened(adata).adata.obs["type"]) == {"0", "1", "2"}
    adata.obs["type"] = adata.obs["type"] + 0.5
    assert set(opened(adata).adata.obs["type"]) == {"0.5", "1.5", "2.5"}


def test_rare_types_and_types_of_one_condition_are_left_out(opened):
    adata = plain()
    names = adata.obs["type"].astype(str).to_numpy()
    names[0] = "lonely"
    adata.obs["type"] = names
    assert "lonely" in opened(adata).said[0]
    adata.obs.loc[adata.obs["type"] == "a", "condition"] = "x"
    said = opened(adata, condition="condition").said
    assert any("not seen under every condition" in each and "a" in each for each in said)


def test_a_single_condition_is_refused(opened):
    adata = plain()
    adata.obs["condition"] = "x"
    with pytest.raises(DataError, match="choose another column"):
        opened(adata, condition="condition")


def test_names_that_stand_twice(opened):
    adata = plain()
    adata.var_names = ["GENE0", "GENE0", *adata.var_names[2:]]
    found = opened(adata)
    assert found.adata.n_vars == 79 and "added up" in found.said[0]
    total = np.asarray(adata.X[:, :2].sum(1)).ravel()
    assert (found.adata[:, "GENE0"].X.toarray().ravel() == total).all()
    adata = plain()
    adata.obs_names = ["one", "one", *adata.obs_names[2:]]
    found = opened(adata)
    assert found.adata.obs_names.is_unique and "1 cell name" in found.said[0]


def test_ensembl_ids_give_way_to_symbols(opened):
    adata = plain()
    adata.var["symbol"] = adata.var_names
    adata.var_names = [f"ENSG{i:011d}" for i in range(80)]
    found = opened(adata)
    assert "GENE3" in found.adata.var_names and ".var['symbol']" in found.said[0]
    del adata.var["symbol"]
    assert "finds none" in opened(adata).said[0]


def test_empty_cells_and_genes_are_left_out(opened):
    adata = plain()
    x = adata.X.tolil()
    x[:5] = 0
    x[:, :4] = 0
    adata.X = x.tocsr()
    found = opened(adata)
    assert found.adata.shape == (85, 76)
    assert "5 cell(s) without a count" in found.said[0] and "4 gene(s)" in found.said[1]


def test_of_too_many_cells_a_sample_is_drawn_and_said(opened):
    found = opened(plain(), most=60)
    assert found.adata.n_obs == 60 and "Of 90 cells 60 were drawn" in found.said[0]
    assert (opened(plain(), most=60).adata.X != found.adata.X).nnz == 0


def test_names_with_odd_signs_stay_as_they_are(opened):
    adata = plain()
    odd = {"a": "αβ <i>$_x^{2}$ & \\frac", "b": "_b", "c": "c/d (v2)"}
    adata.obs["cell type / fine (v2)"] = adata.obs["type"].astype(str).map(odd)
    found = opened(adata, labels="cell type / fine (v2)")
    assert set(found.adata.obs["cell type / fine (v2)"]) == set(odd.values())


def test_vectors_need_not_be_counts(opened):
    adata = plain()
    adata.X = np.random.default_rng(0).normal(size=adata.shape).astype("f4")
    found = opened(adata, CellNeeds(counts=False))
    assert np.allclose(found.adata.X.toarray(), adata.X)


NOTHING_INSIDE = {
    "empty": (b"", "is empty"),
    "a web page": (b"<html>404</html>", "is a web page"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid", "only points to a file"),
    "other": (b"anything", "cannot be read as .h5ad"),
}


@pytest.mark.parametrize(("content", "said"), NOTHING_INSIDE.values(), ids=NOTHING_INSIDE)
def test_what_is_no_h5ad_gets_one_sentence(tmp_path, content, said):
    (tmp_path / "mine.h5ad").write_bytes(content)
    with pytest.raises(DataError, match=said):
        prepare(tmp_path / "mine.h5ad")


def test_odd_paths_and_capitals_work(tmp_path):
    path = tmp_path / "Été d'hiver (2) 数据 ☃.H5AD"
    plain().write_h5ad(tmp_path / "x.h5ad")
    (tmp_path / "x.h5ad").rename(path)
    assert prepare(path, labels="type").adata.n_obs == 90


def without_x(layer):
    def change(adata):
        adata.layers[layer] = adata.X.copy()
        del adata.X

    return change


def layer_of_another_name(adata):
    adata.layers["UMIs"] = adata.X.copy()
    logged(adata)


ABOUT_THE_MATRIX = {
    "no X, another layer": (without_x("spliced"), "with --layer choose one of its layers, spliced"),
    "counts in another layer": (layer_of_another_name, "choose it with --layer UMIs"),
    "two types, three asked": (
        lambda a: setattr(a, "obs", a.obs.assign(type=a.obs["type"] == "a")),
        "choose a finer column",
    ),
    "blanks around a column": (
        lambda a: setattr(a, "obs", a.obs.rename(columns={"type": "type "})),
        "choose one of 'type ', condition",
    ),
}


@pytest.mark.parametrize(("change", "said"), ABOUT_THE_MATRIX.values(), ids=ABOUT_THE_MATRIX)
def test_a_sentence_says_what_the_file_has_and_what_to_choose(opened, change, said):
    with pytest.raises(DataError) as problem:
        opened(changed(change), CellNeeds(types=3))
    assert said in str(problem.value) and "\n" not in str(problem.value)


def test_counts_in_a_layer_do_without_x(opened):
    found = opened(changed(without_x("Counts")))
    assert (found.adata.X != opened(plain()).adata.X).nnz == 0
    assert found.said == ["There is no X, so the layer 'Counts' is used."]


def rounded(adata):
    sc.pp.normalize_total(adata, target_sum=1e4)
    adata.X.data = np.rint(adata.X.data)


DOUBTFUL = {
    "0 and 1": (lambda a: setattr(a, "X", (a.X > 0).astype("f4")), "All values are 0 or 1"),
    "rounded": (rounded, "normalised and rounded"),
}


@pytest.mark.parametrize(("change", "said"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_whole_numbers_that_may_be_no_counts_are_told(opened, change, said):
    assert any(said in line for line in opened(changed(change)).said)


@pytest.mark.parametrize("ids", ["ENSMUSG{:011d}.2", "{}"])
@pytest.mark.parametrize("column", ["Symbol", "feature_name", "hgnc_symbol"])
def test_symbols_take_the_place_of_any_identifiers_and_gaps_keep_theirs(opened, ids, column):
    adata = plain()
    symbols = adata.var_names.to_numpy(dtype=object).copy()
    symbols[:3] = ["", " ", np.nan]
    adata.var[column] = pd.Categorical(symbols)
    adata.var_names = [ids.format(i) for i in range(80)]
    names = opened(adata).adata.var_names
    assert names[10] == "GENE10" and list(names[:3]) == [ids.format(i) for i in range(3)]


def test_genes_without_a_name_are_not_one_gene(opened):
    adata = plain()
    adata.var_names = ["", "", *adata.var_names[2:]]
    found = opened(adata)
    assert found.adata.n_vars == 80 and found.adata.var_names[0] == "unnamed 1"
    assert "2 gene(s) without a name" in found.said[0]


def test_blanks_make_no_types_of_their_own(opened):
    adata = plain()
    names = adata.obs["type"].astype(str).to_numpy(dtype=object)
    names[::2] = [f" {each}\n" for each in names[::2]]
    adata.obs["type"] = names
    found = opened(adata)
    assert set(found.adata.obs["type"]) == set(KINDS)
    assert found.said == ["45 cell(s) had needless blanks in 'type': taken off."]


def test_long_names_are_short_in_sentences(opened):
    adata = plain()
    names = adata.obs["type"].astype(str).to_numpy(dtype=object)
    names[0] = "long " * 60
    adata.obs["type"] = names
    assert max(map(len, opened(adata).said)) < 200


def test_of_more_than_two_conditions_the_commonest_are_compared_where_a_lesson_says_so(opened):
    adata = plain()
    adata.obs["donor"] = np.array(["one"] * 40 + ["two"] * 30 + ["three"] * 20)
    found = opened(adata, CellNeeds(cells=20, commonest=True), condition="donor")
    assert set(found.adata.obs["donor"]) == {"one", "two"} and found.adata.n_obs == 70
    assert "the two commonest are compared, one, two; 20 cell(s)" in found.said[0]
    assert opened(adata, condition="donor").adata.n_obs == 90
    few = np.flatnonzero((adata.obs["type"] == "a") & (adata.obs["donor"] == "two"))[2:]
    adata = adata[np.setdiff1d(np.arange(90), few)].copy()
    said = opened(adata, CellNeeds(cells=20, commonest=True), condition="donor").said
    assert any("not seen in 5 cells under every donor" in line for line in said)


def test_an_expression_chooses_cells_before_anything_is_counted(opened):
    few, expected = CellNeeds(cells=20), plain()
    found = opened(plain(), few, only="condition == 'x'")
    expected = opened(expected[expected.obs["condition"] == "x"].copy(), few)
    assert (found.adata.X != expected.adata.X).nnz == 0
    assert found.said[0].endswith("were kept, where condition == 'x'.")
    for wrong in ("dose > 1", "condition ==", "import os"):
        with pytest.raises(DataError, match="cannot be asked of mine.h5ad") as problem:
            opened(plain(), only=wrong)
        assert "columns are type, condition" in str(problem.value)
    with pytest.raises(DataError, match="has 0 cells"):
        opened(plain(), only="condition == 'z'")


VECTORS = CellNeeds(counts=False, unit="vectors", cells=50, genes=51)


def test_vectors_are_handed_on_dense_and_named_as_such(opened):
    adata = plain()
    adata.X = np.random.default_rng(0).normal(size=adata.shape).astype("f4")
    adata.X[3] = 0
    adata.obs_names = ["the", "the", *adata.obs_names[2:]]
    found = opened(adata, VECTORS, labels=None)
    assert isinstance(found.adata.X, np.ndarray) and found.adata.shape == (89, 80)
    assert "1 vector name(s) stood twice" in found.said[0] and "zeros" in found.said[1]
    with pytest.raises(DataError, match="20 vectors to work with"):
        opened(adata[:20].copy(), VECTORS, labels=None)
    with pytest.raises(DataError, match="20 numbers to work with"):
        opened(adata[:, :20].copy(), VECTORS, labels=None)


def test_genes_and_columns_that_a_lesson_looks_for_are_asked_for(opened):
    assert opened(plain(), CellNeeds(named=("GENE1", "CD4 or GENE2"))).adata.n_obs == 90
    with pytest.raises(DataError, match="no gene CD4 or CD8A"):
        opened(plain(), CellNeeds(named=("CD4 or CD8A",)))
    adata = plain()
    adata.obs["protein_CD3"] = 1.0
    columns = ("protein_...", "protein_CD3 or protein_CD4")
    assert "protein_CD3" in opened(adata, CellNeeds(columns=columns)).adata.obs
    with pytest.raises(DataError, match="no column protein_CD4"):
        opened(adata, CellNeeds(columns=("protein_CD4",)))
    adata.obs["protein_CD3"] = "much"
    with pytest.raises(DataError, match="has text in 'protein_CD3'"):
        opened(adata, CellNeeds(columns=columns))


def test_cells_without_a_place_are_left_out(opened):
    adata = plain()
    adata.obs["x"], adata.obs["y"] = np.arange(90.0), np.arange(90.0)
    adata.obs.loc[adata.obs_names[:7], "x"] = np.nan
    found = opened(adata, CellNeeds(columns=("x", "y")))
    assert found.adata.n_obs == 83 and "7 cell(s) without x, y" in found.said[0]


def test_profiles_of_no_cells_are_left_out(opened):
    adata = plain()
    adata.obs["cells"] = np.arange(90)
    found = opened(adata, CellNeeds(counts=False, unit="vectors", columns=("cells",)), labels=None)
    assert found.adata.n_obs == 89 and found.said == ["1 vector(s) without cells were left out."]


OTHER_FILES = {
    "mine.h5ad.gz": (b"", "unpack it first"),
    "gzip.h5ad": (b"\x1f\x8b0", "packed (gzip)"),
    "zip.h5ad": (b"PK\x03\x04", "packed (zip)"),
    "mine.h5": (b"", "scanpy.read_10x_h5"),
    "mine.loom": (b"", "scanpy.read_loom"),
    "matrix.mtx": (b"", "scanpy.read_mtx"),
    "mine.csv": (b"", "scanpy.read_csv"),
    "mine.rds": (b"", "read your matrix"),
    "mine": (b"\x89HDF", "let its name end so"),
}


@pytest.mark.parametrize(("name", "case"), OTHER_FILES.items(), ids=OTHER_FILES)
def test_a_file_of_another_kind_is_named_with_what_reads_it(tmp_path, name, case):
    (tmp_path / name).write_bytes(case[0])
    with pytest.raises(DataError) as problem:
        prepare(tmp_path / name)
    assert case[1] in str(problem.value) and "\n" not in str(problem.value)


def test_hdf5_of_another_kind_and_folders_are_named_with_what_reads_them(tmp_path):
    plain().write_zarr(tmp_path / "mine.zarr")
    with pytest.raises(DataError, match="a folder and no .h5ad file: read it with anndata.read_z"):
        prepare(tmp_path / "mine.zarr")
    (tmp_path / "10x").mkdir()
    (tmp_path / "10x" / "matrix.mtx.gz").write_bytes(b"")
    with pytest.raises(DataError, match="scanpy.read_10x_mtx"):
        prepare(tmp_path / "10x")
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "mine.h5ad", "w") as file:
        file["matrix"] = np.ones(3)
    with pytest.raises(DataError, match="HDF5 and no .h5ad file"):
        prepare(tmp_path / "mine.h5ad")
    for address, said in (("https://a.org/b.h5ad", "web address"), ("", "is empty")):
        with pytest.raises(DataError, match=said):
            prepare(address)


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    opening = Path.open

    def refuse(self, *args, **options):
        if self.suffix == ".h5ad":
            raise PermissionError(13, "Permission denied")
        return opening(self, *args, **options)

    plain().write_h5ad(tmp_path / "mine.h5ad")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match="cannot be opened: permission denied"):
        prepare(tmp_path / "mine.h5ad")


# -- two layers ------------------------------------------------------------------------------------

LAYERS = CellNeeds(layers=("spliced", "unspliced"))


def two_layers():
    adata = plain()
    rng = np.random.default_rng(1)
    adata.layers["spliced"] = adata.X.copy()
    adata.layers["unspliced"] = sparse.csr_matrix(rng.poisson(0.5, adata.shape).astype("f4"))
    return adata


def test_layers_come_through_with_the_rows_and_columns_that_are_kept(opened):
    adata = two_layers()
    adata.X = adata.X * 0.1  # what else is in X does not matter
    adata.obs["type"] = adata.obs["type"].astype(object)
    adata.obs.iloc[4, 0] = None
    adata.layers["spliced"][:, 7] = 0
    found = opened(adata, LAYERS).adata
    kept = np.arange(90) != 4
    assert found.shape == (89, 79)
    assert (found.X != found.layers["spliced"]).nnz == 0
    expected = adata.layers["unspliced"].toarray()[kept][:, np.arange(80) != 7]
    np.testing.assert_array_equal(found.layers["unspliced"].toarray(), expected)


def test_layers_of_a_gene_that_stands_twice_are_added_up(opened):
    adata = two_layers()
    adata.var_names = ["GENE1", *adata.var_names[1:]]
    found = opened(adata, LAYERS).adata
    total = adata.layers["unspliced"].toarray()[:, :2].sum(1)
    np.testing.assert_array_equal(found[:, "GENE1"].layers["unspliced"].toarray()[:, 0], total)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.layers.pop("unspliced"), "no layer 'unspliced', and this lesson needs"),
        (lambda a: a.layers.__setitem__("unspliced", a.X * 0.3), "'unspliced' holds fractions"),
    ],
)
def test_a_layer_that_is_missing_or_no_count_is_named(opened, change, said):
    adata = two_layers()
    change(adata)
    with pytest.raises(DataError, match=said):
        opened(adata, LAYERS)
