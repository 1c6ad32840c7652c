"""A transformer turns a sequence of tokens into matrices: one row a token, one matrix a layer.

Two small pretrained models, both read without PyTorch:

* `encoder()`: MiniLM-L6, a contextual encoder in which every token sees the whole sentence
  (Wang et al. 2020, arXiv:2002.10957), run by ONNX Runtime;
* `language_model()`: SmolLM2-135M-Instruct, a causal model in which a token sees only what came
  before it (Allal et al. 2025, arXiv:2502.02737), written out below in NumPy.

The architecture is that of Vaswani et al. 2017, arXiv:1706.03762. The causal model uses its Llama
variant (Touvron et al. 2023, arXiv:2302.13971), whose parts are cited where they are defined.
"""

import re
import struct
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from celltoken import data

# --- The mathematics ------------------------------------------------------------------------------


def softmax(scores):
    """Turn scores into weights that are positive and sum to 1 along the last axis."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def rms_norm(x, gain, epsilon=1e-5):
    """Scale each row to root-mean-square 1, then each coordinate by its learned gain.

    Zhang & Sennrich 2019, arXiv:1910.07467. `x` is (..., dim), `gain` is (dim,).
    """
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * gain


def rotate(x, positions, base=10_000.0):
    """Write each token's position into its vector by turning pairs of coordinates.

    Rotary position embedding (Su et al. 2021, arXiv:2104.09864). Neighbouring coordinates
    (0, 1), (2, 3) ... are read as points in the plane, and a token at position p turns its pairs
    by p, p / base**(2/dim), p / base**(4/dim) ... radians. A dot product of two rotated vectors
    then depends on how far apart the tokens are, not on where they stand.

    `x` is (..., tokens, dim) float32 with an even dim, `positions` is (tokens,).
    """
    dim = x.shape[-1]
    angles = np.outer(positions, float(base) ** (-np.arange(0, dim, 2) / dim))
    points = np.ascontiguousarray(x, dtype=np.float32).view(np.complex64)
    return (points * np.exp(1j * angles).astype(np.complex64)).view(np.float32)


def swiglu(x, gate, up, down):
    """Pass each row through a gated hidden layer (Shazeer 2020, arXiv:2002.05202)."""
    z = x @ gate
    sigmoid = 0.5 * (1 + np.tanh(z / 2))  # in a form that cannot overflow
    return (z * sigmoid * (x @ up)) @ down


class Decoder:
    """A causal transformer of the Llama kind, from token ids to states.

    Parameters
    ----------
    embedding : (dim, vocabulary) matrix; the output layer is the same matrix ("tied").
    layers : list of dicts with the matrices `query` `key` `value` `output` `gate` `up` `down`,
        each (inputs, outputs), and the gains `attention_norm` `mlp_norm`, each (dim,).
    final_norm : (dim,) gain.
    heads, kv_heads : number of query heads, and of the key/value heads they share
        (grouped-query attention, Ainslie et al. 2023, arXiv:2305.13245).
    base, epsilon : constants of `rotate` and `rms_norm`.
    """

    def __init__(self, embedding, layers, final_norm, heads, kv_heads, base=1e4, epsilon=1e-5):
        self.embedding, self.layers, self.final_norm = embedding, layers, final_norm
        self.heads, self.kv_heads, self.base, self.epsilon = heads, kv_heads, base, epsilon

    def attend(self, x, layer, past=None):
        """Mix every row with the rows before it; also return the weights and (keys, values).

        `x` is (batch, tokens, dim), already normalised. `past` holds the keys and values of tokens
        that came before, each (1 or batch, kv_heads, past tokens, head dim), so that a prefix
        needs to be read only once. The weights are (batch, heads, tokens, past + tokens).
        """
        batch, tokens, _ = x.shape

        def split(y):  # (batch, tokens, heads * head dim) -> (batch, heads, tokens, head dim)
            return y.reshape(batch, tokens, -1, x.shape[-1] // self.heads).swapaxes(1, 2)

        start = past[0].shape[2] if past else 0
        positions = np.arange(start, start + tokens)
        queries = rotate(split(x @ layer["query"]), positions, self.base)
        keys = rotate(split(x @ layer["key"]), positions, self.base)
        values = split(x @ layer["value"])
        if past:
            before = [np.broadcast_to(p, (batch, *p.shape[1:])) for p in past]
            keys = np.concatenate([before[0], keys], axis=2)
            values = np.concatenate([before[1], values], axis=2)

        share = self.heads // self.kv_heads  # so many query heads read the same keys and values
        scores = queries @ np.repeat(keys, share, axis=1).swapaxes(-1, -2)
        scores /= np.sqrt(np.float32(queries.shape[-1]))
        future = np.arange(start + tokens) > positions[:, None]
        weights = softmax(np.where(future, np.float32(-np.inf), scores))
        mixed = (weights @ np.repeat(values, share, axis=1)).swapaxes(1, 2)
        return mixed.reshape(batch, tokens, -1) @ layer["output"], weights, (keys, values)

    def steps(self, ids, past=None):
        """Yield (states, attention weights, (keys, values)) of the embedding and of each layer.

        `ids` is (batch, tokens); states are (batch, tokens, dim). The embedding, which comes
        first, has no attention (None, None). The last states are normalised by the final norm.
        `past` is the list of every layer's (keys, values) for the tokens before.
        """
        x = self.embedding[:, ids.ravel()].T.reshape(*ids.shape, -1)
        yield x, None, None
        for number, layer in enumerate(self.layers):
            normed = rms_norm(x, layer["attention_norm"], self.epsilon)
            mixed, weights, kept = self.attend(normed, layer, past and past[number])
            x = x + mixed
            normed = rms_norm(x, layer["mlp_norm"], self.epsilon)
            x = x + swiglu(normed, layer["gate"], layer["up"], layer["down"])
            if number == len(self.layers) - 1:
                x = rms_norm(x, self.final_norm, self.epsilon)
            yield x, weights, kept

    def read(self, ids, past=None):
        """Return the last layer's states and every layer's (keys, values)."""
        memory = []
        for x, _, kept in self.steps(ids, past):
            states = x  # the layers before are let go
            memory.append(kept)
        return states, memory[1:]

    def logits(self, states):
        """Score every word of the vocabulary as the next token: (..., dim) -> (..., vocabulary)."""
        return states @ self.embedding


def log_softmax_at(logits, targets):
    """Return log softmax(logits) at `targets`, float64, natural log.

    `logits` is (n, vocabulary) with one target a row, or (vocabulary,) with any number of targets.
    """
    top = logits.max(axis=-1, keepdims=True)
    total = np.log(np.exp(logits - top).sum(axis=-1, dtype=np.float64))
    rows = () if logits.ndim == 1 else (np.arange(len(targets)),)
    return logits[(*rows, targets)] - top[..., 0] - total


# --- What both models share: text in, rows out ----------------------------------------------------


class _TextModel:
    """Text to token ids, and words to rows. Subclasses set `tokenizer`, `window`, `name`."""

    def _encode(self, text, what="text"):
        if not isinstance(text, str):
            raise ValueError(f"The {what} must be a string, not {type(text).__name__}.")
        encoding = self.tokenizer.encode(text)
        if all(encoding.special_tokens_mask):  # nothing but [CLS] and [SEP], or nothing at all
            raise ValueError(f"The {what} is empty: {self.name} needs at least one token.")
        self._check_length(len(encoding.ids), what)
        return encoding

    def _check_length(self, length, what, limit=None):
        limit = limit or self.window
        if length > limit:
            raise ValueError(
                f"The {what} has {length:,} tokens and the limit here is {limit:,} ({self.name}): "
                "shorten it or cut it into pieces."
            )

    def layers(self, text):
        raise NotImplementedError

    def word_rows(self, text, word, occurrence=0):
        """Return the numbers of the rows (tokens) that spell `word` in `text`, as a list.

        The word is matched whole, whatever its case. `occurrence` counts from 0.
        Raises ValueError if the word does not occur that often.
        """
        encoding = self._encode(text)
        if not isinstance(word, str) or not word.strip():
            raise ValueError("The word must be a string with at least one visible character.")
        pattern = rf"(?<!\w){re.escape(word.strip())}(?!\w)"
        spans = [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
        if not 0 <= occurrence < len(spans):
            times = {0: "not", 1: "only once"}.get(len(spans), f"only {len(spans)} times")
            asked = f" (occurrence {occurrence} was asked for, counting from 0)" if spans else ""
            shown = text if len(text) <= 80 else text[:79] + "…"
            raise ValueError(f"The word {word!r} is {times} in {shown!r}{asked}.")
        start, end = spans[occurrence]
        return [row for row, (a, b) in enumerate(encoding.offsets) if a < end and b > start]

    def word_states(self, text, word, occurrence=0):
        """Return one vector a layer for `word` as used in `text`: (layers, dim) float32.

        The mean over the word's sub-tokens. `occurrence` (from 0) chooses among several.
        Raises ValueError if the word is not in the text.
        """
        rows = self.word_rows(text, word, occurrence)
        return self.layers(text)[1][:, rows].mean(axis=1)


# --- MiniLM: every token sees the whole sentence --------------------------------------------------

# Names, in the ONNX graph, of the layer norms that close the embedding and the first five layers.
_HIDDEN = ["layer_norm", *(f"layer_norm_{i}" for i in (2, 4, 6, 8, 10))]


def _with_outputs(model, names):
    """Return a serialised ONNX model that also outputs the named inner values.

    A protobuf message followed by another parses as the two merged, and repeated fields add up.
    So it suffices to append a model whose graph (field 7) has nothing but outputs (field 12),
    each with nothing but a name (field 1); the `onnx` package is not needed.
    """

    def field(number, content):
        size, length = b"", len(content)
        while length > 127:  # lengths are written seven bits a byte, the lowest first
            size, length = size + bytes([length & 127 | 128]), length >> 7
        return bytes([number << 3 | 2]) + size + bytes([length]) + content

    return model + field(7, b"".join(field(12, field(1, name.encode())) for name in names))


class Encoder(_TextModel):
    """MiniLM-L6 (int8 weights, float32 arithmetic): 6 layers, 384 dimensions, up to 512 tokens.

    A contextual encoder distilled from BERT (Wang et al. 2020, arXiv:2002.10957) and tuned so
    that sentences of like meaning lie close (Reimers & Gurevych 2019, arXiv:1908.10084).
    Upper and lower case are the same to it. Use `encoder()`, which loads it once.
    """

    name, window = "MiniLM", 512

    def __init__(self, model, tokenizer):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # give memory back after each call
        self.session = onnxruntime.InferenceSession(
            _with_outputs(Path(model).read_bytes(), _HIDDEN),
            options,
            providers=["CPUExecutionProvider"],
        )
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def _run(self, ids, mask, outputs):
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return self.session.run(outputs, feeds)

    def tokens(self, text):
        """Return the tokens as strings: `[CLS]` first, `[SEP]` last, `##` where a word goes on.

        Raises ValueError if the text is not a string, is empty, or exceeds the window.
        """
        return self._encode(text).tokens

    def layers(self, text):
        """Return (tokens, states): the tokens, and states of shape (7, tokens, 384) float32.

        Layer 0 is the embedding (word + position, normalised), before any attention; layer 6 is
        the model's output. The rows of `[CLS]` and `[SEP]` are included.
        Raises ValueError if the text is not a string, is empty, or exceeds the window.
        """
        encoding = self._encode(text)
        ids = np.array([encoding.ids], dtype=np.int64)
        states = self._run(ids, np.ones_like(ids), [*_HIDDEN, "last_hidden_state"])
        return encoding.tokens, np.concatenate(states)

    def sentences(self, texts):
        """Return one vector a sentence, (n, 384) float32 of length 1, so that a dot is a cosine.

        The mean of the last layer over all tokens, normalised.
        Raises ValueError if `texts` is not a non-empty list of sentences.
        """
        if isinstance(texts, str):
            raise ValueError("Give a list of sentences, not a single string.")
        encoded = [self._encode(text, "sentence") for text in texts]
        if not encoded:
            raise ValueError("Give at least one sentence.")
        vectors = np.empty((len(encoded), 384), dtype=np.float32)
        lengths = np.array([len(e.ids) for e in encoded])
        left = np.argsort(-lengths, kind="stable")  # sentences of like length pad little
        while len(left):
            width = lengths[left[0]]
            batch, left = np.split(left, [max(1, 1024 // width)])
            ids = np.zeros((len(batch), width), dtype=np.int64)
            mask = (np.arange(width) < lengths[batch, None]).astype(np.int64)
            ids[mask == 1] = np.concatenate([encoded[i].ids for i in batch])
            states = self._run(ids, mask, ["last_hidden_state"])[0]
            total = (states * mask[..., None].astype(np.float32)).sum(axis=1)
            vectors[batch] = total / np.linalg.norm(total, axis=1, keepdims=True)
        return vectors


@cache
def encoder():
    """Load MiniLM (0.3 s; later calls return the same object). See `Encoder`."""
    files = data.asset("minilm")
    return Encoder(files["model.onnx"], files["tokenizer.json"])


# --- SmolLM2: a token sees only what came before --------------------------------------------------


class Packed:
    """A matrix (inputs, outputs) at rest in 4 or 8 bits a weight, unpacked when it is used.

    Along its inputs the file cuts a matrix into blocks of 32 and stores each weight as a small
    whole number, to be multiplied by the block's scale and, at 4 bits, shifted by its offset
    (GGUF types Q4_1 and Q8_0). `x @ packed` unpacks for the length of one product: the model
    rests in 110 MB instead of 540 MB, and the numbers are exactly those of the file.
    """

    __array_ufunc__ = None  # lets `array @ packed` reach __rmatmul__

    def __init__(self, raw, kind):
        """`raw` is the file's (outputs, bytes a row) of uint8, `kind` "Q4_1" or "Q8_0"."""
        header = {"Q4_1": 4, "Q8_0": 2}[kind]
        rows = raw.reshape(len(raw), -1, header + (16 if kind == "Q4_1" else 32))
        # Outputs go last, so that unpacking runs along contiguous memory.
        head = np.ascontiguousarray(rows[..., :header]).view(np.float16).astype(np.float32)
        head = np.ascontiguousarray(head.transpose(2, 1, 0))[:, :, None]
        self.scale, self.offset = head[0], (head[1] if kind == "Q4_1" else None)
        self.whole = np.ascontiguousarray(rows[..., header:].transpose(1, 2, 0))
        if kind == "Q8_0":
            self.whole = self.whole.view(np.int8)
        self.shape = (32 * self.whole.shape[0], len(raw))

    def unpack(self, columns=slice(None)):
        """Return the matrix, or some of its columns, as float32: (inputs, outputs)."""
        weights = self.whole[..., columns]
        if self.offset is not None:  # two weights a byte: the low halves are the first 16 inputs
            weights = np.concatenate([weights & 15, weights >> 4], axis=1)
        weights = weights * self.scale[..., columns]
        if self.offset is not None:
            weights += self.offset[..., columns]
        return weights.reshape(self.shape[0], -1)

    def __getitem__(self, key):
        """`packed[:, columns]`, as with an array; the rows are always all of them."""
        return self.unpack(key[1])

    def __rmatmul__(self, x):
        rows = x.reshape(-1, self.shape[0])
        product = np.empty((len(rows), self.shape[1]), dtype=np.float32)
        for start in range(0, self.shape[1], 4096):  # the vocabulary is long: a slice at a time
            columns = slice(start, start + 4096)
            product[:, columns] = rows @ self[:, columns]
        return product.reshape(*x.shape[:-1], -1)


