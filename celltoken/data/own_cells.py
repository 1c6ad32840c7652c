"""A reader's matrix of cells, in the one form that lessons take, or one sentence that says why not.

Whatever was done to a file is said: which matrix was used, how many cells were left out and why,
which names were changed. Nothing is normalised, logged or imputed here.
"""

from dataclasses import dataclass, field
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.data import own_layers, own_matrix
from celltoken.data.store import DataError

# Words that tables write where an entry is missing.
MISSING = {"", "nan", "na", "n/a", "none", "null", "<na>"}
MOST_CELLS = 20_000  # lessons compare all pairs of cells: 20,000 take about 3 GB


class Column(str):
    """The name of a column of ``.obs``, and the option with which the reader chose it."""

    option: str

    def __new__(cls, name, option):
        column = super().__new__(cls, name)
        column.option = option
        return column


@dataclass(frozen=True)
class CellNeeds:
    """What a lesson asks of a matrix: the fewest cells, genes, types, and cells of a type.

    Of ``columns`` of ``.obs``, one that ends in ``...`` stands for all that begin like it. Of
    columns and of ``named`` genes, "A or B" asks for one of the two. ``commonest``: only the two
    commonest conditions are compared. ``unit``: what the rows are; "vectors" are handed on dense.
    Where ``layers`` are needed, ``X`` becomes the first of them.
    """

    counts: bool = True
    cells: int = 50
    genes: int = 50
    types: int = 2
    of_each: int = 5
    conditions: int = 2
    commonest: bool = False
    columns: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    unit: str = "cells"
    layers: tuple[str, ...] = ()


@dataclass
class Prepared:
    """The matrix in the one form, and sentences that say what was done to it."""

    adata: anndata.AnnData
    said: list[str] = field(default_factory=list)


def prepare(
    path,
    needs=None,
    *,
    labels=None,
    condition=None,
    only="",
    layer=None,
    most=MOST_CELLS,
    seed=0,
):
    """Read a file of cells and bring it into the one form.

    Parameters
    ----------
    path : str or Path
        An ``.h5ad`` file, cells as rows.
    needs : CellNeeds, optional
    labels, condition : str or Column, optional
        Columns of ``.obs`` that the lesson uses; a sentence about one names its option.
    only : str
        Which cells to keep, as ``pandas.DataFrame.query`` takes it.
    layer : str, optional
        Take counts from ``layers[layer]`` and nowhere else.
    most : int
        Of more cells a random sample of this size is taken.
    seed : int
        Of that sample.

    Returns
    -------
    Prepared
        ``adata.X`` is CSR, float32, of whole counts if the lesson needs counts (of vectors: dense);
        names are unique; ``obs[labels]`` and ``obs[condition]`` are strings without gaps.

    Raises
    ------
    DataError
        If the file cannot be used; the message says what it has and what is needed.
    """
    needs, said, name = needs or CellNeeds(), [], Path(path).name
    adata = _read(path, most, seed, said)
    _must_have(adata, name, labels, condition)
    adata = _chosen(adata, only, name, said)
    _enough(adata.n_obs, needs.cells, needs.unit, name)
    layers = own_layers.layers_of(adata, name, needs.layers)
    layer = needs.layers[0] if needs.layers else layer
    x, genes = own_matrix.matrix_of(adata, name, needs.counts, layer, said)
    obs = pd.DataFrame(index=own_matrix.unique(adata.obs_names, needs.unit[:-1], said))
    result = anndata.AnnData(x, obs=obs, layers=layers)
    kept = _kept_columns(adata, name, needs.columns, said)
    for column in kept:
        result.obs[column] = kept[column].to_numpy()
    for column in dict.fromkeys(filter(None, (labels, condition))):
        result.obs[str(column)] = _as_strings(adata.obs[column], column, said)
    result.var_names = genes
    result = own_layers.merge_genes(result, needs.counts, said)
    result = _without_empty(result, needs, said)
    result = _placed(result, needs.columns, needs.unit, said)
    for column in filter(None, (labels, condition)):
        result = _labelled(result, column, said)
    if condition and needs.commonest:
        result = _commonest_two(result, condition, said)
    if labels:
        result = _enough_types(result, name, labels, needs, said)
    if condition:
        result = _under_all_conditions(result, name, labels, condition, needs, said)
    _enough(result.n_obs, needs.cells, needs.unit, name)
    _enough(result.n_vars, needs.genes, "genes" if needs.unit == "cells" else "numbers", name)
    _must_have_genes(result, name, needs.named)
    for column in filter(None, (labels, condition)):
        result.obs[column] = result.obs[column].astype(str).astype("category")
    if needs.unit == "vectors":
        result.X = result.X.toarray()
    return Prepared(result, said)


