"""Values as bytes that can be read from a process that nobody trusts.

``pickle`` runs what it reads. Here a value is a tree of plain JSON beside raw buffers, and `decode`
builds nothing but numbers, text, containers, arrays, tables and sparse matrices, after it has
checked every size. A value of any other kind arrives as its type's name (`unknown`), which is all
that a check says of it.
"""

import json
import math
import re
import struct

import numpy as np
import pandas as pd
from scipy import sparse

LARGEST_MESSAGE = 64 * 2**20
LARGEST_TREE = 8 * 2**20  # of it, JSON: small text makes large Python objects
LARGEST_DENSE = 50_000_000  # entries that a sparse matrix may stand for: checks make it dense
DEEPEST = 24
PLAIN = "biufcSUMm"  # kinds of arrays that are nothing but their bytes
LENGTH = struct.Struct(">Q")


class WireError(Exception):
    """What arrived is not a value."""


def encode(value) -> bytes:
    """Bytes of a value; what is not plain data becomes the name of its type."""
    buffers = []
    tree = json.dumps(_tree(value, buffers, 0)).encode()
    return b"".join([LENGTH.pack(len(tree)), tree, *buffers])


def decode(message: bytes):
    """The value of `encode`, or WireError; whatever the bytes are, nothing in them is run."""
    try:
        (size,) = LENGTH.unpack_from(message)
        if size > min(LARGEST_TREE, len(message) - LENGTH.size):
            raise WireError("the tree is too large")
        tree = json.loads(message[LENGTH.size : LENGTH.size + size])
        return _Reader(memoryview(message)[LENGTH.size + size :]).value(tree)
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, LookupError, OverflowError) as problem:
        raise WireError(str(problem)[:200]) from None
    except (struct.error, RecursionError, MemoryError) as problem:
        raise WireError(type(problem).__name__) from None


def unknown(name: str):
    """An object whose type has that name, and nothing else."""
    return type(re.sub(r"\W", "_", str(name))[:40] or "object", (), {})()


# -- writing --------------------------------------------------------------------------------------


def _tree(value, buffers, depth):
    if depth > DEEPEST:
        return ["unknown", type(value).__name__]

    def inner(each):
        return _tree(each, buffers, depth + 1)

    if value is None or isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, complex) and not isinstance(value, np.generic):
        return ["complex", value.real, value.imag]
    if value is Ellipsis:
        return ["ellipsis"]
    if isinstance(value, np.generic):
        return ["scalar", _array(np.asarray(value), buffers, depth)]
    if isinstance(value, np.ndarray):
        return _array(np.asarray(value), buffers, depth)
    if isinstance(value, dict):
        return ["dict", [[inner(key), inner(each)] for key, each in value.items()]]
    for kind in (list, tuple, frozenset, set):
        if isinstance(value, kind):
            return [kind.__name__, [inner(each) for each in value]]
    if isinstance(value, pd.Categorical):
        return inner(np.asarray(value))
    if isinstance(value, pd.Index):
        return ["index", inner(np.asarray(value)), inner(value.name)]
    if isinstance(value, pd.Series):
        return ["series", inner(np.asarray(value)), inner(value.index), inner(value.name)]
    if isinstance(value, pd.DataFrame):
        head = ["frame", inner(value.columns), inner(value.index)]
        return [*head, [inner(np.asarray(value.iloc[:, j])) for j in range(value.shape[1])]]
    if sparse.issparse(value) and value.ndim == 2:
        parts = value.tocsr()
        arrays = [inner(each) for each in (parts.data, parts.indices, parts.indptr)]
        return ["sparse", isinstance(value, sparse.spmatrix), list(value.shape), arrays]
    return ["unknown", type(value).__name__]


