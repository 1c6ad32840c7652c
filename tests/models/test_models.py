"""The two models: closed forms on a tiny network, then the real ones against other programs."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from scipy.special import softmax

from celltoken import data
from celltoken.models import attention, gguf
from celltoken.models import encoder as encoders
from celltoken.models import language_model as models
from celltoken.models.attention import Decoder, apply_rotary, log_softmax_at, rms_norm
from celltoken.models.gguf import QuantizedMatrix

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "smollm2.json").read_text(encoding="utf-8")
)


def needs(asset):
    """Skip if the model has not been fetched; in CI, where it must have been, fail."""
    try:
        data.asset(asset)
    except data.DataError as problem:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"run `celltoken fetch {asset}` first: {problem}")


@pytest.fixture(scope="module")
def encoder():
    needs("minilm")
    return encoders.encoder()


@pytest.fixture(scope="module")
def model():
    needs("smollm2")
    return models.language_model()


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def tiny(rng):
    """A network of 3 layers, 16 dimensions, 4 heads that share 2 keys and values, 50 words."""

    def matrix(*shape):
        return rng.normal(0, 0.4, shape).astype(np.float32)

    shapes = {
        "attention_norm": (16,),
        "query": (16, 16),
        "key": (16, 8),
        "value": (16, 8),
        "output": (16, 16),
        "mlp_norm": (16,),
        "gate": (16, 40),
        "up": (16, 40),
        "down": (40, 16),
    }
    layers = [{name: matrix(*shape) for name, shape in shapes.items()} for _ in range(3)]
    return Decoder(matrix(16, 50), layers, matrix(16), heads=4, kv_heads=2)


# --- Closed forms ---------------------------------------------------------------------------------


def test_softmax_rows_sum_to_one_even_for_huge_scores():
    weights = softmax(np.array([[1e4, 1e4 + np.log(3), -np.inf], [0.0, 0.0, 0.0]]), axis=-1)
    np.testing.assert_allclose(weights, [[0.25, 0.75, 0], [1 / 3] * 3])


def test_rms_norm_gives_root_mean_square_one_whatever_the_scale(rng):
    x = rng.normal(size=(5, 64))
    normed = rms_norm(x, np.ones(64), epsilon=0)
    np.testing.assert_allclose(np.sqrt((normed**2).mean(axis=1)), 1)
    np.testing.assert_allclose(rms_norm(1000 * x, np.ones(64), epsilon=0), normed)
    np.testing.assert_allclose(rms_norm([3.0, 4.0] * np.ones(2), [1, 2], 0), [3, 8] / np.sqrt(12.5))


def test_rotation_turns_pairs_by_the_angles_of_the_paper():
    x = np.tile(np.array([1, 0], np.float32), (1, 2))  # two pairs, each pointing along its x axis
    for position in (0, 1, 7):
        fast, slow = position, position / 100  # base 10,000 and dim 4: base**(2/4) = 100
        expected = [np.cos(fast), np.sin(fast), np.cos(slow), np.sin(slow)]
        np.testing.assert_allclose(apply_rotary(x, [position])[0], expected, atol=1e-6)


def test_rotation_keeps_norms_and_sees_only_distances(rng):
    query, key = rng.normal(size=(2, 1, 64)).astype(np.float32)
    for position in (0, 5, 300):
        norm = np.linalg.norm(apply_rotary(query, [position]))
        np.testing.assert_allclose(norm, np.linalg.norm(query), rtol=1e-5)
    near, far, wider = (
        (apply_rotary(query, [i]) @ apply_rotary(key, [j]).T).item()
        for i, j in [(9, 4), (109, 104), (9, 3)]
    )
    assert near == pytest.approx(far, abs=1e-3)
    assert abs(near - wider) > 0.01


def test_attention_is_causal(tiny):
    ids = np.array([[3, 14, 15, 9, 26]])
    changed = np.array([[3, 14, 15, 9, 27]])
    for (x, weights, _), (y, _, _) in zip(
        tiny.iter_layers(ids), tiny.iter_layers(changed), strict=True
    ):
        np.testing.assert_array_equal(x[:, :-1], y[:, :-1])
        assert not np.allclose(x[:, -1], y[:, -1])
        if weights is not None:
            assert weights.shape == (1, 4, 5, 5)
            np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-6)
            assert (np.triu(weights, 1) == 0).all()


def test_attention_by_hand(tiny, rng):
    """One loop a head and a token, written from the paper's formula."""
    layer, x = tiny.layers[0], rng.normal(size=(6, 16)).astype(np.float32)
    heads = []
    for head in range(4):
        shared = head // 2  # two query heads a key/value head
        own, both = slice(4 * head, 4 * head + 4), slice(4 * shared, 4 * shared + 4)
        q = apply_rotary((x @ layer["query"])[:, own], np.arange(6))
        k = apply_rotary((x @ layer["key"])[:, both], np.arange(6))
        v = (x @ layer["value"])[:, both]
        rows = [softmax(k[: i + 1] @ q[i] / 2) @ v[: i + 1] for i in range(6)]  # sqrt(4) = 2
        heads.append(np.array(rows))
    expected = np.concatenate(heads, axis=1) @ layer["output"]
    np.testing.assert_allclose(tiny.attend(x[None], layer)[0][0], expected, atol=1e-5)


