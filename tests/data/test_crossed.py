import anndata
import numpy as np
import pandas as pd
import pytest

from celltoken.data import crossed


def test_both_numbers_of_clear_nouns_are_found():
    words = "king kings hammer hammers man mans lady ladies box boxes queen".split()
    with pytest.raises(ValueError, match="'person'"):
        crossed.both_numbers(words, ("person", "artifact"))


@pytest.mark.parametrize(
    ("noun", "plural"), [("king", "kings"), ("lady", "ladies"), ("box", "boxes"), ("boy", "boys")]
)
def test_regular_plurals(noun, plural):
    assert crossed.plural_of(noun) == plural


def test_words_come_in_both_numbers_and_equal_classes():
    rng = np.random.default_rng(0)
    nouns = pd.DataFrame(
        {
            "singular": [f"w{i}" for i in range(50)],
            "plural": [f"w{i}s" for i in range(50)],
            "noun_class": ["person"] * 30 + ["artifact"] * 20,
        }
    )
    names = [*nouns.singular, *nouns.plural]
    table = anndata.AnnData(rng.normal(size=(100, 40)), obs=pd.DataFrame(index=names))
    found = crossed.crossed_words(table, nouns, ("person", "artifact"), rng)
    assert found.x.shape == (80, 8)
    counts = pd.crosstab(found.first, found.second).to_numpy()
    np.testing.assert_array_equal(counts, [[20, 20], [20, 20]])
    np.testing.assert_array_equal(found.group[:40], found.group[40:])  # both numbers together


def cells(kinds=4, each=30):
    rng = np.random.default_rng(1)
    kind = np.repeat([f"type {i}" for i in range(kinds)], 2 * each)
    how = np.tile(["a", "b"], kinds * each)
    counts = rng.poisson(rng.gamma(1, 2, 200), size=(len(kind), 200)).astype(np.float32)
    obs = pd.DataFrame({"kind": kind, "how": how}, index=[f"c{i}" for i in range(len(kind))])
    return anndata.AnnData(counts, obs=obs)


def test_cells_are_equal_in_types_and_conditions():
    found = crossed.crossed_cells(
        cells(), "kind", "how", "type 0, type 1", np.random.default_rng(0), most=20
    )
    assert found.x.shape == (160, 16)
    np.testing.assert_array_equal(pd.crosstab(found.group, found.first), np.full((4, 2), 20))
    assert set(found.group[found.second]) == {"type 0", "type 1"}


def test_a_side_of_one_type_is_dealt_into_two():
    found = crossed.crossed_cells(cells(3), "kind", "how", "none of it", np.random.default_rng(0))
    assert len(np.unique(found.group[found.second])) == 2
    assert len(np.unique(found.group)) == 4


def test_a_single_type_is_refused():
    with pytest.raises(ValueError, match="Fewer than two types"):
        crossed.crossed_cells(cells(1), "kind", "how", "", np.random.default_rng(0))
