"""Nouns and tagged words as states of a small model with random weights and a word list of ours."""

from types import SimpleNamespace

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from celltoken.models import noun_states, tagged_states
from celltoken.models.interventions import memory_before_last, run_on

NOUNS = ["river", "city", "teacher", "winter", "village", "kitchen"]
VERBS = ["become", "arrive", "explain", "decide", "forget", "remain"]
ADJECTIVES = ["different", "various", "important", "useful", "careful", "honest"]
AFTER = (noun_states.MANY + " " + noun_states.ONE).split()
WORDS = [*NOUNS, *VERBS, *ADJECTIVES, *AFTER, "the", "of"]


class Model:
    """One token a word of the list; a word in two tokens for each other one."""

    def __init__(self, decoder):
        self.decoder, self.tokenizer = decoder, self

    def encode(self, text):
        ids = [[WORDS.index(w)] if w in WORDS else [len(WORDS)] * 2 for w in text.split()]
        return SimpleNamespace(ids=sum(ids, []))


@pytest.fixture
def model(monkeypatch, small_decoder):
    made = Model(small_decoder(len(WORDS) + 2))
    for module in (noun_states, tagged_states):
        monkeypatch.setattr(module, "language_model", lambda: made)
    return made


# -- words of one part of speech -------------------------------------------------------------------


@pytest.fixture
def drawn(model):
    rng = np.random.default_rng(1)
    said = [*NOUNS, *VERBS, *ADJECTIVES, "the", "of", "library"]  # the last in two tokens
    texts = [list(rng.permutation(np.repeat(said, 4))) for _ in range(6)]
    table = tagged_states.tagged_states(texts, rng, (0, 2), each=4, times=3, read=5)
    return texts, table


def test_as_many_words_of_each_part_of_speech_are_drawn_and_each_as_often(drawn):
    _, table = drawn
    assert table.obs.groupby("part")["word"].nunique().to_dict() == {
        "adjective": 4,
        "noun": 4,
        "verb": 4,
    }
    assert (table.obs["word"].value_counts() == 3).all()
    own = {"noun": NOUNS, "verb": VERBS, "adjective": ADJECTIVES}
    assert all(row.word in own[row.part] for row in table.obs.itertuples())


def test_a_state_is_that_of_the_word_at_the_end_of_its_passage(drawn, model):
    texts, table = drawn
    for number, row in enumerate(table.obs.itertuples()):
        places = [
            (text, at)
            for text in texts
            for at in range(20, len(text))
            if text[at - 2 : at + 1] == [row.second_before, row.before, row.word]
        ]
        found = []
        for text, at in places:  # the same three words may stand in more than one place
            ids = np.array([model.encode(" ".join(text[at - 20 : at + 1])).ids[-5:]])
            found.append([x[0, -1] for x, _, _ in model.decoder.iter_layers(ids)])
        for layer in (0, 2):
            near = [np.abs(each[layer] - table.layers[str(layer)][number]).max() for each in found]
            assert min(near) < 1e-4
    assert np.array_equal(table.X, table.layers["0"])


# -- nouns -----------------------------------------------------------------------------------------


def nouns_of(rng, rows=80, columns=12):
    kind = np.where(np.arange(rows) % 2 == 0, "noun.person", "noun.artifact")
    number = np.array(["plural", "singular", "singular", ""])[np.arange(rows) // 2 % 4]
    obs = pd.DataFrame({"noun_class": kind, "number": number})
    obs.index = [f"n{i}" for i in range(rows)]
    x = rng.normal(size=(rows, columns))
    other = {"layer 1": rng.normal(size=(rows, columns))}
    obsm = {"before": rng.normal(size=(rows, 3 * columns)), "partner": x[::-1], "mixed": x / 2}
    obsm["before layer 1"] = rng.normal(size=(rows, 3 * columns))
    ids = rng.integers(len(WORDS), size=(rows, 4))
    return ad.AnnData(x, obs=obs, layers=other, obsm=obsm | {"ids": ids})


def test_nouns_are_learned_with_what_stands_before_and_doubtful_numbers_are_not_asked():
    nouns = nouns_of(np.random.default_rng(2))
    tokens = noun_states.noun_tokens(nouns, n=6)
    assert len(tokens.learn) == 80 * 4  # each noun, and three tokens before it
    assert tokens.x.shape == tokens.partner.shape == (80, 6)
    assert (tokens.crossing == (nouns.obs["number"] == "plural")).all()
    assert (tokens.known == (nouns.obs["number"] != "")).all()
    assert list(tokens.concepts) == ["noun.artifact", "noun.person", "plural"]
    assert tokens.x == pytest.approx(tokens.learn[:80], abs=1e-4)
    assert tokens.partner == pytest.approx(tokens.x[::-1], abs=1e-4)


def test_another_layer_has_rows_of_its_own_and_no_partners():
    nouns = nouns_of(np.random.default_rng(3))
    tokens = noun_states.noun_tokens(nouns, n=6, layer=1)
    assert np.array_equal(tokens.columns, nouns.layers["layer 1"])
    assert np.array_equal(tokens.partner, tokens.x)
    assert np.array_equal(tokens.mixed, tokens.x)


def test_trials_choose_on_one_half_and_ask_singular_nouns_of_the_other(model, monkeypatch):
    rng = np.random.default_rng(4)
    nouns = nouns_of(rng, columns=16)
    nouns.obsm["ids"][:, 0] = 0
    tokens = noun_states.noun_tokens(nouns, n=6)
    asked, real = [], noun_states.AfterNoun
    monkeypatch.setattr(
        noun_states, "AfterNoun", lambda ids, layer: asked.append(ids) or real(ids, layer)
    )
    trials = noun_states.plural_trials(nouns, tokens, 2, rng, most=9)
    (first, _), (second, _) = trials
    assert not (first & second).any()
    assert ((first | second) == tokens.known).all()
    rows = [list(map(tuple, nouns.obsm["ids"])).index(tuple(ids)) for ids in asked[0]]
    assert len(rows) == 9 and not first[rows].any()
    assert (nouns.obs["number"].iloc[rows] == "singular").all()


def test_a_trial_adds_the_vector_to_the_state_and_lets_the_layers_above_run(model):
    rng = np.random.default_rng(5)
    nouns = nouns_of(rng, columns=16)
    tokens = noun_states.noun_tokens(nouns, n=6)
    chosen, effect = noun_states.plural_trials(nouns, tokens, 2, rng, most=5)[0]
    vectors = rng.normal(size=(10, 6))  # more than are tried at once
    found = effect(vectors)
    assert effect(np.zeros((1, 6))) == pytest.approx([0], abs=1e-5)

    half = tokens.known & ~chosen & ~tokens.crossing
    many, one = (
        np.array([WORDS.index(verb) for verb in each.split()])
        for each in (noun_states.MANY, noun_states.ONE)
    )

    def odds(ids, added):
        states, memory = [], []
        for x, _, kept in model.decoder.iter_layers(ids[None]):
            states.append(x[:, -1])
            memory += [] if kept is None else [memory_before_last(kept)]
        top = run_on(model.decoder, states[2] + added, 2, memory) @ model.decoder.embedding
        said = np.exp(top[0].astype(float))
        return np.log(said[many].sum() / said[one].sum())

    some = nouns.obsm["ids"][np.flatnonzero(half)[:5]]
    for vector, change in zip(vectors, found, strict=True):
        added = vector @ tokens.directions.T
        mean = np.mean([odds(ids, added) - odds(ids, 0) for ids in some])
        assert change == pytest.approx(mean, abs=1e-3)
