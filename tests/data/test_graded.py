"""Tables with a task, small ones made here and the course's own."""

import anndata
import numpy as np
import pandas as pd
import pytest

from celltoken.data import DataError, graded
from celltoken.methods import dimension


def test_cells_with_a_task_are_drawn_once_a_table():
    rng = np.random.default_rng(0)
    names = "kind kang_ifnb cell_type, origin kang_ifnb condition, stage fly_embryo x"
    kind, origin, place = graded.cell_tasks(names, rng, most=150)
    assert (kind.task, origin.task, place.task) == ("kind", "origin", "stage")
    assert kind.x is origin.x and kind.x.shape == (150, 90)
    assert set(origin.labels) == {"control", "stimulated"}
    assert len(set(place.labels)) == 8  # a number, cut into equal parts
    assert place.x.shape == (150, 83)  # one below the number of genes
    assert pd.Series(place.labels).value_counts().max() <= 20
    variance = kind.x.var(0)
    assert (np.diff(variance) <= 1e-6).all()


def test_words_by_document_and_words_of_a_half():
    early, *_ = graded.word_tasks("novels early")
    document, *_ = graded.word_tasks("novels by document")
    assert early.task == document.task == "kind"
    assert early.x.shape == document.x.shape == (4000, 90)
    assert not np.allclose(early.x, document.x)
    assert (early.rows >= 0).all() and len(early.rows) == len(early.labels)
    with pytest.raises(DataError, match="early, late, whole or by document"):
        next(graded.word_tasks("novels middle"))


def test_judged_pairs_point_at_their_words():
    _, wordsim, simlex = graded.word_tasks("glove")
    assert (wordsim.task, simlex.task) == ("wordsim353", "simlex999")
    for each in (wordsim, simlex):
        assert (each.pairs[["first", "second"]] >= 0).all(axis=None)
        assert each.labels is None


def planted(rng, labels, at=None):
    """A table in which direction ``at``, if any, and no other knows the labels."""
    x = rng.normal(size=(len(labels), 20)) * np.linspace(3, 1, 20)
    if at:
        number = np.unique(labels, return_inverse=True)[1]
        x[:, at - 2 : at] = 30 * np.c_[np.cos(number), np.sin(number)]
    return graded.Graded("made", "kind", x, rows=np.arange(len(labels)), labels=labels)


@pytest.mark.parametrize("kinds", [2, 6])
def test_plateaus_are_where_the_task_was_planted_and_unsolved_tasks_are_left_out(kinds):
    rng = np.random.default_rng(1)
    labels = np.tile(list("abcdef")[:kinds], 60)
    found = graded.plateaus([planted(rng, labels, at=6), planted(rng, labels)], rng)
    assert list(found.columns) == ["table", "task", "plateau", "intrinsic", "linear"]
    assert len(found) == 1 and 6 >= found.plateau[0] >= 5


def test_judgements_have_a_plateau_too():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(100, 16))
    first, second = rng.integers(100, size=(2, 300))
    unit = x[:, :8] / np.linalg.norm(x[:, :8], axis=1, keepdims=True)
    score = (unit[first] * unit[second]).sum(1)
    pairs = pd.DataFrame({"first": first, "second": second, "score": score})
    found = graded.plateaus([graded.Graded("made", "judged", x, pairs=pairs)], rng)
    assert found.plateau[0] in (6, 8)
    nothing = pairs.assign(score=rng.permutation(score))
    assert graded.plateaus([graded.Graded("made", "judged", x, pairs=nothing)], rng).empty


def test_counts_of_words_and_cells_have_equal_totals():
    rng = np.random.default_rng(3)
    words = [f"w{i}" for i in range(60)]
    texts = pd.DataFrame({"tokens": [list(rng.choice(words, 400)) for _ in range(10)]})
    atlas = anndata.AnnData(rng.poisson(3, (80, 70)).astype(np.float32))
    for counts in (
        graded.word_counts(texts, rng, tokens=30, most=200),
        graded.cell_counts(atlas, rng, tokens=30, most=100),
    ):
        totals = counts.sum(1).A1
        assert len(totals) == 30
        assert totals.std() < 0.25 * totals.mean()
        x = graded.logarithms(counts)
        assert isinstance(x, np.ndarray) and x.shape == counts.shape
        assert dimension.participation_ratio(x) > 1
