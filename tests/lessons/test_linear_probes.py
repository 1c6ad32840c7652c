"""What the lesson on linear probes measures, on tables of which it is known what can be read."""

import numpy as np
import pytest

NAME = "cross_lingual/linear_probes"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k not in ("value", "planted"))


def table(rng, read=0.0, surface=0.0, column=0.0, groups=80, each=5, columns=60):
    """Groups with places of their own; a label that may be read along a direction of many columns,
    in one column, or on the surface."""
    group = np.repeat(np.arange(groups), each)
    label = (np.arange(groups) % 2)[group]
    places = rng.normal(size=(groups, columns))[group]
    x = places + 0.5 * rng.normal(size=(len(group), columns))
    along = rng.choice([-1, 1], columns) / np.sqrt(columns)
    x += read * np.outer(label - 0.5, along)
    x[:, 0] += column * (label - 0.5)
    return {
        "x": x,
        "columns": x,
        "label": np.array(["no", "yes"])[label],
        "group": group,
        "unseen": group,
        "surface": surface * (label - 0.5)[:, None] + rng.normal(size=(len(group), 2)),
        "random projection": rng.normal(size=(groups, columns))[group],
    }


def test_a_direction_that_all_groups_share_confirms_the_claim(lesson):
    rng = np.random.default_rng(0)
    found = lesson["read_linearly"](table(rng, read=12.0), rng)
    assert found["value"] > 0.9
    assert lead(found) > 0.05
    assert found["constant answer"] == 0.5


def test_places_that_are_learned_by_heart_refute_it(lesson):
    rng = np.random.default_rng(1)
    found = lesson["read_linearly"](table(rng), rng)
    assert found["control labels"] > found["value"] + 0.1
    assert lead(found) < 0


@pytest.mark.parametrize(
    ("planted", "rival"),
    [({"read": 12.0, "surface": 12.0}, "surface"), ({"column": 12.0}, "best column")],
)
def test_a_label_on_the_surface_or_in_one_column_refutes_it(lesson, planted, rival):
    rng = np.random.default_rng(2)
    found = lesson["read_linearly"](table(rng, **planted), rng)
    assert found[rival] > 0.9
    assert lead(found) < 0.05


def test_halves_draw_words_with_all_their_passages(lesson):
    import anndata as ad
    import pandas as pd

    from celltoken.claims import sampling

    claim, rng = lesson["read_linearly"], np.random.default_rng(3)
    words = np.repeat([f"w{i}" for i in range(40)], 4)
    obs = pd.DataFrame({"word": words}, index=[str(i) for i in range(160)])
    half = sampling.half(ad.AnnData(np.zeros((160, 2)), obs=obs), rng, claim.by["words"])
    assert half.obs.word.nunique() == 20
    assert (half.obs.word.value_counts() == 4).all()


def test_cells_have_clusters_to_memorise_and_types_to_hold_out(lesson):
    from celltoken import data

    atlas, rng = data.load(lesson["cells"]), np.random.default_rng(4)
    made = lesson["cell_table"](atlas[rng.choice(atlas.n_obs, 600, replace=False)].copy(), rng)
    assert len(np.unique(made["group"])) == 60
    assert set(made["label"]) == {"control", "stimulated"}
    assert made["random projection"].shape == made["x"].shape
    assert made["surface"].shape[1] == 2
