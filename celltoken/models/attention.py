"""The mathematics of a causal transformer: norms, rotation, attention, and the stack of layers.

The architecture is that of Vaswani et al. 2017, arXiv:1706.03762, in its Llama variant (Touvron et
al. 2023, arXiv:2302.13971), whose parts are cited where they are defined.
"""

import numpy as np
from scipy.special import softmax


def rms_norm(x, gain, epsilon=1e-5):
    """Scale each row to root-mean-square 1, then each coordinate by its learned gain.

    Zhang & Sennrich 2019, arXiv:1910.07467. `x` is (..., dim), `gain` is (dim,).
    """
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * gain


def apply_rotary(x, positions, base=10_000.0):
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
    base, epsilon : constants of `apply_rotary` and `rms_norm`.
    """

    def __init__(self, embedding, layers, final_norm, heads, kv_heads, base=1e4, epsilon=1e-5):
        self.embedding, self.layers, self.final_norm = embedding, layers, final_norm
        self.heads, self.kv_heads, self.base, self.epsilon = heads, kv_heads, base, epsilon

    def attend(self, x, layer, kv_cache=None):
        """Mix every row with the rows before it; also return the weights and (keys, values).

        `x` is (batch, tokens, dim), already normalised. `kv_cache` holds the keys and values
        of tokens that came before, each (1 or batch, kv_heads, earlier tokens, head dim), so
        that a prefix is read only once. Weights are (batch, heads, tokens, earlier + tokens).
        """
        batch, tokens, _ = x.shape

        def split(y):  # (batch, tokens, heads * head dim) -> (batch, heads, tokens, head dim)
            return y.reshape(batch, tokens, -1, x.shape[-1] // self.heads).swapaxes(1, 2)

        start = kv_cache[0].shape[2] if kv_cache else 0
        positions = np.arange(start, start + tokens)
        queries = apply_rotary(split(x @ layer["query"]), positions, self.base)
        keys = apply_rotary(split(x @ layer["key"]), positions, self.base)
        values = split(x @ layer["value"])
        if kv_cache:
            before = [np.broadcast_to(p, (batch, *p.shape[1:])) for p in kv_cache]
            keys = np.concatenate([before[0], keys], axis=2)
            values = np.concatenate([before[1], values], axis=2)

        share = self.heads // self.kv_heads  # so many query heads read the same keys and values
        scores = queries @ np.repeat(keys, share, axis=1).swapaxes(-1, -2)
        scores /= np.sqrt(np.float32(queries.shape[-1]))
        future = np.arange(start + tokens) > positions[:, None]
        weights = softmax(np.where(future, np.float32(-np.inf), scores), axis=-1)
        mixed = (weights @ np.repeat(values, share, axis=1)).swapaxes(1, 2)
        return mixed.reshape(batch, tokens, -1) @ layer["output"], weights, (keys, values)

    def iter_layers(self, ids, kv_cache=None):
        """Yield (states, attention weights, (keys, values)) of the embedding and of each layer.

        `ids` is (batch, tokens); states are (batch, tokens, dim). The embedding, which comes
        first, has no attention (None, None). The last states are normalised by the final norm.
        `kv_cache` is the list of every layer's (keys, values) for the tokens before.
        """
        x = self.embedding[:, ids.ravel()].T.reshape(*ids.shape, -1)
        yield x, None, None
        for number, layer in enumerate(self.layers):
            normed = rms_norm(x, layer["attention_norm"], self.epsilon)
            mixed, weights, kept = self.attend(normed, layer, kv_cache and kv_cache[number])
            x = x + mixed
            normed = rms_norm(x, layer["mlp_norm"], self.epsilon)
            x = x + swiglu(normed, layer["gate"], layer["up"], layer["down"])
            if number == len(self.layers) - 1:
                x = rms_norm(x, self.final_norm, self.epsilon)
            yield x, weights, kept

    def read(self, ids, kv_cache=None):
        """Return the last layer's states and every layer's (keys, values)."""
        memory = []
        for x, _, kept in self.iter_layers(ids, kv_cache):
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
