"""From a reader's file to a table: cells from .h5ad by blocks, words from vectors and a text."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from anndata.io import read_elem, sparse_dataset
from scipy import sparse

from celltoken import data
from celltoken.data import lexicons, own_matrix
from celltoken.data.corpus import documents, vocabulary
from celltoken.data.store import DataError
from celltoken.methods.cooccurrence import cooccurrences
from celltoken.trial.table import CHOOSE_FROM, MOST, Table, as_counts, telling_columns

BLOCK = 5000  # rows read at a time
CONTEXTS = 2000  # context words of a text
COMMON = 6000  # words of a text that are common enough to have contexts
WORDS = 20_000  # of more vectors the first so many are looked at


def cells(path, embedding, labels, batch=None, counts=None, most=MOST, seed=0):
    """The table of a file of cells; only the rows that are used are held in memory.

    Parameters
    ----------
    path : str or Path
        An ``.h5ad`` file.
    embedding : str
        A key of ``.obsm``, or the path of an ``.npy`` file with a row a cell.
    labels, batch : str
        Columns of ``.obs``.
    counts : str, optional
        Where raw counts are: a layer, ``"X"`` or ``"raw"``. By default they are looked for.
    most : int
        Of more cells a random sample is drawn.
    seed : int
        Of the sample.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        In one sentence, if a key is missing or what it holds cannot be used.
    """
    path = Path(path).expanduser()
    own_matrix._must_be_h5ad(path, str(path))
    name, said = path.name, []
    try:
        file = h5py.File(path, "r")
    except OSError as problem:
        reason = str(problem).splitlines()[0]
        raise DataError(f"{name} cannot be read as .h5ad ({reason}): write it again.") from None
    with file:
        if "obs" not in file:
            raise DataError(f"{name} is HDF5 and no .h5ad file: write it with adata.write_h5ad.")
        obs = read_elem(file["obs"])
        for column, option in ((labels, "labels"), (batch, "batch")):
            if column is not None and column not in obs:
                have = ", ".join(map(str, obs.columns[:12])) or "none"
                raise DataError(
                    f"{name} has no column {column!r} in .obs: with --{option} choose one of "
                    f"{have}."
                )
        rows = np.arange(len(obs))
        if len(rows) > most:
            rows = np.sort(np.random.default_rng(seed).permutation(len(rows))[:most])
            said.append(f"Of {len(obs):,} cells {most:,} were drawn at random (seed {seed}).")
        x = _embedding(file, embedding, name, rows, len(obs))
        where = _where_counts_are(file, counts, name, said)
        some, totals = _counts(file, where, rows, name) if where else (None, None)
    return Table(
        x,
        obs[labels].iloc[rows],
        None if batch is None else obs[batch].iloc[rows],
        some,
        totals,
        name=name,
        key=Path(embedding).name,
        said=said,
    )


def _embedding(file, key, name, rows, size):
    keys = list(file.get("obsm", {}))
    if key in keys:
        stored = file["obsm"][key]
        if isinstance(stored, h5py.Dataset):
            return _by_block(stored, rows)
        read = read_elem(stored)
        read = read.toarray() if sparse.issparse(read) else np.asarray(read)
        return read[rows]
    if key.endswith(".npy"):
        if not Path(key).expanduser().is_file():
            raise DataError(f"There is no file {Path(key).absolute()}: check the path.")
        try:
            read = np.load(Path(key).expanduser(), mmap_mode="r", allow_pickle=False)
        except ValueError:
            raise DataError(
                f"{key} is no .npy file of numbers: write it with numpy.save."
            ) from None
        if len(read) != size:
            raise DataError(
                f"{Path(key).name} has {len(read):,} rows and {name} {size:,} cells: both must "
                "hold the same cells in the same order."
            )
        return np.asarray(read[rows])
    have = ", ".join(keys) or "none"
    raise DataError(
        f"{name} has no embedding {key!r} in .obsm: with --embedding choose one of {have}, or give "
        "an .npy file with a row a cell."
    )


def _by_block(stored, rows):
    if stored.ndim != 2:
        raise DataError(f"an embedding has two dimensions, and this one has shape {stored.shape}.")
    parts = []
    for start in range(0, stored.shape[0], BLOCK):
        mine = rows[(rows >= start) & (rows < start + BLOCK)] - start
        if len(mine):
            parts.append(stored[start : start + BLOCK][mine])
    return np.concatenate(parts)


def _where_counts_are(file, asked, name, said):
    """The HDF5 group or data set that holds counts, or None."""
    places = {"X": file.get("X"), **{key: file["layers"][key] for key in file.get("layers", {})}}
    if "raw" in file and "X" in file["raw"]:
        places.setdefault("raw", file["raw"]["X"])
    places = {key: place for key, place in places.items() if place is not None}
    if asked is not None:
        if asked not in places:
            have = ", ".join(places) or "none"
            raise DataError(f"{name} has no counts {asked!r}: with --counts choose one of {have}.")
        _first_rows(places[asked], name, must=True)
        return places[asked]
    order = [key for key in places if key.lower() in own_matrix.COUNT_LAYERS and key != "raw"]
    for key in (*order, "X", "raw"):
        if key in places and _first_rows(places[key], name) is not None:
            said.append(f"Counts are those of {key}.")
            return places[key]
    said.append(
        f"No whole counts were found in {name} (looked at {', '.join(places) or 'nothing'}), so "
        "there are no rivals made from counts: name a layer with --counts."
    )
    return None


def _first_rows(place, name, must=False):
    try:
        return as_counts(_read(place, 0, 200), min(200, _shape(place)[0]))
    except DataError as problem:
        if must:
            raise DataError(f"{name}: {problem}") from None
        return None


def _shape(place):
    return place.shape if isinstance(place, h5py.Dataset) else sparse_dataset(place).shape


def _read(place, start, end):
    stored = place if isinstance(place, h5py.Dataset) else sparse_dataset(place)
    return sparse.csr_matrix(stored[start:end])


def _counts(file, place, rows, name):
    """Counts of the most variable columns, and totals over all columns, read by blocks."""
    size = _shape(place)[0]
    if not isinstance(place, h5py.Dataset) and sparse_dataset(place).format == "csc":
        every = sparse.csr_matrix(sparse_dataset(place).to_memory())[rows]
        every = as_counts(every, len(rows))
        kept = telling_columns(every)
        return every if kept is None else every[:, kept], np.asarray(every.sum(1)).ravel()
    chosen = np.sort(np.random.default_rng(0).permutation(rows)[:CHOOSE_FROM])
    kept = telling_columns(_rows_of(place, chosen, size, None, name)[0])
    return _rows_of(place, rows, size, kept, name)


def _rows_of(place, rows, size, kept, name):
    parts, totals = [], []
    for start in range(0, size, BLOCK):
        mine = rows[(rows >= start) & (rows < start + BLOCK)] - start
        if not len(mine):
            continue
        block = _read(place, start, min(start + BLOCK, size))[mine]
        if block.nnz:
            try:
                block = as_counts(block, len(mine))
            except DataError as problem:
                raise DataError(f"{name}: {problem}") from None
        totals.append(np.asarray(block.sum(1)).ravel())
        parts.append(
            block.astype(np.float32) if kept is None else block[:, kept].astype(np.float32)
        )
    return sparse.vstack(parts, format="csr"), np.concatenate(totals)


# -- words ----------------------------------------------------------------------------------------


def words(path, labels=None, text=None, most=MOST, seed=0):
    """The table of word vectors; labels from WordNet, or from a table of words and labels.

    Parameters
    ----------
    path : str or Path
        Vectors: gensim's ``.kv`` (a pickle: open only files that you trust), word2vec's ``.txt``,
        ``.vec`` or ``.bin``, an ``.h5ad`` with a row a word, or a data set of the course.
    labels : str, optional
        A ``.csv`` or ``.tsv`` file: a word and its label a line, under a heading. By default the
        classes of nouns in WordNet.
    text : str, optional
        A corpus of the course or a text file: counts of the same words, for rivals.
    most : int
        Of more words a random sample is drawn.
    seed : int

    Returns
    -------
    Table
        Of the words that have a vector, a label and (if there is a text) a count.

    Raises
    ------
    DataError
    """
    names, x = _vectors(path)
    said, name = [], Path(str(path)).name
    names, first = np.unique(np.asarray(names, object).astype(str), return_index=True)
    order = np.argsort(first, kind="stable")
    names, first = names[order], first[order]
    label = _labels(names, labels)
    names_kept = [word for word in names if word in label.index]
    counts = None
    if text is not None:
        read = list(documents(text).tokens)
        common = vocabulary(read, size=COMMON)
        seen = set(common)
        names_kept = [word for word in names_kept if word in seen]
        counts = _counts_of(read, names_kept, common[:CONTEXTS])
        said.append(
            f"Counts are words beside {min(len(common), CONTEXTS):,} context words, within five "
            f"places, in {text}."
        )
    if len(names_kept) < 50:
        raise DataError(
            f"{name} has {len(names_kept)} words with a label"
            + (f" that are common in {text}" if text else "")
            + ", and a trial needs at least 50: give words in lower case, or a table of labels."
        )
    place = pd.Series(first, names)
    rows = place[names_kept].to_numpy()
    if len(rows) > most:
        drawn = np.sort(np.random.default_rng(seed).permutation(len(rows))[:most])
        said.append(f"Of {len(rows):,} words {most:,} were drawn at random (seed {seed}).")
        rows, names_kept = rows[drawn], [names_kept[i] for i in drawn]
        counts = None if counts is None else counts[drawn]
    chosen = label[names_kept]
    said.append(
        "Labels are WordNet's classes of nouns." if labels is None else f"Labels are of {labels}."
    )
    return Table(x[rows], chosen, None, counts, unit="words", name=name, key="vectors", said=said)


def _counts_of(read, rows, columns):
    """How often each word stands beside each context word, a word's own column left at zero."""
    every = list(dict.fromkeys([*columns, *rows]))
    place = {word: i for i, word in enumerate(every)}
    table = cooccurrences(read, every).tocsr()
    return table[[place[word] for word in rows]][:, [place[word] for word in columns]]