def test_a_prefix_read_once_gives_the_same_states(tiny):
    ids = np.array([[3, 14, 15, 9, 26, 5]])
    whole, _ = tiny.read(ids)
    _, past = tiny.read(ids[:, :4])
    rest, _ = tiny.read(np.vstack([ids[:, 4:], [[1, 2]]]), past)  # in a batch with another ending
    np.testing.assert_allclose(rest[0], whole[0, 4:], atol=1e-5)


def test_log_softmax_at(rng):
    logits = rng.normal(0, 30, (4, 9)).astype(np.float32)
    expected = np.log(softmax(logits.astype(np.float64), axis=-1))
    np.testing.assert_allclose(
        log_softmax_at(logits, [0, 3, 8, 3]), expected[range(4), [0, 3, 8, 3]], rtol=1e-5
    )
    several = log_softmax_at(logits[1], [5, 2])  # of one row
    np.testing.assert_allclose(several, expected[1, [5, 2]], rtol=1e-5)


@pytest.mark.parametrize("kind", ["Q4_1", "Q8_0"])
def test_packed_weights_are_those_of_the_gguf_package(kind, rng):
    gguf = pytest.importorskip("gguf")
    kind_number = gguf.GGMLQuantizationType[kind]
    raw = gguf.quants.quantize(rng.normal(size=(70, 96)).astype(np.float32), kind_number)
    packed, expected = QuantizedMatrix(raw, kind), gguf.quants.dequantize(raw, kind_number).T
    np.testing.assert_array_equal(packed.unpack(), expected)
    np.testing.assert_array_equal(packed[:, [5, 69, 5]], expected[:, [5, 69, 5]])
    x = rng.normal(size=(2, 3, 96)).astype(np.float32)
    np.testing.assert_allclose(x @ packed, x @ expected, atol=1e-4)
    assert packed.shape == (96, 70)


def test_a_file_that_is_not_a_model_is_named(tmp_path):
    (tmp_path / "page.gguf").write_text("<html>not found</html>")
    with pytest.raises(ValueError, match="page.gguf is not a GGUF model file"):
        gguf.read_gguf(tmp_path / "page.gguf")


# --- MiniLM ---------------------------------------------------------------------------------------

BANK = "The bank of the river was muddy, and the bank had lent money."


def test_encoder_layers_and_the_untouched_model_agree(encoder):
    tokens, states = encoder.layers(BANK)
    assert tokens[0] == "[CLS]" and tokens[-1] == "[SEP]" and tokens[2] == "bank"
    assert states.shape == (7, len(tokens), 384) and states.dtype == np.float32
    plain = onnxruntime.InferenceSession(data.asset("minilm")["model.onnx"])
    ids = np.array([encoder.tokenizer.encode(BANK).ids])
    feeds = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0}
    assert len(plain.get_outputs()) == 1
    np.testing.assert_allclose(states[-1], plain.run(None, feeds)[0][0], atol=1e-5)


def test_encoder_layer_zero_has_no_context_and_the_next_has(encoder):
    """The same token at the same place: equal before attention, different after."""
    _, one = encoder.layers("The bank was muddy.")
    _, two = encoder.layers("The bank lent money.")
    np.testing.assert_allclose(one[0, 2], two[0, 2], atol=1e-6)
    assert np.abs(one[1, 2] - two[1, 2]).max() > 0.1


def test_word_states(encoder):
    tokens, states = encoder.layers(BANK)
    assert encoder.word_rows(BANK, "bank", occurrence=1) == [11]
    np.testing.assert_array_equal(encoder.word_states(BANK, "BANK"), states[:, 2])
    text = "An unbelievably good day in New York."
    rows = encoder.word_rows(text, "unbelievably")
    assert "".join(encoder.tokens(text)[i].removeprefix("##") for i in rows) == "unbelievably"
    assert len(rows) > 1 and len(encoder.word_rows(text, "New York")) == 2
    assert encoder.word_states(text, "unbelievably").shape == (7, 384)


