"""The course's first steps on data that outgrow a machine's memory, by engines that exist for it.

Cells: normalisation, highly variable genes and PCA by scanpy, on a table that Dask reads from disk
block by block, in a cluster of processes. Words: word2vec by gensim, which reads a file of text as
it trains. Beside each, the same call on data held in memory, and how far the two results agree.
`celltoken scale` measures; nothing here runs when the book is built.
"""

import argparse
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from celltoken import lessons
from celltoken.tools import budget

FILE = lessons.ROOT / "book" / "scaling.json"
FOLDER = lessons.ROOT / "_build" / "scaling"
CELLS = (10_000, 100_000, 1_000_000)
TOKENS = (200_000, 2_000_000, 20_000_000)
BLOCK = 25_000  # cells that a process holds at a time
# Of each side the first holds its data in memory, the last does not; between them, controls.
WAYS = {"cells": ("memory", "dask"), "words": ("memory", "again", "other start", "corpus_file")}
PACKAGES = ("anndata", "dask", "gensim", "scanpy", "zarr")


def measure(
    cells: Iterable[int] = CELLS,
    tokens: Iterable[int] = TOKENS,
    progress: Callable[[str], None] = print,
    folder: Path = FOLDER,
) -> dict:
    """Generate data, run both ways at each size, each in its own process; write `FILE`.

    Parameters
    ----------
    cells, tokens : iterable of int
        Sizes of the atlas and of the text.
    progress : callable
        Receives one line of text per step.
    folder : Path
        Where the generated data lie meanwhile; it is emptied first, and removed at the end.

    Returns
    -------
    dict
        What was written: for each side a list with ``size``, ``way``, ``seconds`` by the clock and
        of the ``processor``, ``peak_gb`` (resident memory of all processes; what they share counts
        for each), and ``agreement`` with the first way at that size.

    Raises
    ------
    LessonError
        If a run ends with an error.
    """
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    found = {"machine": budget.machine(), "packages": versions, "block": BLOCK}
    found |= {"cells": [], "words": []}
    for side, sizes in (("cells", cells), ("words", tokens)):
        for size in sorted(sizes):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            MAKE[side](size, folder)
            progress(f"{size:,} {side} generated")
            for way in WAYS[side]:
                before = _processor()
                row = budget.cost_of(lambda side=side, way=way: _apart(side, way, folder))
                row |= {"size": size, "way": way, "processor": round(_processor() - before, 1)}
                row["agreement"] = agreement(side, way, folder)
                found[side].append(row)
                progress(f"  {way}: {row['processor']} s of a processor, {row['peak_gb']} GB")
    shutil.rmtree(folder, ignore_errors=True)
    lessons.write(FILE, json.dumps(found, indent=1) + "\n")
    return found


def generate_atlas(cells, folder, source="pbmc3k", genes=2000, seed=0) -> None:
    """Write a table of generated counts, block by block, as ``atlas.zarr``.

    A generated cell is drawn from a Poisson distribution around a real cell, half of it replaced
    by the weighted mean of that cell's neighbours. So it has types and noise as real ones have, and
    there are as many as you like; it has nothing to tell about biology.
    """
    import anndata
    import scanpy as sc
    import zarr
    from anndata.io import sparse_dataset, write_elem
    from scipy import sparse

    from celltoken import data

    real = data.load(source)
    level = real.copy()
    sc.pp.normalize_total(level)
    sc.pp.log1p(level)
    sc.pp.highly_variable_genes(level, n_top_genes=genes)
    sc.pp.pca(level, n_comps=30)
    sc.pp.neighbors(level)
    near = level.obsp["connectivities"]
    counts = real.X[:, level.var.highly_variable.to_numpy()].tocsr().astype(float)
    rate = (counts + sparse.diags(1 / np.asarray(near.sum(1)).ravel()) @ near @ counts) / 2
    rate, rng = rate.tocsr(), np.random.default_rng(seed)
    anndata.settings.auto_shard_zarr_v3 = False  # a block is small enough for one file
    store = zarr.open_group(folder / "atlas.zarr", mode="w")
    for start in range(0, cells, BLOCK):
        block = rate[rng.integers(rate.shape[0], size=min(BLOCK, cells - start))]
        block.data = rng.poisson(block.data).astype(np.float32)
        block.eliminate_zeros()
        if start:
            sparse_dataset(store["X"]).append(block)
        else:
            write_elem(store, "X", block)


