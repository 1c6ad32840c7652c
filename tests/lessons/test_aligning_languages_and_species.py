"""What the lesson on alignment computes, on spaces with known answers, and its claims."""

import numpy as np
import pytest
from scipy.stats import special_ortho_group

from celltoken.claims import sampling

NAME = "cross_lingual/aligning_languages_and_species"


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def spaces(rng, b=None, n=800, d=20, noise=0.6, themes=40):
    """Two spaces of clusters, the second turned; every token has one answer, in another row."""
    theme = np.arange(n) % themes
    a = 2 * rng.normal(size=(themes, d))[theme] + rng.normal(size=(n, d))
    turn = special_ortho_group.rvs(d, random_state=1)
    b = (a + noise * rng.normal(size=a.shape) if b is None else b(a, theme)) @ turn
    order = rng.permutation(n)
    place = np.argsort(order)
    size = rng.normal(size=n)
    return {
        "a": a,
        "b": b[order],
        "again": a + noise * rng.normal(size=a.shape),
        "size": size,
        "size_b": (size + 0.5 * rng.normal(size=n))[order],
        "answers": {i: [int(place[i])] for i in range(n)},
        "asked": np.ones(n, bool),
    }


# -- X1 --------------------------------------------------------------------------------------------


def test_a_turned_copy_confirms_the_claim(lesson):
    rng = np.random.default_rng(0)
    found = lesson["counterparts_meet"](spaces(rng, n=2000, d=60, noise=1.5), rng)
    assert lead(found) > 0.05
    assert found["permuted dictionary"] < 0.2 and found["no rotation"] < 0.1


def test_themes_without_more_refute_it(lesson):
    rng = np.random.default_rng(1)
    centres = 2 * rng.normal(size=(40, 20))

    def themes_alone(a, theme):
        for each in range(40):
            centres[each] = a[theme == each].mean(0)
        return centres[theme] + rng.normal(size=a.shape)

    found = lesson["counterparts_meet"](spaces(rng, themes_alone), rng)
    assert found["value"] > 0.3  # the theme is found
    assert lead(found) < 0.05


def test_fine_themes_without_more_refute_it_too(lesson):
    rng = np.random.default_rng(9)
    centres = 2 * rng.normal(size=(160, 20))

    def themes_alone(a, theme):
        for each in range(160):
            centres[each] = a[theme == each].mean(0)
        return centres[theme] + 0.3 * rng.normal(size=a.shape)

    found = lesson["counterparts_meet"](spaces(rng, themes_alone, themes=160), rng)
    assert found["value"] > 0.3
    assert lead(found) < 0.05


def test_another_shape_refutes_it(lesson):
    rng = np.random.default_rng(2)
    found = lesson["counterparts_meet"](spaces(rng, lambda a, _: rng.normal(size=a.shape)), rng)
    assert lead(found) < 0.05


def test_only_what_is_asked_counts(lesson):
    nearer, table = np.array([0, 50, 3, 70]), {"asked": np.array([True, False, False, True])}
    assert lesson["in_ten"](nearer, table) == 0.5


def test_halves_draw_chapters_and_words(lesson):
    units = lesson["counterparts_meet"].units["words"]()
    chapters, heads = sampling.half(units, np.random.default_rng(3))
    assert len(chapters) == 595 and len(units[0]) == 1189
    assert len(heads) == (len(units[1]) + 1) // 2
    table = lesson["word_table"]((chapters, heads), np.random.default_rng(3))
    table_of_all = lesson["word_table"](units, np.random.default_rng(3))
    assert set(table["names"][list(table["answers"])][table["asked"]]) <= set(heads)
    assert 0.3 < table["asked"].sum() / len(heads) < 0.9 < len(table["answers"]) / len(heads)
    assert table_of_all["asked"].sum() > 1.7 * table["asked"].sum()
    assert table["a"].shape == table["again"].shape == (2000, 100)


def test_words_whose_spelling_gives_them_away_are_not_asked(lesson):
    units = lesson["counterparts_meet"].units["words"]()
    table = lesson["word_table"](units, np.random.default_rng(3))
    heads = table["names"][list(table["answers"])]
    asked = dict(zip(heads, table["asked"], strict=True))
    assert not asked["angel"] and not asked["beauty"]  # ange, beauté
    assert asked["about"] and asked["abode"]
    assert not (table["asked"] & table["by_eye"]).any()
    assert (table["asked"] | table["by_eye"]).all()


def test_halves_draw_cells_and_genes(lesson):
    units = lesson["counterparts_meet"].units["cells"]()
    human, mouse, genes = sampling.half(units, np.random.default_rng(4))
    assert human.n_obs == 1071 and mouse.n_obs == 943 and len(genes) == 1000
    table = lesson["gene_table"]((human, mouse, genes), np.random.default_rng(4))
    assert 0.4 < table["asked"].mean() < 0.6
    right = [table["names_b"][j[0]] == table["names"][i] for i, j in table["answers"].items()]
    assert all(right)


# -- X3 --------------------------------------------------------------------------------------------


def turned_by(angle, n):
    """Each pair of axes by an angle."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.kron(np.eye(n // 2), turn)


def two_groups(rng, move):
    label = np.tile(np.arange(8), 20)
    centres = 3 * rng.normal(size=(8, 60))
    parts = [centres[label] + rng.normal(size=(160, 60)) for _ in range(2)]
    x = np.vstack([parts[0], move(parts[1])])
    group, both = np.repeat(["a", "b"], 160), np.tile(label, 2)
    return {"x": x, "group": group, "label": both, "split": np.arange(320).astype(str), "k": 10}


def test_a_turn_confirms_the_claim(lesson):
    rng = np.random.default_rng(6)
    turn = turned_by(0.7, 60)
    found = lesson["groups_meet"](two_groups(rng, lambda y: y @ turn + 20), rng)
    assert lead(found) > 0.1


def test_a_turn_of_verses_is_found_with_as_few_as_a_half_has(lesson):
    rng = np.random.default_rng(9)
    verses = rng.normal(size=(195, 60)) * np.linspace(2, 0.3, 60)
    turn = np.eye(60)
    turn[:20, :20] = turned_by(0.85, 20)
    parts = [verses + 0.8 * rng.normal(size=verses.shape) for _ in range(4)]
    x = np.vstack([parts[0], *(part @ turn + 5 for part in parts[1:])])
    group, label = np.repeat(list("abcd"), 195), np.tile(np.arange(195).astype(str), 4)
    table = {"x": x, "group": group, "label": label, "split": label, "k": 3}
    assert lead(lesson["groups_meet"](table, rng)) > 0.1


@pytest.mark.parametrize("move", ["shift", "nothing", "noise"])
def test_shifts_equal_clouds_and_noise_refute_it(lesson, move):
    rng = np.random.default_rng(7)
    moves = {
        "shift": lambda y: y + 20,
        "nothing": lambda y: y,
        "noise": lambda y: rng.normal(size=y.shape),
    }
    found = lesson["groups_meet"](two_groups(rng, moves[move]), rng)
    assert lead(found) < 0.1
    if move == "shift":
        assert found["means removed"] > 0.5 and found["no alignment"] == 0


def test_permuted_columns_leave_the_first_group_alone(lesson):
    rng = np.random.default_rng(8)
    table = two_groups(rng, lambda y: y)
    broken = lesson["with_permuted_columns"](table, rng)["x"]
    assert np.array_equal(broken[:160], table["x"][:160])
    assert not np.array_equal(broken[160:], table["x"][160:])
    assert np.allclose(np.sort(broken[200]), np.sort(table["x"][200]))
