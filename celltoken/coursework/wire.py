"""Values as bytes that can be read from a process that nobody trusts.

``pickle`` runs what it reads. Here a value is a tree of plain JSON, and behind it stand its arrays
as NumPy's own format. `decode` builds nothing but numbers, text and what `KINDS` lists. A value of
any other kind arrives as its type's name (`unknown`), which is all that a check says of it.
"""

import io
import json
import math
import re
import struct
import types

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
    arrays = io.BytesIO()
    tree = json.dumps(_tree(value, arrays)).encode()
    return LENGTH.pack(len(tree)) + tree + arrays.getvalue()


def decode(message: bytes):
    """The value of `encode`, or WireError; whatever the bytes are, nothing in them is run."""
    try:
        (size,) = LENGTH.unpack_from(message)
        if size > min(LARGEST_TREE, len(message) - LENGTH.size):
            raise WireError("the tree is too large")
        arrays = io.BytesIO(message)
        arrays.seek(LENGTH.size)
        return _value(json.loads(arrays.read(size)), arrays)
    except Exception as problem:  # whatever NumPy, pandas or SciPy say to what is no value
        raise WireError(str(problem)[:200] or type(problem).__name__) from None


def unknown(name: str):
    """An object whose type has that name, and nothing else."""
    return type(re.sub(r"\W", "_", str(name))[:40] or "object", (), {})()


def _tree(value, arrays, depth=0):
    """A value as JSON: a plain one as it is, any other as the name of its kind and its parts."""
    if value is None or isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, pd.Categorical):
        value = np.asarray(value)
    if depth <= DEEPEST:
        if isinstance(value, np.ndarray) and value.dtype.kind in PLAIN:
            np.lib.format.write_array(arrays, np.asarray(value), allow_pickle=False)
            return ["array"]
        for kind, (fits, parts_of, _) in KINDS.items():
            if fits(value):
                return [kind, *(_tree(part, arrays, depth + 1) for part in parts_of(value))]
    return ["unknown", type(value).__name__]


def _value(node, arrays, depth=0):
    """What `_tree` made the node of; arrays are read in the order in which they were written."""
    if node is None or isinstance(node, (bool, int, float, str)):
        return node
    kind, *parts = node
    if kind == "array":
        return _array(arrays)
    if depth > DEEPEST + 2:
        raise WireError("nested too deeply")
    return KINDS[kind][2](*(_value(part, arrays, depth + 1) for part in parts))


def _array(arrays):
    value = np.lib.format.read_array(arrays, allow_pickle=False)
    if value.dtype.kind not in PLAIN or not 0 < value.dtype.itemsize <= 2**16:
        raise WireError("an array of no known kind")
    return value


def _objects(shape, items):
    value = np.empty(len(items), dtype=object)
    for place, each in enumerate(items):
        value[place] = each
    return value.reshape(shape)


def _frame(columns, index, values):
    frame = pd.DataFrame({place: _row(each) for place, each in enumerate(values)}, index=index)
    frame.columns = columns
    return frame


def _sparse(is_matrix, shape, *parts):
    if len(shape) != 2 or math.prod(shape) > LARGEST_DENSE:
        raise WireError("a sparse matrix too large to be checked")
    kind = sparse.csr_matrix if is_matrix else sparse.csr_array
    value = kind(tuple(map(_row, parts)), shape=tuple(shape))
    value.check_format(full_check=True)  # SciPy's C code trusts these numbers
    return value


def _parts_of_sparse(value):
    rows = value.tocsr()
    is_matrix = isinstance(value, sparse.spmatrix)
    return [is_matrix, list(value.shape), rows.data, rows.indices, rows.indptr]


def _row(value):
    if not isinstance(value, np.ndarray) or value.ndim != 1:
        raise WireError("not a row of values")
    return value


def _of(*kinds):
    return lambda value: isinstance(value, kinds)


# Name of a kind: which values are of it, the parts of one, and one made of its parts.
KINDS = {
    "scalar": (
        _of(np.generic),
        lambda x: [np.asarray(x)],
        lambda x: x[()] if isinstance(x, np.ndarray) else x,
    ),
    "complex": (_of(complex), lambda x: [x.real, x.imag], complex),
    "ellipsis": (_of(types.EllipsisType), lambda x: [], lambda: ...),
    "list": (_of(list), list, lambda *items: list(items)),
    "tuple": (_of(tuple), list, lambda *items: items),
    "set": (_of(set), list, lambda *items: set(items)),
    "frozenset": (_of(frozenset), list, lambda *items: frozenset(items)),
    "dict": (
        _of(dict),
        lambda x: [list(x), list(x.values())],
        lambda keys, values: dict(zip(keys, values, strict=True)),
    ),
    "objects": (
        lambda x: isinstance(x, np.ndarray) and x.dtype.kind in ("O", "T") and x.ndim > 0,
        lambda x: [list(x.shape), x.ravel().tolist()],
        _objects,
    ),
    "index": (
        _of(pd.Index),
        lambda x: [np.asarray(x), x.name],
        lambda values, name: pd.Index(_row(values), name=name),
    ),
    "series": (
        _of(pd.Series),
        lambda x: [np.asarray(x), x.index, x.name],
        lambda values, index, name: pd.Series(_row(values), index=index, name=name),
    ),
    "frame": (
        _of(pd.DataFrame),
        lambda x: [x.columns, x.index, [np.asarray(column) for _, column in x.items()]],
        _frame,
    ),
    "sparse": (
        lambda x: sparse.issparse(x) and x.ndim == 2,
        _parts_of_sparse,
        _sparse,
    ),
    "unknown": (lambda x: False, None, unknown),
}
