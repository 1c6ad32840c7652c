"""What the lesson on in-context learning measures, on answers and cells of which it is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

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
    return found["value"] - max(v for k, v in found.items() if k not in ("value", "planted"))


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
        "own components": counts[:, :10],
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
    found = lesson["learned_in_context"](cells(rng, in_counts=9.0), rng)
    assert lead(found) < 0.05
    assert found["planted"] > 0.95


def test_labels_that_nobody_can_tell_leave_no_room(lesson):
    rng = np.random.default_rng(6)
    table = cells(rng, in_counts=9.0)
    doubtful = rng.random(90) < 0.4
    table["label"][doubtful] = rng.choice(list("xyz"), doubtful.sum())
    found = lesson["learned_in_context"](table, rng)
    assert found["planted"] < found["own components"] + 0.1


def test_both_sides_ask_every_rival_of_the_record(lesson):
    from celltoken.claims import registry

    rng = np.random.default_rng(7)
    both = answers(rng, 0.9, 0.3), cells(rng)
    asked = set().union(*(lesson["learned_in_context"](each, rng) for each in both))
    assert asked - {"value", "planted"} == set(registry.get("M2")["rivals"])


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


# -- what answers ----------------------------------------------------------------------------------


def vectors():
    """The plane: a cap is one step to the right of a country, endings are a step up."""
    import anndata as ad

    places = {"a": (0, 1), "as": (1, 1), "b": (0, 2), "bs": (1, 2), "c": (0, 3), "cs": (1, 3)}
    places |= {"child": (0, 4), "children": (1, 4), "far": (-9, 0)}
    # One more column keeps sums of rows of length one near the wanted row.
    x = np.c_[np.array(list(places.values()), float), np.full(len(places), 20.0)]
    return ad.AnnData(x, obs=pd.DataFrame(index=list(places)))


def pairs_of(*pairs):
    return pd.DataFrame(pairs, columns=["item", "answer"])


def test_arithmetic_adds_the_step_and_never_gives_back_the_question():
    from celltoken.models.prompts import _Arithmetic

    space, shots = _Arithmetic(vectors()), pairs_of(("a", "as"), ("b", "bs"))
    assert space.solve(shots, ["c", "child"]) == ["cs", "children"]
    assert space.nearest(shots, ["c"]) == ["bs"]


def test_a_rule_answers_only_where_it_spells_a_word():
    from celltoken.models.prompts import _Arithmetic, _cheap

    prompt = {"shots": pairs_of(("aaa", "aaas"), ("bbb", "bbbs"))}
    prompt["asked"] = pairs_of(("ccc", "cccs"), ("child", "children"))
    names = {"a": "aaa", "as": "aaas", "b": "bbb", "bs": "bbbs", "c": "ccc", "cs": "cccs"}
    table = vectors()
    table.obs_names = [names.get(name, name) for name in table.obs_names]
    told = _cheap(prompt, _Arithmetic(table))
    assert told["rule of endings"] == ["cccs", "child" + "s"]
    assert told["rule or arithmetic"] == ["cccs", "children"]


class Echo:
    """A model whose likeliest next token is the answer of the last line of its prompt."""

    def __init__(self):
        self.tokenizer = self.decoder = self
        self.words, self.read_texts = [], []

    def encode(self, text):
        from types import SimpleNamespace

        parts = text.split()
        self.words += [word for word in parts if word not in self.words]
        return SimpleNamespace(ids=[self.words.index(word) for word in parts])

    def read(self, ids, cache=None):
        self.read_texts += [[self.words[i] for i in row] for row in ids]
        last = np.asarray(ids)[:, -1] if cache is None else cache[0][0]
        states = np.zeros((*np.shape(ids), 1)) + np.asarray(last)[:, None, None]
        return states, [(np.asarray(ids)[:, -1],)]

    def logits(self, states):
        return np.eye(99)[states[..., 0].astype(int)]


@pytest.mark.parametrize("permuted", [False, True])
def test_the_model_reads_the_shots_that_the_condition_names(monkeypatch, permuted):
    from celltoken.models import prompts

    echo = Echo()
    monkeypatch.setattr(prompts, "language_model", lambda: echo)
    shots = pairs_of(("one", "ONE"), ("two", "TWO"))
    prompt = {"shots": shots, "permuted": ["TWO", "ONE"]}
    prompt["asked"] = pairs_of(("x", "TWO"), ("y", "ONE"))
    told = prompts._model_answers([prompt], 2, permuted)
    assert list(told) == ([0, 1] if permuted else [1, 0])
    said = ["TWO", "ONE"] if permuted else ["ONE", "TWO"]
    assert echo.read_texts[0] == ["one", "->", said[0], "two", "->", said[1]]
    assert echo.read_texts[1:] == [["x", "->"], ["y", "->"]]


def test_names_are_drawn_anew_and_their_order_is_read_beside_the_likelier(monkeypatch):
    import anndata as ad

    from celltoken.models import prompts

    class Biased(Echo):
        """Leans to the name of the last shot's class, and always likes bar better."""

        def logits(self, states):
            found = np.zeros((len(states), 99))
            found[:, self.words.index("bar")] = 5
            return found

    biased = Biased()
    monkeypatch.setattr(prompts, "language_model", lambda: biased)
    words = [f"w{n}" for n in range(30)]
    table = ad.AnnData(np.eye(30) + 1, obs=pd.DataFrame(index=words))
    classes = np.repeat(["p", "q"], 15)
    found = prompts.labels_in_context(
        words, classes, ("foo", "bar"), table, np.random.default_rng(0), draws=12, each=2
    )
    assert (found["model"] == 0.5).all() and found["one name"].all()
    assert (found["model, AUC"] == 0.5).all()
    heads = [text for text in biased.read_texts if len(text) > 2][:12]
    named = {name for text in heads for w, _, name in zip(*[iter(text)] * 3, strict=True)
             if int(w[1:]) < 15}  # fmt: skip
    assert named == {"foo", "bar"}


def test_a_space_is_learned_without_the_lineage(monkeypatch):
    import anndata as ad

    from celltoken.data import newcomers

    rng = np.random.default_rng(8)
    kinds = np.array(["CD4 T", "CD8 T", "B", "NK"] * 30)
    genes = [f"G{n}" for n in range(300)]
    obs = pd.DataFrame({"kind": kinds}, index=[f"c{n}" for n in range(120)])
    counts = sparse.csr_matrix(rng.poisson(1, (120, 300)).astype("f4"))
    source = ad.AnnData(counts, obs, pd.DataFrame(index=genes))
    atlas = source.copy()
    atlas.obs["label"] = [kind.split()[-1] for kind in kinds]
    learned, real = [], newcomers.frozen_components
    monkeypatch.setattr(newcomers, "load", lambda name: source)
    monkeypatch.setattr(
        newcomers, "frozen_components", lambda x, n: learned.append(set(x.obs.kind)) or real(x, n)
    )
    newcomers._learnt.clear()
    found = newcomers.newcomer_spaces(atlas, "some", "kind", rng, n=5)
    newcomers._learnt.clear()
    everything = {"CD4 T", "CD8 T", "B", "NK"}
    assert learned == [everything, everything - {"B"}, everything - {"NK"}, {"B", "NK"}]
    assert list(found["spaces"]) == ["B", "NK", "T"]
    assert found["all seen"].shape == found["own components"].shape == (120, 5)