def _read(path, most, seed, said):
    adata = own_matrix.read_own(path, backed=True)
    if adata.n_obs > most:
        rows = np.sort(np.random.default_rng(seed).permutation(adata.n_obs)[:most])
        said.append(f"Of {adata.n_obs:,} cells {most:,} were drawn at random (seed {seed}).")
        try:
            return adata[rows].to_memory()
        finally:
            adata.file.close()
    adata.file.close()
    return own_matrix.read_own(path)


def _chosen(adata, only, name, said):
    """The cells for which an expression about columns of .obs is true."""
    if not only:
        return adata
    kept = rows_where(adata.obs, only, name)
    said.append(f"Of {adata.n_obs:,} cells {len(kept):,} were kept, where {only}.")
    return adata[kept].copy()


def rows_where(obs, only, name):
    """Places of the rows for which an expression is true; one sentence if it cannot be asked."""
    try:
        return obs.reset_index(drop=True).query(only).index.to_numpy()
    except Exception as problem:  # whatever a reader may write
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise DataError(
            f"--only {only!r} cannot be asked of {name} ({reason}): its columns are "
            f"{_listed(obs.columns)}."
        ) from None


def _kept_columns(adata, name, columns, said):
    """Columns that the lesson needs, numbers where it counts or measures with them."""
    obs, listed = adata.obs, []
    if {"x", "y"} <= set(columns) - set(obs) and "spatial" in adata.obsm:
        at = pd.DataFrame(np.asarray(adata.obsm["spatial"])[:, :3], index=obs.index)
        obs = obs.join(at.set_axis(list("xyz")[: at.shape[1]], axis=1))
        said.append("Places are those of .obsm['spatial'].")
    for wanted in columns:
        found = [
            each for one in wanted.split(" or ") for each in obs if _is(str(each), one.strip())
        ]
        if not found:
            raise DataError(
                f"{name} has no column {wanted} in .obs, and this lesson needs it: add it."
            )
        listed += found
    if {"x", "y"} <= set(columns):
        listed += [each for each in ("z", "batch") if each in obs]
    kept = obs[list(dict.fromkeys(listed))]
    for column in kept:
        measured = column in ("x", "y", "z", "cells") or str(column).startswith("protein_")
        if measured and not pd.api.types.is_numeric_dtype(kept[column]):
            raise DataError(f"{name} has text in {column!r} of .obs: store numbers there.")
    return kept


def _is(column, wanted):
    """Whether a column is the one wanted, or begins like it where that ends in dots."""
    begin = wanted.removesuffix("...")
    return column == wanted or (begin != wanted and column.startswith(begin))


def _placed(adata, columns, unit, said):
    """Only rows whose places and proteins are known, if the lesson needs these."""
    measured = [c for c in adata.obs if c in ("x", "y", "z") or str(c).startswith("protein_")]
    known = adata.obs[measured].notna().all(axis=1).to_numpy()
    if "cells" in columns:  # of how many cells a profile is the mean: a logarithm is taken
        measured, known = [*measured, "cells"], known & (adata.obs["cells"] > 0).to_numpy()
    if not columns or known.all():
        return adata
    what = ", ".join(measured[:3])
    said.append(f"{int((~known).sum())} {unit[:-1]}(s) without {what} were left out.")
    return adata[known].copy()


def _must_have_genes(adata, name, named):
    for wanted in named:
        if not set(wanted.split(" or ")) & set(adata.var_names):
            raise DataError(
                f"{name} has no gene {wanted}, and this lesson looks for it: name genes by their "
                "symbols (of human genes), or leave this file out."
            )


def _listed(names, most=12):
    """Names in a sentence: short, on one line, quoted where blanks would be missed."""
    shown = [shown_as(each) for each in names]
    return ", ".join(shown[:most]) + (" ..." if len(shown) > most else "")


def shown_as(name, longest=40):
    """A name as a sentence can hold it."""
    text = str(name)
    flat = " ".join(text.split())
    if flat != text:
        text = repr(text)
    return text if len(text) <= longest else f"{text[: longest - 4]} ..."


def _must_have(adata, name, labels, condition):
    if adata.n_obs == 0:
        raise DataError(f"{name} holds no cells: check the filter that made it.")
    for column in (labels, condition):
        if column is None or column in adata.obs:
            continue
        option = _option(column, "labels" if column is labels else "condition")
        if column in adata.var:
            raise DataError(
                f"{name} has its column {column!r} in .var, so cells seem to be its columns: "
                "write `adata.T` and try again."
            )
        have = _listed(adata.obs.columns)
        raise DataError(
            f"{name} has no column {column!r} in .obs: with --{option} choose one of {have}."
            if have
            else f"{name} has no column in .obs: add one that says what each cell is."
        )


