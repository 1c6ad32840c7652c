"""SmolLM2-135M-Instruct, a causal language model: a token sees only what came before it. In NumPy.

Allal et al. 2025, arXiv:2502.02737. The network itself is :mod:`celltoken.models.attention`.
"""

from functools import cache

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from celltoken import data
from celltoken.models.attention import Decoder, log_softmax_at
from celltoken.models.gguf import QuantizedMatrix, read_gguf
from celltoken.models.text import TextModel


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


class LanguageModel(TextModel):
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
            # as in the paper and in `apply_rotary`.
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
        states = [x[0] for x, _, _ in self.decoder.iter_layers(ids)]
        return self._words(ids[0]), np.stack(states)

    def attention(self, text):
        """Return the attention weights: a list of 30 arrays (9 heads, tokens, tokens) float32.

        Entry [h, i, j] is how much token i takes from token j in head h. Rows sum to 1, and a
        token takes nothing from those after it (j > i). Raises ValueError as `tokens` does, or
        if there are more than 256 tokens, whose weights would fill the memory.
        """
        ids = self._ids(text)
        self._check_length(ids.size, "text", limit=256)
        return [
            weights[0] for _, weights, _ in self.decoder.iter_layers(ids) if weights is not None
        ]

    def weights(self, layer):
        """Return the weights of one layer, by name, as float32 arrays: what `Decoder` multiplies.

        `layer` counts from 1 to 30, so that it turns states `layer - 1` into states `layer`.
        Names and shapes: see `Decoder`. The rotation has base `decoder.base`.
        """
        if layer not in range(1, len(self.decoder.layers) + 1):
            raise ValueError(f"Layers with weights are numbered 1 to {len(self.decoder.layers)}.")
        parts = self.decoder.layers[layer - 1].items()
        return {name: x.unpack() if isinstance(x, QuantizedMatrix) else x for name, x in parts}

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

        states, kv_cache = self.decoder.read(ids)
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
            states, _ = self.decoder.read(rest, kv_cache)
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
        written, kv_cache = [], None
        for _ in range(n):
            states, kv_cache = self.decoder.read(ids, kv_cache)
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