def read_gguf(path):
    """Read a GGUF model file: (facts, matrices), both dictionaries by the file's own names.

    `facts` holds numbers, strings and lists. `matrices` holds float32 arrays and `Packed`
    matrices, (inputs, outputs). (The `gguf` package reads more kinds of file, but takes 2.6 s and
    160 MB over the two word lists in this one.)
    """
    path = Path(path)
    with path.open("rb") as file:

        def number(kind):
            return struct.unpack("<" + kind, file.read(struct.calcsize("<" + kind)))[0]

        def string():
            return file.read(number("Q")).decode()

        def value(kind):
            if kind == 8:
                return string()
            if kind == 9:
                kind, length = number("I"), number("Q")
                return [value(kind) for _ in range(length)]
            return number("BbHhIif?__Qqd"[kind])

        if file.read(4) != b"GGUF" or number("I") not in (2, 3):
            raise ValueError(f"{path.name} is not a GGUF model file of version 2 or 3.")
        n_tensors, n_facts = number("Q"), number("Q")
        facts = {string(): value(number("I")) for _ in range(n_facts)}
        headers = []
        for _ in range(n_tensors):
            name = string()
            shape = [number("Q") for _ in range(number("I"))][::-1]
            headers.append((name, shape, number("I"), number("Q")))
        step = facts.get("general.alignment", 32)
        start = -(-file.tell() // step) * step

    matrices = {}
    for name, shape, kind, offset in headers:
        if kind == 0:
            length, dtype = int(np.prod(shape)), np.float32
        elif kind in (3, 8) and shape[-1] % 32 == 0:
            length = int(np.prod(shape)) // 32 * {3: 20, 8: 34}[kind]
            dtype = np.uint8
        else:
            raise ValueError(f"{path.name} stores {name} in a way celltoken does not read.")
        raw = np.fromfile(path, dtype, length, offset=start + offset)
        if len(raw) < length:
            raise ValueError(f"{path.name} is cut short: fetch it again.")
        raw = raw.reshape(*shape[:-1], -1)
        matrices[name] = raw.T if kind == 0 else Packed(raw, {3: "Q4_1", 8: "Q8_0"}[kind])
    return facts, matrices


def _byte_pair_tokenizer(facts):
    """Build SmolLM2's tokenizer from the word list and the merges in its file.

    Byte-pair encoding on bytes, as in GPT-2; every digit is a token of its own.
    """
    words, kinds = facts["tokenizer.ggml.tokens"], facts["tokenizer.ggml.token_type"]
    merges = [tuple(pair.split(" ")) for pair in facts["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = [word for word, kind in zip(words, kinds, strict=True) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(w, special=True, normalized=False) for w in control])
    return tokenizer


# The names that llama.cpp gives to the matrices of a layer, and ours.
_PARTS = {
    "attn_norm": "attention_norm",
    "attn_q": "query",
    "attn_k": "key",
    "attn_v": "value",
    "attn_output": "output",
    "ffn_norm": "mlp_norm",
    "ffn_gate": "gate",
    "ffn_up": "up",
    "ffn_down": "down",
}


class LanguageModel(_TextModel):
    """SmolLM2-135M-Instruct: 30 layers, 576 dimensions, 9 heads, 49,152 words, in NumPy.

    A causal language model (Allal et al. 2025, arXiv:2502.02737) with 4-bit weights and float32
    arithmetic. It was trained on up to 8,192 tokens; here a text has at most 1,024, to keep the
    memory of a notebook small. No beginning-of-text token is added, so the first token of a text
    is never predicted. Use `language_model()`, which loads it once.

    `decoder` is the network (`Decoder`), `tokenizer` the tokenizer.
    """

    name, window = "SmolLM2", 1024

    def __init__(self, path):
        facts, matrices = read_gguf(path)
        layers = [
            {ours: matrices[f"blk.{i}.{theirs}.weight"] for theirs, ours in _PARTS.items()}
            for i in range(facts["llama.block_count"])
        ]
        self.decoder = Decoder(
            matrices["token_embd.weight"],
            layers,
            matrices["output_norm.weight"],
            heads=facts["llama.attention.head_count"],
            kv_heads=facts["llama.attention.head_count_kv"],
            # llama.cpp reorders the rows of query and key so that rotary pairs are neighbours,
            # as in the paper and in `rotate`.
            base=facts["llama.rope.freq_base"],
            epsilon=facts["llama.attention.layer_norm_rms_epsilon"],
        )
        self.tokenizer = _byte_pair_tokenizer(facts)
        self._ends = {
            self.tokenizer.token_to_id("<|endoftext|>"),
            facts["tokenizer.ggml.eos_token_id"],
        }

    def _ids(self, text, what="text"):
        return np.array([self._encode(text, what).ids])

    def _words(self, ids):
        return [self.tokenizer.decode([i], skip_special_tokens=False) for i in ids]

    def tokens(self, text):
        """Return the tokens as strings, spaces included: joined, they give the text back.

        (Except where a rare character is cut into bytes: each piece then shows as "\ufffd".)
        Raises ValueError if the text is not a string, is empty, or exceeds the window.
        """
        return self._words(self._encode(text).ids)

    def layers(self, text):
        """Return (tokens, states): the tokens, and states of shape (31, tokens, 576) float32.

        Layer 0 is the embedding of each token on its own; layer 30, normalised, is what the
        output layer reads. Raises ValueError as `tokens` does.
        """
        ids = self._ids(text)
        states = [x[0] for x, _, _ in self.decoder.steps(ids)]
        return self._words(ids[0]), np.stack(states)

    def attention(self, text):
        """Return the attention weights: a list of 30 arrays (9 heads, tokens, tokens) float32.

        Entry [h, i, j] is how much token i takes from token j in head h. Rows sum to 1, and a
        token takes nothing from those after it (j > i). Raises ValueError as `tokens` does, or
        if there are more than 256 tokens, whose weights would fill the memory.
        """
        ids = self._ids(text)
        self._check_length(ids.size, "text", limit=256)
        return [weights[0] for _, weights, _ in self.decoder.steps(ids) if weights is not None]

    def weights(self, layer):
        """Return the weights of one layer, by name, as float32 arrays: what `Decoder` multiplies.

        `layer` counts from 1 to 30, so that it turns states `layer - 1` into states `layer`.
        Names and shapes: see `Decoder`. The rotation has base `decoder.base`.
        """
        if layer not in range(1, len(self.decoder.layers) + 1):
            raise ValueError(f"Layers with weights are numbered 1 to {len(self.decoder.layers)}.")
        parts = self.decoder.layers[layer - 1].items()
        return {name: x.unpack() if isinstance(x, Packed) else x for name, x in parts}

    def logits(self, text):
        """Return (tokens, scores): for each token, the score of every word as the *next* one.

        Scores are (tokens, 49152) float32, natural-log odds up to a constant a row.
        Raises ValueError as `tokens` does.
        """
        ids = self._ids(text)
        return self._words(ids[0]), self.decoder.logits(self.decoder.read(ids)[0][0])

    def _log_probabilities(self, states, targets):
        pieces = [  # 64 rows of the vocabulary at a time, for memory's sake
            log_softmax_at(self.decoder.logits(states[i : i + 64]), targets[i : i + 64])
            for i in range(0, len(states), 64)
        ]
        return np.concatenate(pieces)

    def log_probabilities(self, text):
        """Return the log-probability (natural log) of each token but the first, given those before.

        Shape (tokens - 1,). Raises ValueError as `tokens` does, or if there is only one token.
        """
        ids = self._ids(text)[0]
        if len(ids) < 2:
            raise ValueError("The text has one token, and the first is never predicted: add words.")
        states = self.decoder.read(ids[None, :-1])[0][0]
        return self._log_probabilities(states, ids[1:])

    def log_probability(self, text):
        """Return the log-probability (natural log) of a text given its first token: a float.

        Raises ValueError as `log_probabilities` does.
        """
        return float(self.log_probabilities(text).sum())

    def perplexity(self, text):
        """Return the perplexity per token: among how many words, in effect, the model wavers.

        exp(-mean log-probability), 1 at best. Raises ValueError as `log_probabilities` does.
        """
        return float(np.exp(-self.log_probabilities(text).mean()))

    def next_probabilities(self, prefix, candidates):
        """Return the probability that each candidate continues the prefix: (candidates,) float64.

        A candidate's probability is the product over its tokens. Candidates usually start with
        a space (" Paris"). They are whole strings, not alternatives: they need not sum to 1, and
        longer ones tend to be less probable.
        The prefix is read once, and the candidates in batches that share it.
        Raises ValueError if a text is empty or too long, or if there is no candidate.
        """
        if isinstance(candidates, str):
            raise ValueError("Give a list of candidates, not a single string.")
        endings = [self._encode(candidate, "candidate").ids for candidate in candidates]
        if not endings:
            raise ValueError("Give at least one candidate.")
        ids = self._ids(prefix, "prefix")
        self._check_length(ids.size + max(map(len, endings)), "prefix with its longest candidate")

        states, past = self.decoder.read(ids)
        firsts = [ending[0] for ending in endings]
        total = log_softmax_at(self.decoder.logits(states[0, -1]), firsts)

        longer = [i for i in range(len(endings)) if len(endings[i]) > 1]
        longer.sort(key=lambda i: len(endings[i]))  # batches of like length pad little
        longest = max(map(len, endings))
        size = max(1, 4096 // (ids.size + longest))  # keeps a batch within some 50 MB
        for batch in (longer[i : i + size] for i in range(0, len(longer), size)):
            width = len(endings[batch[-1]]) - 1
            rest = np.zeros((len(batch), width), dtype=np.int64)
            known = np.zeros(rest.shape, dtype=bool)
            for row, i in enumerate(batch):
                rest[row, : len(endings[i]) - 1] = endings[i][:-1]
                known[row, : len(endings[i]) - 1] = True
            states, _ = self.decoder.read(rest, past)
            targets = np.concatenate([endings[i][1:] for i in batch])
            owners = np.repeat(batch, known.sum(axis=1))
            np.add.at(total, owners, self._log_probabilities(states[known], targets))
        return np.exp(total)

    def generate(self, prefix, n=20):
        """Return the continuation of `prefix` by up to `n` tokens, the likeliest at every step.

        The text ends sooner if the model ends it. Raises ValueError as `tokens` does.
        """
        ids = self._ids(prefix, "prefix")
        self._check_length(ids.size + n, "prefix with its continuation")
        written, past = [], None
        for _ in range(n):
            states, past = self.decoder.read(ids, past)
            best = int(self.decoder.logits(states[0, -1:]).argmax())
            if best in self._ends:
                break
            written.append(best)
            ids = np.array([[best]])
        return self.tokenizer.decode(written, skip_special_tokens=False)


@cache
def language_model():
    """Load SmolLM2 (0.5 s; later calls return the same object). See `LanguageModel`."""
    files = data.asset("smollm2")
    (path,) = (path for name, path in files.items() if name.endswith(".gguf"))
    return LanguageModel(path)
