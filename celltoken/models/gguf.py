"""Weights as they rest in a GGUF file: read without its package, unquantized when they are used."""

import struct
from pathlib import Path

import numpy as np


class QuantizedMatrix:
    """A matrix (inputs, outputs) at rest in 4 or 8 bits a weight, unquantized when it is used.

    Along its inputs the file cuts a matrix into blocks of 32 and stores each weight as a small
    whole number, to be multiplied by the block's scale and, at 4 bits, shifted by its offset
    (GGUF types Q4_1 and Q8_0). `x @ quantized` unpacks for the length of one product: the model
    rests in 110 MB instead of 540 MB, and the numbers are exactly those of the file.
    """

    __array_ufunc__ = None  # lets `array @ quantized` reach __rmatmul__

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
        """`quantized[:, columns]`, as with an array; the rows are always all of them."""
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

    `facts` holds numbers, strings and lists. `matrices` holds float32 arrays and `QuantizedMatrix`
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
        matrices[name] = raw.T if kind == 0 else QuantizedMatrix(raw, {3: "Q4_1", 8: "Q8_0"}[kind])
    return facts, matrices