def _vectors(path):
    if str(path) in data.names():
        adata = data.load(str(path))
        return list(adata.obs_names[:WORDS]), np.asarray(adata.X[:WORDS])
    file = Path(path).expanduser()
    if not file.is_file():
        raise DataError(f"There is no file {file.absolute()}: check the path.")
    if file.suffix == ".h5ad":
        adata = own_matrix.read_own(file)
        x = adata.X.toarray() if sparse.issparse(adata.X) else np.asarray(adata.X)
        return list(adata.obs_names[:WORDS]), x[:WORDS]
    from gensim.models import KeyedVectors

    try:
        if file.suffix == ".kv":
            found = KeyedVectors.load(str(file), mmap="r")
        elif file.suffix in (".txt", ".vec", ".bin"):
            binary = file.suffix == ".bin"
            found = KeyedVectors.load_word2vec_format(str(file), binary=binary, limit=WORDS)
        else:
            raise DataError(
                f"{file.name} is no file of word vectors that is known here: give .kv, .txt, .vec, "
                ".bin or .h5ad."
            )
    except DataError:
        raise
    except Exception as problem:  # gensim raises whatever it meets
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise DataError(f"{file.name} cannot be read as word vectors ({reason}).") from None
    found = getattr(found, "wv", found)
    return list(found.index_to_key[:WORDS]), np.asarray(found.vectors[:WORDS])


def _labels(names, path):
    if path is None:
        return lexicons.noun_classes(list(names), smallest=1)
    file = Path(path).expanduser()
    if not file.is_file():
        raise DataError(
            f"There is no file {file.absolute()}: with --labels give a table of words and labels, "
            "or leave it out for WordNet's classes of nouns."
        )
    try:
        table = pd.read_csv(file, sep="\t" if file.suffix == ".tsv" else ",")
    except ValueError as problem:
        raise DataError(f"{file.name} is no table that can be read ({problem}).") from None
    if table.shape[1] < 2:
        raise DataError(f"{file.name} has one column: put a word and its label in each line.")
    label = table.iloc[:, 1]
    label.index = table.iloc[:, 0].astype(str)
    return label[~label.index.duplicated()].dropna()
