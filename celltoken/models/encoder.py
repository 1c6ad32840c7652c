"""MiniLM-L6, a contextual encoder: every token sees the whole sentence. Run by ONNX Runtime.

Wang et al. 2020, arXiv:2002.10957.
"""

from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from celltoken import data
from celltoken.models.text import TextModel

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


class Encoder(TextModel):
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
