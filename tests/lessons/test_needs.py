"""What a lesson needs is read from beside its parameters; a need that nobody checks is refused."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from celltoken import lessons
from celltoken.lessons import needs

PARAMETERS = """
# a corpus, or a text file with one document a line; needs 8 documents,
# 20,000 words, English
words = "sotu"
cells = "pbmc3k"  # a matrix; needs counts, 200 cells, 300 genes
labels = "cell_type"  # a column of .obs; needs 3 types of 10 cells
condition = "condition"  # another column; needs 2 values
ages = "P1"  # which of them; needs 1 or more names of age
stages = "a, b"  # the two to compare; needs 2 names of labels
tissue = "tumour_spots"  # a matrix; needs 200 cells, columns x and y
region = "region"  # the column of tissue that says where; needs 2 values, commonest
proteins = "cite_pbmc"  # a matrix; needs 200 cells, gene CD4 or CD8A, columns protein_... and batch
vectors = "glove"  # word vectors; needs 2,000 vectors of 51 numbers, 100 analogies
pairs = "wordsim353"  # judged pairs; needs 30 pairs of vectors
text = "novel"  # a text; needs 500 words, 300 rows of vectors
seed = 0
"""


def lesson(tmp_path, monkeypatch, source):
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    path = tmp_path / "chapters/alpha/one.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = new_code_cell(source.strip(), metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[cell]), path)
    return needs.of("alpha/one")


def test_needs_are_read_from_behind_and_above(tmp_path, monkeypatch):
    found = lesson(tmp_path, monkeypatch, PARAMETERS)
    assert found["words"].amounts == {"documents": 8, "words": 20_000} and found["words"].english
    assert found["words"].about == "a corpus, or a text file with one document a line"
    assert found["cells"].counts and found["cells"].amounts == {"cells": 200, "genes": 300}
    assert found["labels"].amounts == {"types": 3, "of_each": 10} and found["labels"].is_column
    assert found["condition"].is_column and found["seed"].amounts == {}
    assert found["stages"].entries_of == "labels" and found["stages"].amounts == {"names": 2}
    assert found["tissue"].columns == ("x", "y") and found["tissue"].is_matrix
    assert found["region"].table == "tissue" and found["labels"].table == "cells"
    assert "3 types of 10 cells" in found["labels"].described()
    assert found["ages"].or_more and found["ages"].needed() == "1 or more names of age"
    assert found["region"].commonest and not found["condition"].commonest
    assert found["proteins"].genes == ("CD4 or CD8A",)
    assert found["proteins"].columns == ("protein_...", "batch")
    assert found["vectors"].amounts == {"vectors": 2000, "numbers": 51, "analogies": 100}
    assert found["pairs"].listed_in == found["text"].listed_in == "vectors"
    assert (
        found["vectors"].needed() == "2,000 vectors of 51 numbers, 100 pairs of Google's analogies"
    )
    assert found["text"].needed() == "500 words, 300 words that are rows of vectors"
    assert found["text"].is_text
    assert "two commonest" in found["region"].needed() and "gene CD4" in found["proteins"].needed()


def test_a_need_that_nobody_checks_is_refused(tmp_path, monkeypatch):
    for unknown in ("patience", "3 names", "3 pairs", "2 values of labels"):
        source = f'words = "sotu"  # a corpus; needs 8 documents, {unknown}'
        with pytest.raises(lessons.LessonError, match=f"'{unknown}'"):
            lesson(tmp_path, monkeypatch, source)


@pytest.mark.parametrize("name", lessons.reading_order())
def test_every_lesson_s_needs_can_be_read(name):
    found = needs.of(name)
    assert set(found) == set(lessons.parameters_of(name))
    if not name.endswith("exercises") and "cells" in found:
        assert found["cells"].counts, f"{name} does not say what it needs of cells"
