"""What is put on trial: an embedding, its labels, and what else is known of its rows."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse

from celltoken.data.recipes import log_normalise
from celltoken.data.store import DataError
from celltoken.methods.cooccurrence import ppmi

MOST = 100_000  # rows that are searched; of more a random sample is drawn
COLUMNS = 2000  # columns of counts that are used, the most variable ones
CHOOSE_FROM = 10_000  # rows on which they are chosen
FEWEST = 10  # rows of a label that is asked about
FEWEST_COLUMNS = 3  # of counts, for a rival of one direction
DISTINCT = 50  # from so many different numbers on, a column of numbers is a measurement


@dataclass
class Table:
    """One embedding and what is known of its rows, checked.

    Parameters
    ----------
    x : array, shape (rows, width)
    labels : sequence, length rows
    batch : sequence, length rows, optional
    counts : array or sparse matrix, shape (rows, columns), optional
        Whole counts of the same rows: molecules of genes, or words seen beside words.
    totals : array, length rows, optional
        Of all columns, where ``counts`` holds some of them; by default its row sums.
    technical : bool
        Whether batches are technical (runs, lanes), so that mixing them is a merit; it is only
        described otherwise, since batches may differ in biology.
    unit : {"cells", "words"}
        Cells' counts are log-normalised and neighbours are Euclidean; words' are weighed by PPMI
        and neighbours are by cosine, as is usual in either field.
    name, key : str
        What was read, for the page.
    said : list of str
        Sentences about what was done on the way.

    Raises
    ------
    DataError
        In one sentence, if they do not fit together or cannot be measured.
    """

    x: np.ndarray
    labels: np.ndarray
    batch: np.ndarray | None = None
    counts: sparse.csr_matrix | None = None
    totals: np.ndarray | None = None
    technical: bool = False
    unit: str = "cells"
    name: str = "the table"
    key: str = "the embedding"
    said: list = field(default_factory=list)

    def __post_init__(self):
        self.x = as_embedding(self.x, self.key)
        rows, self.said = len(self.x), list(self.said)
        self.labels = as_names(self.labels, rows, "labels")
        if self.batch is not None:
            self.batch = as_names(self.batch, rows, "batch")
        if self.counts is not None:
            self.counts = as_counts(self.counts, rows)
            if self.totals is None:
                self.totals = np.asarray(self.counts.sum(1)).ravel()
        self._leave_out()
        if self.counts is not None:
            self._keep_telling_columns()
        sizes = pd.Series(self.labels).value_counts()
        if (sizes >= FEWEST).sum() < 2:
            raise DataError(
                f"the labels have {int((sizes >= FEWEST).sum())} class(es) of at least {FEWEST} "
                f"{self.unit} (of {len(sizes)} in all), and with fewer than two there is nothing "
                "to tell apart: choose another column of labels."
            )
        if self.batch is not None and len(set(self.batch)) < 2:
            raise DataError(
                f"the batch column holds one value, {self.batch[0]!r}, so there is nothing to "
                "compare across: leave --batch out or choose another column."
            )

    @property
    def metric(self):
        return "euclidean" if self.unit == "cells" else "cosine"

    def __len__(self):
        return len(self.x)

    def levels(self, counts=None, share=1.0):
        """Counts as rows are compared: log-normalised (cells) or PPMI (words), sparse.

        ``counts`` are by default the table's; of a part of the events ``share`` says how large.
        """
        counts = self.counts if counts is None else counts
        if self.unit == "words":
            return ppmi(counts).tocsr().astype(np.float32)
        scale = 1e4 / np.maximum(self.totals * share, 1)
        found = sparse.csr_matrix(counts, dtype=np.float32, copy=True)
        found.data *= np.repeat(scale.astype(np.float32), np.diff(found.indptr))
        np.log1p(found.data, out=found.data)
        return found

    def _leave_out(self):
        """Rows without a label, a batch or a count."""
        known = pd.notna(self.labels)
        parts = {"without a label": ~known}
        if self.batch is not None:
            parts["without a batch"] = known & pd.isna(self.batch)
        if self.counts is not None:
            parts["without a count"] = known & (self.totals <= 0)
        gone = np.zeros(len(self.x), bool)
        for what, rows in parts.items():
            rows = rows & ~gone
            if rows.any():
                self.said.append(f"{int(rows.sum()):,} {self.unit} {what} were left out.")
            gone |= rows
        if gone.any():
            self._take(np.flatnonzero(~gone))
        self._leave_out_copies()
        if len(self.x) < 50:
            raise DataError(
                f"{len(self.x)} {self.unit} are left, and a trial needs at least 50: give more."
            )

    def _leave_out_copies(self):
        """Rows that are there twice: a copy's counts are the held-out counts of its neighbour."""
        x, stay = pd.DataFrame(self.x), "embedding of another, and there are no counts to compare"
        if self.counts is None:
            alike = x.duplicated().sum()
        else:  # two sums with random whole weights: exact, whatever the order of what is stored
            weights = np.random.default_rng(0).integers(0, 2**28, (self.counts.shape[1], 2))
            counts = pd.DataFrame(self.counts @ weights.astype(float)).assign(total=self.totals)
            again = pd.concat([counts, x], axis=1).duplicated().to_numpy()
            if again.any():
                self._take(np.flatnonzero(~again))
                self.said.append(
                    f"{again.sum():,} {self.unit} with the counts and the embedding of another "
                    "were left out: they are there twice."
                )
            alike, stay = counts[~again].duplicated().sum(), "counts of another, embedded elsewhere"
        if alike:
            self.said.append(
                f"{alike:,} {self.unit} have the {stay}, so they stay; if they are there twice, "
                "rows about neighbours are too good."
            )

    def _take(self, rows):
        for part in ("x", "labels", "batch", "counts", "totals"):
            if getattr(self, part) is not None:
                setattr(self, part, getattr(self, part)[rows])

    def _keep_telling_columns(self):
        kept = telling_columns(self.counts) if self.unit == "cells" else None
        if kept is not None:
            self.counts = self.counts[:, kept].tocsr()


