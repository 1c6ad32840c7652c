"""What the lesson on frozen embeddings measures, on tables of which it is known what helps."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

NAME = "amortization/frozen_embeddings"
OTHERS = ("permuted", "small pretraining", "own components", "random projection", "surface")


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def table(rng, frozen=0.0, own=0.0, classes=3, each=40):
    """Tokens whose class may be told in frozen coordinates, or in two of many own columns."""
    number = np.repeat(np.arange(classes), each)
    place = np.eye(classes)[number]

    def rows(strength, columns):
        x = rng.normal(size=(len(number), columns))
        x[:, :classes] += strength * place
        return x

    noise = {name: rows(0, 10) for name in OTHERS}
    label = np.array(list("abc"))[number]
    return noise | {"label": label, "frozen": rows(frozen, 10), "own counts": rows(own, 60)}


@pytest.mark.parametrize("claim", ["frozen_beats_own", "and_another_label"])
def test_a_space_that_knows_the_classes_confirms_the_claim(lesson, claim):
    rng = np.random.default_rng(0)
    found = lesson[claim](table(rng, frozen=4.0, own=1.0), rng)
    assert found["value"] > 0.85
    assert lead(found) > 0.05
    assert found["constant answer"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("claim", ["frozen_beats_own", "and_another_label"])
def test_counts_that_hold_the_classes_as_well_refute_it(lesson, claim):
    rng = np.random.default_rng(1)
    found = lesson[claim](table(rng, frozen=4.0, own=8.0), rng)
    assert min(found["own counts"], found["network from scratch"]) > 0.85
    assert lead(found) < 0.05


def test_where_nothing_is_known_nothing_leads(lesson):
    rng = np.random.default_rng(2)
    found = lesson["frozen_beats_own"](table(rng), rng)
    assert abs(found["value"] - 1 / 3) < 0.12
    assert lead(found) < 0.05


def cells_of(rng, n, names, kinds=2):
    """Counts in which thirty genes a kind are raised."""
    kind = np.arange(n) % kinds
    rate = np.full((n, len(names)), 0.5)
    for each in range(kinds):
        rate[np.ix_(kind == each, range(30 * each, 30 * each + 30))] += 2
    obs = pd.DataFrame({"kind": kind.astype(str)}, index=[f"c{i}" for i in range(n)])
    var = pd.DataFrame(index=list(names))
    return ad.AnnData(rng.poisson(rate).astype("f4"), obs=obs, var=var)


def test_components_of_other_cells_tell_kinds_and_permuted_ones_less(tmp_path):
    from celltoken.data import pretrained
    from celltoken.methods.few_labels import few_label_recall

    rng = np.random.default_rng(3)
    names = [f"G{i}" for i in range(300)]
    source = cells_of(rng, 300, names)
    source.write_h5ad(tmp_path / "source.h5ad")
    target = cells_of(rng, 120, names[::-1][:290][::-1] + ["OWN1", "OWN2"])
    target.var_names = [*names[10:], "OWN1", "OWN2"]
    target = pretrained.with_label(target, "kind")
    made = pretrained.cell_representations(target, str(tmp_path / "source.h5ad"), rng, n=5)
    assert set(made) == {"label", "frozen", "own counts", *OTHERS}
    assert len({len(x) for x in made.values()}) == 1
    tables = {name: x for name, x in made.items() if name != "label"}
    recall = {n: few_label_recall(x, made["label"], 2, rng).mean() for n, x in tables.items()}
    assert recall["frozen"] > 0.9 > recall["permuted"]


def test_labels_of_the_source_are_not_used(tmp_path):
    from celltoken.data import pretrained

    rng = np.random.default_rng(4)
    names = [f"G{i}" for i in range(300)]
    source, target = cells_of(rng, 200, names), cells_of(rng, 60, names)
    source.write_h5ad(tmp_path / "with.h5ad")
    source.obs = source.obs[[]]
    source.write_h5ad(tmp_path / "without.h5ad")
    target = pretrained.with_label(target, "kind")
    made = [
        pretrained.cell_representations(target, str(tmp_path / name), np.random.default_rng(5), n=5)
        for name in ("with.h5ad", "without.h5ad")
    ]
    assert np.allclose(made[0]["frozen"], made[1]["frozen"])


def test_cells_of_other_genes_are_refused_in_one_sentence(tmp_path):
    from celltoken.data import DataError, pretrained

    rng = np.random.default_rng(6)
    cells_of(rng, 100, [f"G{i}" for i in range(300)]).write_h5ad(tmp_path / "source.h5ad")
    mine = pretrained.with_label(cells_of(rng, 100, [f"OTHER{i}" for i in range(300)]), "kind")
    with pytest.raises(DataError, match="share 0 genes"):
        pretrained.cell_representations(mine, str(tmp_path / "source.h5ad"), rng)


def test_helpers_and_killers_differ_in_the_RNA_that_the_label_did_not_use():
    from celltoken import data
    from celltoken.data import pretrained

    t = pretrained.with_label(data.load("cite_pbmc"), "helper or killer by protein")
    assert set(t.obs["label"]) == {"helper", "killer"}
    killer = (t.obs["label"] == "killer").to_numpy()
    cd8 = np.asarray((t[:, ["CD8A", "CD8B"]].X > 0).sum(1)).ravel() > 0
    assert cd8[killer].mean() > cd8[~killer].mean() + 0.3


def test_passages_come_from_their_document_and_permuted_vectors_are_others(lesson):
    from celltoken.data import pretrained

    texts = pretrained.dated("novels")
    assert sorted(texts.label.unique()) == ["part 1", "part 2", "part 3"]
    made = pretrained.passage_representations(texts, "novels", "glove", np.random.default_rng(7))
    assert len(made["label"]) == (texts.tokens.map(len) >= 60).sum()
    assert made["frozen"].shape == made["permuted"].shape
    assert not np.allclose(made["frozen"], made["permuted"])