def _array(value, buffers, depth):
    if value.dtype.kind in PLAIN:
        buffers.append(np.ascontiguousarray(value).tobytes())
        return ["array", value.dtype.str, list(value.shape), len(buffers[-1])]
    if value.dtype.kind in ("O", "T") and value.shape:
        items = [_tree(each, buffers, depth + 1) for each in value.ravel().tolist()]
        return ["objects", list(value.shape), items]
    return ["unknown", type(value).__name__]


# -- reading --------------------------------------------------------------------------------------


class _Reader:
    """Reads a tree in the order in which it was written, which is that of the buffers."""

    def __init__(self, buffers):
        self.buffers, self.place = buffers, 0

    def value(self, node, depth=0):
        if depth > DEEPEST + 2:
            raise WireError("nested too deeply")
        if node is None or isinstance(node, (bool, int, float, str)):
            return node
        if not isinstance(node, list) or not node or not isinstance(node[0], str):
            raise WireError("not a node")
        read = getattr(self, f"_{node[0]}", None) if node[0].isalpha() else None
        if read is None:
            raise WireError("a node of no known kind")
        return read(lambda each: self.value(each, depth + 1), *node[1:])

    def _complex(self, _, real, imaginary):
        return complex(real, imaginary)

    def _ellipsis(self, _):
        return Ellipsis

    def _unknown(self, _, name):
        return unknown(name)

    def _list(self, inner, items):
        return [inner(each) for each in items]

    def _tuple(self, inner, items):
        return tuple(inner(each) for each in items)

    def _set(self, inner, items):
        return {inner(each) for each in items}

    def _frozenset(self, inner, items):
        return frozenset(inner(each) for each in items)

    def _dict(self, inner, items):
        return {inner(key): inner(each) for key, each in items}

    def _array(self, _, kind, shape, size):
        kind = np.dtype(str(kind))
        if kind.kind not in PLAIN or not kind.itemsize or kind.itemsize > 2**16:
            raise WireError("an array of no known kind")
        if math.prod(_shape(shape)) * kind.itemsize != size:
            raise WireError("an array of another size than it says")
        if size > len(self.buffers) - self.place:
            raise WireError("an array is cut short")
        raw = self.buffers[self.place : self.place + size]
        self.place += size
        return np.frombuffer(raw, dtype=kind).reshape(shape).copy()

    def _objects(self, inner, shape, items):
        if math.prod(_shape(shape)) != len(items):
            raise WireError("an array of another size than it says")
        result = np.empty(len(items), dtype=object)
        for place, each in enumerate(items):
            result[place] = inner(each)
        return result.reshape(shape)

    def _scalar(self, inner, node):
        value = inner(node)
        return value[()] if isinstance(value, np.ndarray) and value.shape == () else value

    def _index(self, inner, values, name):
        return pd.Index(_line(inner(values)), name=inner(name))

    def _series(self, inner, values, index, name):
        return pd.Series(_line(inner(values)), index=inner(index), name=inner(name))

    def _frame(self, inner, columns, index, values):
        columns, index = inner(columns), inner(index)
        arrays = {place: _line(inner(each)) for place, each in enumerate(values)}
        result = pd.DataFrame(arrays, index=index)
        result.columns = columns
        return result

    def _sparse(self, inner, matrix, shape, arrays):
        if len(_shape(shape)) != 2 or math.prod(shape) > LARGEST_DENSE:
            raise WireError("a sparse matrix too large to be checked")
        data, indices, indptr = (_line(inner(each)) for each in arrays)
        kind = sparse.csr_matrix if matrix else sparse.csr_array
        result = kind((data, indices, indptr), shape=tuple(shape))
        result.check_format(full_check=True)  # SciPy's C code trusts these numbers
        return result


def _shape(shape):
    if not isinstance(shape, list) or len(shape) > 8:
        raise WireError("not a shape")
    if not all(type(each) is int and 0 <= each < 2**40 for each in shape):
        raise WireError("not a shape")
    return shape


def _line(value):
    if not isinstance(value, np.ndarray) or value.ndim != 1:
        raise WireError("not a row of values")
    return value