def _option(column, otherwise):
    return getattr(column, "option", otherwise)


# -- rows and columns to leave out ----------------------------------------------------------------


def _without_empty(adata, needs, said):
    counts = needs.counts
    adata.X = sparse.csr_matrix(np.rint(adata.X) if counts else adata.X, dtype=np.float32)
    if not counts:
        filled = adata.X.getnnz(1) > 0
        if filled.all():
            return adata
        said.append(f"{int((~filled).sum())} {needs.unit[:-1]}(s) of nothing but zeros left out.")
        return adata[filled].copy()
    filled = np.asarray(adata.X.sum(1)).ravel() > 0
    seen = np.asarray(adata.X.sum(0)).ravel() > 0
    if not filled.all():
        said.append(f"{int((~filled).sum())} cell(s) without a count were left out.")
    if not seen.all():
        said.append(f"{int((~seen).sum())} gene(s) that no cell has were left out.")
    return adata[filled][:, seen].copy()


def _as_strings(column, name, said):
    """A column as strings, missing entries as None; whole floats lose their '.0', names blanks."""
    missing = column.isna().to_numpy()
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    written = column.astype(object).map(str).to_numpy(dtype=object)
    text = np.array([" ".join(each.split()) for each in written], dtype=object)
    blank = np.array([each.lower() in MISSING for each in text])
    spaced = int(((text != written) & ~missing & ~blank).sum())
    if spaced:
        said.append(f"{spaced} cell(s) had needless blanks in {str(name)!r}: taken off.")
    text[missing | blank] = None
    return text


def _commonest_two(adata, condition, said):
    """The cells of the two commonest conditions, which are those that the lesson compares."""
    sizes = adata.obs[condition].value_counts()
    if len(sizes) <= 2:
        return adata
    kept = adata.obs[condition].isin(sizes.index[:2]).to_numpy()
    said.append(
        f"Of {len(sizes)} values of {str(condition)!r} the two commonest are compared, "
        f"{_listed(sizes.index[:2])}; {int((~kept).sum())} cell(s) of others were left out."
    )
    return adata[kept].copy()


def _labelled(adata, column, said):
    known = adata.obs[column].notna().to_numpy()
    if known.all():
        return adata
    said.append(f"{int((~known).sum())} cell(s) without an entry in {column!r} were left out.")
    return adata[known].copy()


def _enough_types(adata, name, labels, needs, said):
    sizes = adata.obs[labels].value_counts()
    if len(sizes) < 2:
        raise DataError(
            f"{name} has {len(sizes)} type(s) in {labels!r}, and with fewer than two there is "
            f"nothing to compare: with --{_option(labels, 'labels')} choose another column."
        )
    rare = sizes.index[sizes < needs.of_each]
    if len(sizes) - len(rare) < needs.types:
        raise DataError(
            f"{name} has {len(sizes) - len(rare)} type(s) of at least {needs.of_each} cells in "
            f"{labels!r}, of {len(sizes)} in all, and this lesson needs {needs.types}: "
            f"with --{_option(labels, 'labels')} choose a "
            f"{'finer' if len(sizes) < needs.types else 'coarser'} column."
        )
    if len(rare) == 0:
        return adata
    gone = adata.obs[labels].isin(rare).to_numpy()
    said.append(
        f"{len(rare)} type(s) of fewer than {needs.of_each} cells ({_listed(rare, 5)}) were left "
        f"out, {int(gone.sum())} cell(s) in all."
    )
    return adata[~gone].copy()


def _under_all_conditions(adata, name, labels, condition, needs, said):
    found = adata.obs[condition].nunique()
    if found < needs.conditions:
        raise DataError(
            f"{name} has {found} value(s) in {condition!r}, and this lesson needs at least "
            f"{needs.conditions}: with --{_option(condition, 'condition')} choose another column."
        )
    if not labels:
        return adata
    fewest = needs.of_each if needs.commonest else 1
    under = pd.crosstab(adata.obs[labels], adata.obs[condition]) >= fewest
    partial = under.index[~under.all(axis=1)]
    if len(partial) == 0:
        return adata
    gone = adata.obs[labels].isin(partial).to_numpy()
    seldom = f"seen in {fewest} cells" if fewest > 1 else "seen"
    said.append(
        f"{len(partial)} type(s) are not {seldom} under every {condition} and were left out: "
        f"{_listed(partial, 5)}."
    )
    return _enough_types(adata[~gone].copy(), name, labels, needs, said)


def _enough(have, need, what, name):
    if have < need:
        what = what[:-1] if have == 1 else what
        raise DataError(
            f"{name} has {have:,} {what} to work with, and this lesson needs at least {need:,}."
        )