def telling_columns(counts, most=COLUMNS):
    """Numbers of the most variable columns, by the course's recipe on a sample of rows.

    Returns None if there are no more than ``most``.
    """
    if counts.shape[1] <= most:
        return None
    rows = np.random.default_rng(0).permutation(counts.shape[0])[:CHOOSE_FROM]
    some = log_normalise(counts[np.sort(rows)], n_genes=most)
    return np.sort(some.var_names.astype(int).to_numpy())


def as_embedding(x, key):
    """The embedding as a finite array of floats; one sentence if it is none."""
    try:
        x = x.toarray() if sparse.issparse(x) else np.asarray(x)
        x = x if x.dtype.kind == "f" else x.astype(np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{key} holds text and not numbers: choose another embedding.") from None
    if x.ndim != 2 or x.shape[1] == 0:
        raise DataError(f"{key} has shape {x.shape}, and an embedding has two dimensions.")
    bad = int((~np.isfinite(x)).any(1).sum())
    if bad:
        raise DataError(
            f"{key} holds NaN or infinite values in {bad:,} of {len(x):,} rows: leave these rows "
            "out, or make the embedding again."
        )
    if len(x) and not np.ptp(x, axis=0).any():
        raise DataError(f"{key} is the same in all rows: there is nothing to measure.")
    return x


def as_names(column, rows, what):
    """A column as strings, None where it is missing; one sentence if it holds measurements."""
    column = pd.Series(column).reset_index(drop=True)
    if len(column) != rows:
        raise DataError(
            f"{what} has {len(column):,} entries and the embedding {rows:,} rows: both must "
            "describe the same rows in the same order."
        )
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric:
        values = column.dropna()
        whole = bool((values % 1 == 0).all())
        if not whole or values.nunique() > DISTINCT:
            name = f"{column.name!r} " if column.name is not None else ""
            raise DataError(
                f"the column {name}given as {what} holds numbers ({values.nunique():,} different), "
                "so it is a measurement and names no classes: choose a column of names."
            )
        column = column.astype("Int64")
    return np.where(column.isna(), None, column.astype(object).map(str))


def as_counts(counts, rows):
    """Counts as CSR of float32; one sentence if they are no whole counts of the same rows."""
    counts = sparse.csr_matrix(counts)
    if counts.shape[0] != rows:
        raise DataError(
            f"the counts have {counts.shape[0]:,} rows and the embedding {rows:,}: both must "
            "describe the same rows in the same order."
        )
    values = counts.data
    if values.size == 0 or not values.any():
        raise DataError("the counts hold nothing but zeros: give others, or none.")
    if not np.isfinite(values).all():
        raise DataError("the counts hold NaN or infinite values: repair them first.")
    if counts.shape[1] < FEWEST_COLUMNS:
        raise DataError(
            f"the counts have {counts.shape[1]} column(s), and rivals need at least "
            f"{FEWEST_COLUMNS}: give others, or none."
        )
    if values.min() < 0 or np.abs(values - np.rint(values)).max() > 1e-3:
        raise DataError(
            "the counts hold fractions or negative values, so they were normalised: give raw "
            "counts, or none."
        )
    return sparse.csr_matrix(counts, dtype=np.float32)
