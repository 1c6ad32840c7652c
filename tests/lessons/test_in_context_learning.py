"""What the lesson on in-context learning measures, on answers and cells of which it is known."""

import numpy as np
import pandas as pd
import pytest

NAME = "amortization/in_context_learning"
WORD_RIVALS = (
    "answers permuted",
    "no examples",
    "nearest example",
    "vector arithmetic",
    "rule of endings",
    "rule or arithmetic",
)


def lead(found):
    return found["value"] - max(v for k, v in found.items() if k != "value")


def answers(rng, model, rival):
    """Forty answers of two relations, right with these chances."""
    table = pd.DataFrame({"relation": np.repeat(["a", "b"], 40), "4": rng.random(80) < model})
    for name in WORD_RIVALS:
        table[name] = rng.random(80) < rival
    return table.astype({name: float for name in ("4", *WORD_RIVALS)})


def test_answers_that_only_true_shots_give_confirm_the_claim(lesson):
    rng = np.random.default_rng(0)
    assert lead(lesson["learned_in_context"](answers(rng, 0.9, 0.3), rng)) > 0.3


def test_answers_that_cheap_rivals_give_as_well_refute_it(lesson):
    rng = np.random.default_rng(1)
    assert lead(lesson["learned_in_context"](answers(rng, 0.8, 0.8), rng)) < 0.05


def cells(rng, kinds=3, each=30, in_space=4.0, in_counts=4.0):
    number = np.repeat(np.arange(kinds), each)
    place = np.eye(kinds)[number]
    label = np.array(["x", "y", "z"])[number]
    noise = lambda n: rng.normal(size=(len(number), n))  # noqa: E731
    space = np.c_[in_space * place, noise(5)]
    counts = np.c_[in_counts * place, noise(60)]
    return {
        "label": label,
        "spaces": dict.fromkeys("xyz", space),
        "own counts": counts + noise(counts.shape[1]),
        "random projection": noise(8),
    }


def test_a_space_that_holds_what_counts_do_not_confirms_the_claim(lesson):
    rng = np.random.default_rng(2)
    found = lesson["learned_in_context"](cells(rng, in_space=9.0, in_counts=0.5), rng)
    assert found["value"] > 0.9
    assert lead(found) > 0.1
    assert abs(found["answers permuted"] - 0.5) < 0.15


def test_counts_that_hold_it_as_well_refute_it(lesson):
    rng = np.random.default_rng(3)
    assert lead(lesson["learned_in_context"](cells(rng, in_counts=9.0), rng)) < 0.05


def test_a_label_leaves_out_all_its_kinds():
    import anndata as ad

    from celltoken.data.newcomers import without

    kinds = ["CD4 T", "CD8 T", "B", "NK", "activated T"]
    obs = pd.DataFrame({"kind": kinds}, index=kinds)
    atlas = ad.AnnData(np.ones((5, 2), "f4"), obs=obs)
    assert list(without(atlas, "kind", "T").obs.kind) == ["B", "NK"]
    assert list(without(atlas, "kind", "CD8 T").obs.kind) == ["CD4 T", "B", "NK", "activated T"]


def test_halves_draw_items_and_draws(lesson):
    from celltoken.claims import sampling

    rng = np.random.default_rng(4)
    pairs = pd.DataFrame({"relation": "r", "item": [f"i{n}" for n in range(20)]})
    table = pd.DataFrame({"relation": "r", "item": np.repeat(pairs["item"], 8)})
    table["draw"] = np.tile(np.arange(8), 20)
    units = sampling.half((pairs, np.arange(8), sampling.Fixed(table)), rng)
    kept = lesson["answers"](units, rng)
    assert kept["item"].nunique() == 10 and kept.draw.nunique() == 4


def test_a_prompt_is_asked_only_about_items_that_are_not_in_it():
    from celltoken.models.prompts import drawn_prompts

    pairs = pd.DataFrame({"relation": "r", "item": [f"i{n}" for n in range(12)]})
    pairs["answer"] = "a" + pairs["item"]
    for prompt in drawn_prompts(pairs, np.random.default_rng(5), draws=9):
        assert not set(prompt["shots"]["item"]) & set(prompt["asked"]["item"])
        assert sorted(prompt["permuted"]) == sorted(prompt["shots"].answer)
        assert all(prompt["permuted"] != prompt["shots"].answer)


@pytest.mark.parametrize(
    ("pairs", "rule"),
    [
        ([("cat", "cats"), ("dog", "dogs"), ("child", "children")], ("", "s", 2)),
        ([("dancing", "danced"), ("moving", "moved")], ("ing", "ed", 2)),
        ([("Rome", "Italy"), ("Paris", "France")], ("", "", 0)),
    ],
)
def test_the_commonest_change_of_ending_is_read(pairs, rule):
    from celltoken.models.prompts import ending_rule

    assert ending_rule(pd.DataFrame(pairs, columns=["item", "answer"])) == rule