def test_sentences(encoder):
    texts = ["A cat sleeps on the sofa.", "A kitten naps on the couch.", "Rates rose.", BANK * 9]
    vectors = encoder.sentences(texts)
    assert vectors.shape == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.6 > 0.3 > cosines[0, 2]
    # Padding in a batch changes nothing.
    alone = np.concatenate([encoder.sentences([text]) for text in texts])
    np.testing.assert_allclose(vectors, alone, atol=1e-5)
    mean = encoder.layers(texts[0])[1][-1].mean(axis=0)
    np.testing.assert_allclose(vectors[0], mean / np.linalg.norm(mean), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda e: e.layers(""), "The text is empty"),
        (lambda e: e.layers("  "), "The text is empty"),
        (lambda e: e.layers(7), "must be a string, not int"),
        (lambda e: e.layers("word " * 600), "602 tokens and the limit here is 512"),
        (lambda e: e.word_states(BANK, "shore"), "'shore' is not in 'The bank"),
        (lambda e: e.word_states(BANK, "ban"), "'ban' is not in"),
        (lambda e: e.word_states(BANK, "bank", occurrence=2), "is only 2 times in"),
        (lambda e: e.word_states(BANK, " "), "at least one visible character"),
        (lambda e: e.sentences([]), "at least one sentence"),
        (lambda e: e.sentences("one"), "not a single string"),
        (lambda e: e.sentences(["one", None]), "The sentence must be a string, not NoneType"),
    ],
)
def test_encoder_errors_are_one_clear_sentence(encoder, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(encoder)


# --- SmolLM2 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", REFERENCE, ids=[case["text"][:12] for case in REFERENCE])
def test_model_agrees_with_llama_cpp_and_transformers(model, case):
    """Token ids are llama.cpp's; all numbers are those of transformers on PyTorch."""
    text = case["text"]
    assert model.tokenizer.encode(text).ids == case["ids"]
    tolerance = {"atol": 2e-3, "rtol": 0}
    np.testing.assert_allclose(
        model.log_probabilities(text), case["log_probabilities"], **tolerance
    )
    logits = model.logits(text)[1][-1]
    assert np.argsort(-logits)[:5].tolist() == case["next_ids"]
    np.testing.assert_allclose(
        log_softmax_at(logits, case["next_ids"]), case["next_log_probabilities"], **tolerance
    )
    _, states = model.layers(text)
    assert states.shape == (31, len(case["ids"]), 576) and states.dtype == np.float32
    norms = np.linalg.norm(states[:, -1], axis=1)
    np.testing.assert_allclose(norms, case["state_norms"], rtol=1e-3)
    np.testing.assert_allclose(states[:, -1, :3], case["state_starts"], atol=5e-3)
    if "attention" in case:
        attention = model.attention(text)
        assert len(attention) == 30
        last = attention[case["attention_layer"] - 1][:, -1]
        np.testing.assert_allclose(last, case["attention"], **tolerance)


def test_weights_rebuild_a_layer(model):
    """What a lesson does by hand: states 4 -> states 5, from the weights alone."""
    _, states = model.layers("one two three four")
    layer, decoder = model.weights(5), model.decoder
    x = states[4]
    normed = rms_norm(x, layer["attention_norm"], decoder.epsilon)
    places = np.arange(len(x))
    q = apply_rotary(
        (normed @ layer["query"]).reshape(-1, 9, 64).swapaxes(0, 1), places, decoder.base
    )
    k = apply_rotary(
        (normed @ layer["key"]).reshape(-1, 3, 64).swapaxes(0, 1), places, decoder.base
    )
    v = (normed @ layer["value"]).reshape(-1, 3, 64).swapaxes(0, 1)
    k, v = k.repeat(3, axis=0), v.repeat(3, axis=0)
    scores = q @ k.swapaxes(1, 2) / 8
    scores[:, np.triu(np.ones((len(x), len(x)), bool), 1)] = -np.inf
    weights = softmax(scores, axis=-1)
    np.testing.assert_allclose(weights, model.attention("one two three four")[4], atol=1e-5)
    x = x + (weights @ v).swapaxes(0, 1).reshape(len(x), 576) @ layer["output"]
    normed = rms_norm(x, layer["mlp_norm"], decoder.epsilon)
    x = x + attention.swiglu(normed, layer["gate"], layer["up"], layer["down"])
    np.testing.assert_allclose(x, states[5], atol=1e-3)


def test_last_states_and_embedding_give_the_logits(model):
    text = "Birds of a feather"
    embedding = model.decoder.embedding.unpack()
    tokens, states = model.layers(text)
    np.testing.assert_allclose(states[-1] @ embedding, model.logits(text)[1], atol=1e-3)
    ids = model.tokenizer.encode(text).ids
    np.testing.assert_array_equal(states[0], embedding[:, ids].T)


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, then punctuation: (yes!) -- \"quoted\" 'single'.",
        "0123456789 3.14159 1,000,000 a1b2   77",
        "Zoë naïve 細胞 🧬 الخلية клетка\u00a0é",
        "  leading\n\n\ttabs and trailing   ",
        "<|im_start|>user\nHi<|im_end|>",
    ],
)
def test_tokenizer_round_trip(model, text):
    encoding = model.tokenizer.encode(text)
    assert model.tokenizer.decode(encoding.ids, skip_special_tokens=False) == text
    tokens = model.tokens(text)
    assert len(tokens) == len(encoding.ids)
    if text.isascii():
        assert "".join(tokens) == text
    assert not any(len(token.strip()) > 1 for token in tokens if any(c.isdigit() for c in token))


