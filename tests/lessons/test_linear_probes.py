"""What the lesson on linear probes measures, on tables of which it is known what can be read."""

import numpy as np
import pytest

NAME = "cross_lingual/linear_probes"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k not in ("value", "planted"))


def table(rng, read=0.0, surface=0.0, column=0.0, static=0.0, groups=80, each=5, columns=60):
    """Groups with places of their own; a label that may be read along a direction of many columns,
    in one column, on the surface, or in static vectors."""
    group = np.repeat(np.arange(groups), each)
    label = (np.arange(groups) % 2)[group]
    places = rng.normal(size=(groups, columns))[group]
    x = places + 0.5 * rng.normal(size=(len(group), columns))
    along = rng.choice([-1, 1], columns) / np.sqrt(columns)
    x += read * np.outer(label - 0.5, along)
    x[:, 0] += column * (label - 0.5)
    fixed = rng.normal(size=(groups, 20))[group]
    fixed[:, 3] += static * (label - 0.5)
    return {
        "x": x,
        "columns": x,
        "label": np.array(["no", "yes"])[label],
        "group": group,
        "unseen": group,
        "rivals": {
            "static vectors": fixed,
            "surface": surface * (label - 0.5)[:, None] + rng.normal(size=(len(group), 2)),
            "random projection": rng.normal(size=(groups, columns))[group],
        },
    }


def test_a_direction_that_all_groups_share_confirms_the_claim(lesson):
    rng = np.random.default_rng(0)
    found = lesson["read_in_unseen_groups"](table(rng, read=12.0), rng)
    assert found["value"] > 0.9
    assert lead(found) > 0.05
    assert found["constant answer"] == 0.5


def test_places_that_are_learned_by_heart_are_not_read_in_unseen_groups(lesson):
    rng = np.random.default_rng(1)
    found = lesson["read_in_unseen_groups"](table(rng), rng)
    assert abs(found["value"] - 0.5) < 0.2
    assert lead(found) < 0.05


@pytest.mark.parametrize(
    ("planted", "rival"),
    [
        ({"read": 12.0, "surface": 12.0}, "surface"),
        ({"read": 12.0, "static": 12.0}, "static vectors"),
        ({"column": 12.0}, "best column"),
    ],
)
def test_a_label_elsewhere_or_in_one_column_refutes_it(lesson, planted, rival):
    rng = np.random.default_rng(2)
    found = lesson["read_in_unseen_groups"](table(rng, **planted), rng)
    assert found[rival] > 0.9
    assert lead(found) < 0.05


def test_on_known_groups_what_is_read_beats_control_labels_and_places_do_not(lesson):
    rng = np.random.default_rng(3)
    found = lesson["read_beyond_memory"](table(rng, read=12.0, columns=20), rng)
    assert lead(found) > 0.1
    found = lesson["read_beyond_memory"](table(rng), rng)
    assert found["value"] > 0.7
    assert lead(found) < 0.1


def test_halves_draw_words_with_all_their_passages(lesson):
    import anndata as ad
    import pandas as pd

    from celltoken.claims import sampling

    claim, rng = lesson["read_in_unseen_groups"], np.random.default_rng(3)
    words = np.repeat([f"w{i}" for i in range(40)], 4)
    obs = pd.DataFrame({"word": words}, index=[str(i) for i in range(160)])
    half = sampling.half(ad.AnnData(np.zeros((160, 2)), obs=obs), rng, claim.by["words"])
    assert half.obs.word.nunique() == 20
    assert (half.obs.word.value_counts() == 4).all()


def test_static_vectors_are_glove_and_zero_for_a_word_that_it_has_not(lesson):
    from celltoken import data

    glove = data.load("glove")
    found = lesson["static"](["river", "zzzzq"])
    assert found[0] == pytest.approx(np.asarray(glove["river"].X).ravel())
    assert not found[1].any()


def test_cells_have_clusters_to_memorise_and_types_to_hold_out(lesson):
    from celltoken import data

    atlas, rng = data.load(lesson["cells"]), np.random.default_rng(4)
    made = lesson["cell_table"](atlas[rng.choice(atlas.n_obs, 600, replace=False)].copy(), rng)
    assert len(np.unique(made["group"])) == 60
    assert set(made["label"]) == {"control", "stimulated"}
    assert made["rivals"]["random projection"].shape == made["x"].shape
    assert made["rivals"]["surface"].shape[1] == 2
