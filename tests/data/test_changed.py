import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from celltoken.data import changed


def test_too_few_classes_of_nouns_are_refused():
    with pytest.raises(ValueError, match="4 are needed"):
        changed.nouns_in_both_numbers(["king", "kings", "hammer", "hammers"])


def test_words_change_by_what_the_plural_adds():
    rng = np.random.default_rng(0)
    names = [f"{kind}{i}" for kind in "abcd" for i in range(20)]
    nouns = pd.DataFrame({"singular": names, "plural": [each + "s" for each in names]})
    nouns["noun_class"] = nouns.singular.str[0]
    table = anndata.AnnData(rng.normal(size=(160, 6)).astype(np.float32))
    table.obs_names = [*nouns.singular, *nouns.plural]
    found = changed.changed_words(table, nouns, rng, most=12)
    assert found.x.shape == found.y.shape == (48, 6)
    np.testing.assert_allclose(np.linalg.norm(found.x, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found.x + found.y, axis=1), 1, rtol=1e-5)
    assert (pd.crosstab(found.group, found.half) == 6).all(axis=None)


def cells(rng, kinds=4, each=60, genes=300, up=40):
    """Types with genes of their own; the treatment raises the first genes."""
    kind = np.repeat([f"type {i}" for i in range(kinds)], 2 * each)
    how = np.tile(["a", "b"], kinds * each)
    rate = rng.gamma(1, 2, size=(kinds, genes))[np.repeat(np.arange(kinds), 2 * each)]
    rate[:, :up] *= np.where(how == "b", 4, 1)[:, None]
    obs = pd.DataFrame({"kind": kind, "how": how}, index=[f"c{i}" for i in range(len(kind))])
    made = anndata.AnnData(sparse.csr_matrix(rng.poisson(rate).astype(np.float32)), obs=obs)
    made.var_names = [f"G{i}" for i in range(genes)]
    return made


def test_cells_change_by_their_treatment():
    rng = np.random.default_rng(1)
    found = changed.changed_cells(cells(rng), "kind", "how", rng, each=4, size=8, columns=5)
    assert found.x.shape == (32, 5)
    assert (pd.crosstab(found.group, found.half) == 4).all(axis=None)
    shift = found.y.mean(0)
    assert np.sort(shift)[-30:].min() > 0.5
    assert np.median(shift) < 0


def test_the_noise_of_a_token_is_not_in_its_change():
    rng = np.random.default_rng(2)
    atlas = cells(rng, kinds=1, up=0, each=400)
    found = changed.changed_cells(atlas, "kind", "how", rng, each=40, size=5, columns=10)
    change = found.y - found.y.mean(0)
    again = found.x @ np.linalg.lstsq(found.x, change, rcond=None)[0]
    # Chance: 10 columns of 79. With the same cells in both it would be several times as much.
    assert (again**2).sum() / (change**2).sum() < 0.2


def test_types_with_few_cells_are_left_out(monkeypatch):
    rng = np.random.default_rng(3)
    atlas = cells(rng, kinds=5)
    few = (atlas.obs.kind == "type 0") & (atlas.obs.how == "b")
    atlas = atlas[~few | (np.cumsum(few) < 5)].copy()
    monkeypatch.setattr(changed.store, "load", lambda name: atlas)
    assert "type 0" not in set(changed.two_conditions("mine", "kind", "how").obs.kind)
    with pytest.raises(ValueError, match="Fewer|4 are needed"):
        changed.two_conditions("mine", "how", "kind")


def test_a_second_table_is_the_state_after(monkeypatch):
    rng = np.random.default_rng(4)
    tables = {"one": cells(rng, each=20), "two": cells(rng, each=20)}
    monkeypatch.setattr(changed.store, "load", tables.__getitem__)
    monkeypatch.setattr(changed, "orthologs", lambda a, b: (a, b))
    both = changed.two_conditions("one", "kind", "species", other="two")
    assert both.shape == (320, 300)
    assert set(both.obs.species) == {"1", "2"}
    assert both.obs_names.is_unique
