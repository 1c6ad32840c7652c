"""Interventions against the model's own pass, and nouns in texts made here."""

import numpy as np
import pytest
from scipy import sparse

from celltoken.data.concepts import as_tokens, cell_tokens, partners, response_trials
from celltoken.data.corpus import vocabulary
from celltoken.models.interventions import memory_before_last, run_on
from celltoken.models.noun_states import commonest, endings


@pytest.fixture
def decoder(small_decoder):
    return small_decoder(50)


def passes(decoder, ids):
    states, memory = [], []
    for x, _, kept in decoder.iter_layers(ids):
        states.append(x)
        if kept is not None:
            memory.append(memory_before_last(kept))
    return states, memory


@pytest.mark.parametrize(("layer", "until"), [(0, None), (1, None), (0, 2), (2, 2), (1, 2)])
def test_running_on_unchanged_is_the_models_own_pass(decoder, layer, until):
    ids = np.random.default_rng(1).integers(50, size=(4, 6))
    states, memory = passes(decoder, ids)
    again = run_on(decoder, states[layer][:, -1], layer, memory, until)
    assert again == pytest.approx(states[3 if until is None else until][:, -1], abs=1e-4)


def test_a_static_vector_exchanged_is_the_other_word_read_in_its_place(decoder):
    ids = np.random.default_rng(2).integers(50, size=(3, 5))
    _, memory = passes(decoder, ids)
    other = ids.copy()
    other[:, -1] = (ids[:, -1] + 7) % 50
    states, _ = passes(decoder, other)
    assert run_on(decoder, states[0][:, -1], 0, memory) == pytest.approx(states[3][:, -1], abs=1e-4)


def test_layers_out_of_order_are_refused(decoder):
    with pytest.raises(ValueError, match="rise"):
        run_on(decoder, np.zeros((1, 16)), 3, [], 1)
    with pytest.raises(ValueError, match="memory holds 0"):
        run_on(decoder, np.zeros((1, 16)), 0, [])


def test_a_run_of_words_ends_with_the_word_it_is_for():
    texts = [["a"] * 25 + ["river"] + ["b"] * 5, ["law"] + ["c"] * 30 + ["law"]]
    found = endings(texts, ["river", "law", "absent"], np.random.default_rng(0))
    assert list(found) == ["river", "law"]
    assert found["river"].split() == ["a"] * 20 + ["river"]
    assert found["law"].split() == ["c"] * 20 + ["law"]  # the first stands too near the beginning


def test_the_commonest_words_are_those_of_the_vocabulary():
    words = np.random.default_rng(1).integers(12, size=(5, 40)).astype(str).tolist()
    assert commonest(words, 8) == vocabulary(words, 8)


def test_partners_have_another_label():
    labels = np.array(list("aaabbc"))
    other = partners(labels, np.random.default_rng(0))
    assert (labels[other] != labels).all()


def test_directions_lead_back_to_columns_and_rare_kinds_are_no_concepts():
    import pandas as pd

    rng = np.random.default_rng(3)
    learn = rng.normal(size=(60, 8)) * np.arange(8, 0, -1)
    kind = np.array(["a"] * 30 + ["b"] * 25 + ["c"] * 5)
    crossing = pd.DataFrame({"late": np.arange(60) % 2 == 0})
    tokens = as_tokens(learn, learn, learn[::-1], learn, kind, crossing, 7)
    assert list(tokens.concepts) == ["a", "b", "late"]
    assert tokens.asked.all()
    part = as_tokens(learn, learn, learn, learn, kind, crossing, 7, known=np.arange(60) < 20)
    assert part.asked.sum(0).tolist() == [60, 60, 20]
    assert tokens.x == pytest.approx(tokens.learn, abs=1e-4)
    assert tokens.directions.T @ tokens.directions == pytest.approx(np.eye(7), abs=1e-6)
    assert tokens.x.var(0)[0] == tokens.x.var(0).max()


def atlas(rng):
    import anndata as ad
    import pandas as pd

    kind, when = np.arange(240) % 3, np.arange(240) % 2
    rate = np.full((240, 60), 2.0)
    for number in range(3):
        rate[kind == number, 10 * number : 10 * number + 10] = 12
    rate[when == 1, 40:55] = 14  # the answer; five of its genes will be left out of the table
    names = [f"g{i}" for i in range(60)]
    obs = pd.DataFrame({"type": kind.astype(str), "when": np.array(["before", "late"])[when]})
    obs.index = obs.index.astype(str)
    counts = sparse.csr_matrix(rng.poisson(rate).astype(np.float32))
    return ad.AnnData(counts, obs=obs, var=pd.DataFrame(index=names))


def test_doublets_are_sums_of_counts_and_the_answer_is_read_from_unseen_genes():
    rng = np.random.default_rng(4)
    tokens, drawn = cell_tokens(atlas(rng), "type", "when", rng, n_genes=45, n=8)
    assert list(tokens.concepts) == ["0", "1", "2", "late"]
    assert tokens.mixed.shape == tokens.x.shape == (240, 8)
    middle = (tokens.x + tokens.partner) / 2
    near = np.linalg.norm(tokens.mixed - middle, axis=1).mean()
    assert near < np.linalg.norm(tokens.x - middle, axis=1).mean()
    left = ~drawn.var["used"].to_numpy()
    listed = drawn.var_names[left]
    here = tokens.crossing
    for chosen, effect in response_trials(tokens, drawn, listed):
        means = tokens.x[chosen & here].mean(0) - tokens.x[chosen & ~here].mean(0)
        level = np.asarray(drawn.X[:, left].mean(1)).ravel()
        told = level[~chosen & here].mean() - level[~chosen & ~here].mean()
        assert effect(means) == pytest.approx(told, abs=0.25)
    with pytest.raises(ValueError, match="outside"):
        response_trials(tokens, drawn, ["no gene"])
