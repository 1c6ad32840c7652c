"""What reaches a lesson: every parameter that names data, and the columns that belong to each."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from celltoken import lessons
from celltoken.data import DataError
from celltoken.lessons import door, needs

TYPES = ["a", "b", "c"]


@pytest.fixture
def mine(tmp_path):
    """300 cells x 400 genes: three types, two conditions, places, a protein and two layers."""
    rng = np.random.default_rng(0)
    obs = pd.DataFrame(
        {
            "type": np.array(TYPES)[np.arange(300) % 3],
            "condition": np.array(["x", "y"])[np.arange(300) % 2],
            "hour": np.arange(300) % 15,
            "batch": "5k",
            "x": np.arange(300) % 20,
            "y": np.arange(300) // 20,
        },
        index=[f"cell{i}" for i in range(300)],
    )
    for protein in "CD3 CD4 CD8a CD14 CD19 CD45RA CD45RO CD56".split():
        obs[f"protein_{protein}"] = rng.poisson(9, 300)
    x = sparse.csr_matrix(rng.poisson(1, (300, 400)).astype("f4"))
    layers = {"spliced": x.copy(), "unspliced": x[::-1].copy()}
    adata = anndata.AnnData(x, obs=obs, layers=layers)
    adata.var_names = ["CD4", *(f"GENE{i}" for i in range(399))]
    path = tmp_path / "mine.h5ad"

    def write(change=lambda adata: None):
        change(adata)
        adata.write_h5ad(path)
        return str(path)

    return write


def through(name, tmp_path, layer=None, **parameters):
    folder = tmp_path / "ready"
    folder.mkdir(exist_ok=True)
    return door.through(needs.of(name), parameters, folder, layer, None)


def matrices():
    """Every lesson and each of its parameters that takes cells."""
    return [
        (name, parameter)
        for name in lessons.reading_order()
        if not name.endswith("exercises")
        for parameter, need in needs.of(name).items()
        if "cells" in need.amounts
    ]


@pytest.mark.parametrize(("name", "parameter"), matrices())
def test_each_matrix_of_each_lesson_passes_with_the_columns_that_it_needs(
    mine, tmp_path, name, parameter
):
    columns = {"types": "type", "values": "condition"}
    options = {
        option: "quarter"
        if need.amounts.get("types", 0) > 3
        else "hour"
        if need.amounts.get("values", 2) > 2
        else columns[unit]
        for option, need in needs.of(name).items()
        if need.table == parameter
        for unit in columns
        if unit in need.amounts
    }
    named = {
        option: ", ".join("abc"[: need.amounts["names"]])
        for option, need in needs.of(name).items()
        if need.entries_of and need.table == parameter and need.entries_of in options
    }
    options |= named

    def in_quarters(adata):  # four types of as many cells, under both conditions
        adata.obs["quarter"] = np.array(list("pqrs"))[np.arange(300) // 75]

    ready, _ = through(name, tmp_path, **{parameter: mine(in_quarters)}, **options)
    adata = anndata.read_h5ad(ready[parameter])
    assert adata.shape == (300, 400)
    assert set(options.values()) - set(named.values()) <= set(adata.obs)
    assert set(needs.of(name)[parameter].layers) <= set(adata.layers)
    for column in needs.of(name)[parameter].columns:
        assert any(one.removesuffix("...") in " ".join(adata.obs) for one in column.split(" or "))


def test_a_column_of_cells_is_not_looked_for_among_the_words(mine, tmp_path):
    ready, _ = through("geometry/maps_of_words_and_cells", tmp_path, cells=mine(), labels="type")
    assert set(ready) == {"cells", "labels"}


REFUSED = {
    "no such stage": (
        "geometry/curvature_and_transitions",
        {"labels": "type"},
        "no 'cycling progenitor' in 'type': with --stages name 3 of a, b, c",
    ),
    "two stages": (
        "geometry/curvature_and_transitions",
        {"labels": "type", "stages": "a, b"},
        "with --stages name 3 of a, b, c",
    ),
    "no such batch": (
        "geometry/read_depth_and_second_channels",
        {"batch": "10k"},
        "no '10k' in 'batch': with --batch name 1 of 5k.",
    ),
    "no such condition": (
        "geometry/dynamic_embeddings",
        {"labels": "type", "context": "dose"},
        "with --context choose one of type, condition",
    ),
    "no such label": (
        "geometry/low_rank",
        {"labels": "kind"},
        "with --labels choose one of type, condition",
    ),
}


@pytest.mark.parametrize(("name", "options", "said"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_option_is_named_in_one_sentence(mine, tmp_path, name, options, said):
    table = "proteins" if "batch" in options else "cells"
    with pytest.raises((lessons.LessonError, DataError)) as problem:
        through(name, tmp_path, **{table: mine()}, **options)
    assert said in str(problem.value) and "\n" not in str(problem.value)


def test_wrong_options_are_named_for_the_course_s_own_data_too(tmp_path):
    for options in ({"labels": "kind"}, {"stages": "neuron, neurone, cycling progenitor"}):
        with pytest.raises(lessons.LessonError, match="with --(labels|stages)"):
            through("geometry/curvature_and_transitions", tmp_path, **options)


def test_tissue_without_places_is_refused_and_spatial_coordinates_are_places(mine, tmp_path):
    def without(adata):
        del adata.obs["x"]

    name = "geometry/context_and_knowledge"
    with pytest.raises(DataError, match="no column x in .obs"):
        through(name, tmp_path, tissue=mine(without))

    def spatial(adata):
        adata.obsm["spatial"] = adata.obs[["y", "y"]].to_numpy(float)
        del adata.obs["y"]

    ready, said = through(name, tmp_path, tissue=mine(spatial))
    assert any("spatial" in line for line in said)
    assert {"x", "y"} <= set(anndata.read_h5ad(ready["tissue"]).obs)


def test_an_expression_is_asked_at_the_door_and_not_once_more(mine, tmp_path):
    name, options = "context/choosing_a_metric", {"labels": "condition", "only": "y > 2"}
    with pytest.raises(DataError, match="has 2 type"):
        through(name, tmp_path, cells=mine(), **options)
    ready, said = through(name, tmp_path, cells=mine(), **(options | {"labels": "type"}))
    assert ready["only"] == "" and anndata.read_h5ad(ready["cells"]).n_obs == 240
    assert any("where y > 2" in line for line in said)
    with pytest.raises(DataError, match="cannot be asked of pbmc3k"):
        through(name, tmp_path, only="dose > 2")


@pytest.fixture
def vectors(tmp_path):
    """Write word vectors, and change them before."""

    def write(words, numbers=60):
        x = np.random.default_rng(0).normal(size=(len(words), numbers)).astype("f4")
        adata = anndata.AnnData(x, obs=pd.DataFrame(index=list(words)))
        adata.write_h5ad(tmp_path / "vectors.h5ad")
        return str(tmp_path / "vectors.h5ad")

    return write


@pytest.fixture(scope="module")
def common():
    from celltoken import data

    return list(data.load("glove").obs_names[:8000])


def test_vectors_reach_a_lesson_as_it_loads_its_own(vectors, common, tmp_path):
    from celltoken import data

    for name in ("context/choosing_a_metric", "geometry/curvature_and_transitions"):
        ready, said = through(name, tmp_path, words=vectors(common))
        found = data.load(ready["words"])
        assert isinstance(found.X, np.ndarray) and found.shape == (8000, 60) and not said


LISTS = {
    "pairs": ("context/choosing_a_metric", "words", "0 of the pairs"),
    "scales": ("geometry/curvature_and_transitions", "words", "0 of the scales"),
    "analogies": ("analogies/vector_arithmetic", "vectors", "0 of the analogies"),
    "rows": ("geometry/maps_of_words_and_cells", "vectors", "0 of the rows"),
}


@pytest.mark.parametrize(("name", "option", "said"), LISTS.values(), ids=LISTS)
def test_vectors_of_words_that_no_list_has_are_refused_before_the_lesson_runs(
    vectors, common, tmp_path, name, option, said
):
    through(name, tmp_path, **{option: vectors(common)})
    with pytest.raises(lessons.LessonError, match=said) as problem:
        through(name, tmp_path, **{option: vectors([f"livre{i}" for i in range(2500)])})
    assert "\n" not in str(problem.value)


def test_a_text_and_vectors_of_two_languages_are_refused(vectors, tmp_path):
    words = [f"livre{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(600)]
    words = [*words, "la", "base", "son", "plus"]  # a few that English has as well
    rng = np.random.default_rng(0)
    lines = "\n".join(" ".join(rng.choice(words, 600)) for _ in range(50))
    (tmp_path / "mine.txt").write_text(lines)
    mine = {"words": str(tmp_path / "mine.txt")}
    name = "geometry/maps_of_words_and_cells"
    with pytest.raises(lessons.LessonError, match="with --vectors give vectors of its own lang"):
        through(name, tmp_path, **mine)
    several = vectors([*words, *(f"autre{i}" for i in range(2000))])
    assert "vectors" in through(name, tmp_path, **mine, vectors=several)[0]


def test_a_list_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(lessons.LessonError, match="no list 'mine'; choose one of wordsim353"):
        through("context/choosing_a_metric", tmp_path, pairs="mine")


SWAPPED = {
    "a matrix as text": ("geometry/low_rank", {"words": "pbmc3k"}, "is a matrix and no text"),
    "a text as vectors": (
        "introduction/points_in_space",
        {"words": "sotu"},
        "a text and no matrix",
    ),
    "vectors as cells": ("geometry/low_rank", {"cells": "glove"}, "glove has no column"),
    "cells without labels": ("geometry/low_rank", {"cells": "merfish"}, "merfish has no column"),
    "cells without places": (
        "geometry/dynamic_embeddings",
        {"tissue": "pancreas_mouse"},
        "no column x in .obs",
    ),
    "nothing": ("geometry/low_rank", {"cells": ""}, "is empty"),
}


@pytest.mark.parametrize(("name", "options", "said"), SWAPPED.values(), ids=SWAPPED)
def test_data_of_the_course_in_the_wrong_place_are_refused(tmp_path, name, options, said):
    with pytest.raises((lessons.LessonError, DataError), match=said):
        through(name, tmp_path, **options)


def test_other_data_of_the_course_pass_as_they_are(tmp_path):
    for name, options in (
        ("geometry/low_rank", {"cells": "pancreas_mouse", "words": "novels"}),
        ("analogies/vector_arithmetic", {"vectors": "sotu", "age": "P1, E14.5"}),
        ("geometry/maps_of_words_and_cells", {"words": "sotu"}),
        ("geometry/context_and_knowledge", {"tissue": "merfish"}),
    ):
        ready, said = through(name, tmp_path, **options)
        assert ready == options and said == []
