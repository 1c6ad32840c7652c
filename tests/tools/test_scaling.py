"""Both ways give the same, in blocks or at once; what was recorded is complete."""

import json

import numpy as np
import pytest
import zarr
from anndata.io import read_elem

from celltoken import lessons
from celltoken.data.corpus import documents
from celltoken.tools import scaling

pytest.importorskip("dask", reason="requirements-scale.lock is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An atlas of several blocks, the last one not full, and what both ways make of it."""
    found = tmp_path_factory.mktemp("scaling")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scaling, "BLOCK", 400)
        scaling.generate_atlas(1000, found)
        for way in scaling.WAYS["cells"]:
            names, components = scaling.components(way, found)
            np.savez(found / f"{way}.npz", names=np.asarray(names, str), found=components)
    return found


def test_a_generated_atlas_has_its_cells_and_counts(folder):
    counts = read_elem(zarr.open_group(folder / "atlas.zarr", mode="r")["X"])
    assert counts.shape == (1000, 2000)
    assert (counts.data == counts.data.round()).all() and counts.data.min() >= 1
    assert len(np.unique(np.asarray(counts.sum(1)))) > 100  # cells differ, also between blocks


def test_a_table_in_blocks_gives_the_components_of_the_whole(folder):
    assert np.load(folder / "dask.npz")["found"].shape == (1000, 20)
    assert scaling.agreement("cells", "dask", folder) > 0.9999


def test_agreement_notices_another_component_and_other_genes(folder, tmp_path):
    names, found = np.load(folder / "memory.npz").values()
    np.savez(tmp_path / "memory.npz", names=names, found=found)
    turned = found[:, [*range(1, 20), 0]]
    for other_names, other in ((names, turned), (np.roll(names, 1), found)):
        np.savez(tmp_path / "dask.npz", names=other_names, found=other)
        assert scaling.agreement("cells", "dask", tmp_path) < 0.5


def test_a_generated_text_is_made_of_the_words_of_the_speeches(tmp_path):
    scaling.generate_text(20_000, tmp_path)
    lines = (tmp_path / "text.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 800 and {len(line.split()) for line in lines} == {25}
    known = {word for tokens in documents("sotu").tokens for word in tokens}
    assert {word for line in lines for word in line.split()} <= known
    for way in scaling.WAYS["words"]:
        names, vectors = scaling.word_vectors(way, tmp_path)
        assert vectors.shape == (len(names), 50) and "the" in names
        np.savez(tmp_path / f"{way}.npz", names=names, found=vectors)
    assert scaling.agreement("words", "memory", tmp_path) == 1
    assert 0 < scaling.agreement("words", "other start", tmp_path) < 1
    assert scaling.agreement("words", "again", tmp_path) > 0.3  # the same first vectors


def test_a_run_that_fails_says_so_in_one_sentence(tmp_path):
    with pytest.raises(lessons.LessonError, match="^words, corpus_file: .*text.txt"):
        scaling._apart("words", "corpus_file", tmp_path)


def test_what_is_recorded_is_complete():
    found = json.loads(scaling.FILE.read_text(encoding="utf-8"))
    for side, ways in scaling.WAYS.items():
        sizes = sorted({row["size"] for row in found[side]})
        assert [(r["size"], r["way"]) for r in found[side]] == [(s, w) for s in sizes for w in ways]
    assert set(found["packages"]) == set(scaling.PACKAGES)
    assert max(row["size"] for row in found["cells"]) >= 1_000_000
    assert all(row["agreement"] > 0.99 for row in found["cells"])
