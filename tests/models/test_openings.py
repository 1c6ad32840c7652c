"""Names after openings: the same states as the models give to the whole text, word for word."""

import numpy as np
import pandas as pd
import pytest

from celltoken.methods.sequences import distances
from celltoken.models import openings as module
from celltoken.models.encoder import encoder
from celltoken.models.language_model import language_model

LINES = ["the senate will meet again on", "he came to see us on the farm and stayed on"]
DAYS = ["Monday", "Friday", "Sunday"]


def test_openings_end_in_the_word_and_come_from_different_texts():
    texts = [[f"w{i}{j}" for j in range(30)] for i in range(6)]
    for text in texts[:4]:
        text[20] = "on"
    texts[5][3] = "on"  # too near the beginning
    texts = pd.Series(texts, index=[7, 3, 9, 1, 0, 5])  # as random halves come
    found = module.openings(texts, "on", np.random.default_rng(0), words=8, times=3)
    assert len(found) == 3
    assert all(line.split()[-1] == "on" and len(line.split()) == 8 for line in found)
    assert len({line.split()[0][:2] for line in found}) == 3
    assert len(module.openings(texts, "on", np.random.default_rng(0), words=8)) == 4
    with pytest.raises(ValueError, match="No text holds"):
        module.openings(texts, "in", np.random.default_rng(0))


def test_smollm2_reads_each_name_after_each_opening():
    model = language_model()
    found = module.states_after("smollm2", LINES, DAYS)
    assert found.shape == (31, 2, 3, 576)
    length = min(len(model.tokenizer.encode(line).ids) for line in LINES)
    for i, line in enumerate(LINES):
        ids = model.tokenizer.encode(line).ids[-length:] + model.tokenizer.encode(" Friday").ids
        states = [x[0, -1] for x, _, _ in model.decoder.iter_layers(np.array([ids]))]
        np.testing.assert_allclose(found[:, i, 1], states, atol=2e-3)
    assert module.middle_layer("smollm2") == 15


def test_minilm_reads_name_and_opening_together():
    found = module.states_after("minilm", LINES, DAYS)
    assert found.shape == (7, 2, 3, 384)
    np.testing.assert_allclose(
        found[:, 1, 2], encoder().word_states(LINES[1] + " Sunday", "sunday"), atol=1e-5
    )
    assert module.middle_layer("minilm") == 3


def test_names_of_unlike_length_and_unknown_models_are_refused():
    with pytest.raises(ValueError, match="one length"):
        module.states_after("smollm2", LINES, ["Monday", "Antananarivo"])
    with pytest.raises(ValueError, match="model must be"):
        module.states_after("gpt", LINES, DAYS)


def test_a_cycle_holds_means_of_the_middle_layer(monkeypatch):
    rng = np.random.default_rng(1)

    def states(model, lines, names):
        return np.random.default_rng(len(names)).normal(size=(7, len(lines), len(names), 4))

    monkeypatch.setattr(module, "states_after", states)
    texts = [["on", "in"] * 20 for _ in range(3)]
    found = module.named_cycles(texts, "minilm", rng)
    assert list(found) == ["weekdays", "months"]
    months = found["months"]
    assert len(months["names"]) == 12 and months["names"][0] == "January"
    expected = states("", [0] * 3, range(12))[3].mean(0)
    np.testing.assert_allclose(months["means"], expected)
    np.testing.assert_allclose(months["apart"], distances(expected))
    spelt, name = months["spelling"], months["names"].index
    assert spelt[name("September"), name("December")] < spelt[name("September"), name("July")]
    assert np.allclose(np.diag(spelt), 0)