def test_greedy_continuation(model):
    assert model.generate("The capital of France is", 3).startswith(" Paris")
    assert model.generate("The capital of France is", 0) == ""
    # One token at a time from memory, or all again: the same.
    text = "Once upon a time"
    for _ in range(6):
        text += model.tokenizer.decode([int(model.logits(text)[1][-1].argmax())])
    assert text == "Once upon a time" + model.generate("Once upon a time", 6)


def test_order_matters(model):
    sentence = "The old man walked slowly along the river to the town"
    words = sentence.split()
    rng = np.random.default_rng(1)
    shuffled = [model.perplexity(" ".join(rng.permutation(words))) for _ in range(3)]
    assert 3 * model.perplexity(sentence) < min(shuffled)
    logs = model.log_probabilities(sentence)
    assert model.log_probability(sentence) == pytest.approx(logs.sum())
    assert model.perplexity(sentence) == pytest.approx(np.exp(-logs.mean()))


def test_candidates_in_a_batch_equal_full_forwards(model):
    prefix = "The capital of France is"
    candidates = [
        " Paris",
        " London and Berlin",
        " Sacramento",
        " the city of light",
        ".",
        " Paris",
    ]
    probabilities = model.next_probabilities(prefix, candidates)
    start = model.log_probability(prefix)
    expected = [model.log_probability(prefix + c) - start for c in candidates]
    np.testing.assert_allclose(np.log(probabilities), expected, atol=2e-3)
    assert probabilities.argmax() == 0 and probabilities[0] == probabilities[-1] > 0.5


def test_many_candidates_in_several_batches(model):
    prefix = "Paris is the capital of France. " * 20
    candidates = [f" Number {i}" + " is next" * (i % 3) for i in range(60)]
    together = model.next_probabilities(prefix, candidates)
    for i in (0, 29, 59):
        alone = model.next_probabilities(prefix, candidates[i : i + 1])
        np.testing.assert_allclose(together[i], alone[0], rtol=5e-3)


def test_words_in_the_language_model(model):
    text = "Zoë 🧬 was unbelievably calm, unbelievably so"
    _, states = model.layers(text)
    for occurrence in (0, 1):
        rows = model.word_rows(text, "unbelievably", occurrence)
        assert "".join(model.tokens(text)[i] for i in rows) == " unbelievably"
        np.testing.assert_allclose(
            model.word_states(text, "unbelievably", occurrence), states[:, rows].mean(axis=1)
        )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: m.layers(""), "The text is empty"),
        (lambda m: m.logits(None), "must be a string, not NoneType"),
        (lambda m: m.perplexity("word " * 1100), "limit here is 1,024"),
        (lambda m: m.attention("word " * 300), "limit here is 256"),
        (lambda m: m.log_probability("one"), "the first is never predicted"),
        (lambda m: m.word_states("a cell", "word"), "'word' is not in 'a cell'"),
        (lambda m: m.next_probabilities("a", []), "at least one candidate"),
        (lambda m: m.next_probabilities("a", " b"), "not a single string"),
        (lambda m: m.next_probabilities("a", [" b", ""]), "The candidate is empty"),
        (lambda m: m.next_probabilities("", [" b"]), "The prefix is empty"),
        (lambda m: m.next_probabilities("a " * 1000, [" b" * 90]), "prefix with its longest"),
        (lambda m: m.generate("a " * 1000, 100), "prefix with its continuation"),
        (lambda m: m.weights(0), "numbered 1 to 30"),
    ],
)
def test_language_model_errors_are_one_clear_sentence(model, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(model)


# --- Budgets --------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_both_models_and_scanpy_fit_in_a_notebook(model, encoder):
    """Peak memory of a fresh process, well below 1 GB (640 MB, of which scanpy takes 260).

    Not from `resource.getrusage`: on Linux a child process starts with its parent's peak.
    """
    code = """
        import re
        import scanpy
        from celltoken.models import encoder, language_model
        language_model.language_model().next_probabilities("The capital of France is", [" Paris"])
        encoder.encoder().layers("A cell is known by the company it keeps.")
        print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
    """
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert int(out.stdout) / 1024 < 800, f"{int(out.stdout) / 1024:.0f} MB"