def generate_text(tokens, folder, seed=0, length=25) -> None:
    """Write lines of words, drawn with replacement from those of the speeches, as ``text.txt``."""
    from celltoken.data.corpus import documents

    lines = [
        " ".join(each[start : start + length])
        for each in documents("sotu").tokens
        for start in range(0, len(each) - length + 1, length)
    ]
    rng = np.random.default_rng(seed)
    with open(folder / "text.txt", "w", encoding="utf-8") as file:
        for start in range(0, tokens, 1000 * length):
            some = min(1000, -(-(tokens - start) // length))
            file.writelines(f"{lines[each]}\n" for each in rng.integers(len(lines), size=some))


def components(way, folder):
    """Names of highly variable genes and 20 principal components of the generated cells.

    The four calls of scanpy are the same for both ways; only the table differs.
    """
    import anndata
    import scanpy as sc
    import zarr
    from anndata.experimental import read_elem_lazy
    from anndata.io import read_elem

    stored = zarr.open_group(folder / "atlas.zarr", mode="r")["X"]
    if way == "dask":
        table = read_elem_lazy(stored, chunks=(BLOCK, stored.attrs["shape"][1]))
    else:
        table = read_elem(stored)
    atlas = anndata.AnnData(table)
    sc.pp.normalize_total(atlas, target_sum=1e4)
    sc.pp.log1p(atlas)
    sc.pp.highly_variable_genes(atlas, n_top_genes=1000)
    sc.pp.pca(atlas, n_comps=20, svd_solver="covariance_eigh")
    return atlas.var_names[atlas.var.highly_variable], np.asarray(atlas.obsm["X_pca"])


def word_vectors(way, folder):
    """The 2,000 commonest words of the generated text, and their word2vec vectors."""
    from gensim.models import Word2Vec

    options = {"vector_size": 50, "epochs": 2, "workers": 2, "max_final_vocab": 2000}
    options["seed"] = int(way == "other start")
    text = folder / "text.txt"
    if way != "corpus_file":
        lines = text.read_text(encoding="utf-8").splitlines()
        model = Word2Vec([line.split() for line in lines], **options)
    else:
        model = Word2Vec(corpus_file=str(text), **options)
    return np.array(model.wv.index_to_key), model.wv.vectors


MAKE = {"cells": generate_atlas, "words": generate_text}
METHODS = {"cells": components, "words": word_vectors}


def agreement(side, way, folder) -> float:
    """How far the result of a way agrees with that of the first, from 0 to 1.

    Cells: the smallest correlation of a principal component with itself, or 0 if other genes were
    chosen. Words: share of the ten nearest neighbours, of the 500 commonest words, that are the
    same. Of one call made again some differ too, as its two workers take turns as they come; "other
    start" has other first vectors besides.
    """
    from celltoken.methods.neighbours import neighbour_overlap, neighbours

    (names, one), (others, other) = (
        np.load(folder / f"{each}.npz").values() for each in (WAYS[side][0], way)
    )
    if side == "cells":
        same = len(names) == len(others) and (names == others).all()
        pairs = zip(one.T, other.T, strict=True)
        return round(float(min(abs(np.corrcoef(a, b)[0, 1]) for a, b in pairs)) * bool(same), 4)
    common = [name for name in names if name in set(others)][:500]
    rows = [dict(zip(*each, strict=True)) for each in ((names, one), (others, other))]
    found = [neighbours(np.array([each[name] for name in common]), 10) for each in rows]
    return round(float(neighbour_overlap(*found)), 4)


def _processor() -> float:
    """Seconds of a processor of all processes that this one started and that have ended."""
    spent = os.times()
    return spent.children_user + spent.children_system


def _apart(side, way, folder) -> None:
    command = [sys.executable, "-W", "ignore", "-m", __name__, side, way, str(folder)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        last = (made.stderr.strip() or "it ended without a word").splitlines()[-1]
        raise lessons.LessonError(f"{side}, {way}: {last}")


def main() -> None:
    """One run, in a process of its own; its result goes into the folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("side", choices=WAYS)
    parser.add_argument("way")
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    names, found = _in_a_cluster(asked) if asked.way == "dask" else _run(asked)
    np.savez(asked.folder / f"{asked.way}.npz", names=np.asarray(names, dtype=str), found=found)


def _run(asked):
    return METHODS[asked.side](asked.way, asked.folder)


def _in_a_cluster(asked):
    from dask.distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        memory_limit="2GiB",
        dashboard_address=None,
        local_directory=str(asked.folder),
    )
    with cluster, Client(cluster):
        return _run(asked)


if __name__ == "__main__":
    main()
