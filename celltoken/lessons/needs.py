"""What a lesson needs of a reader's data, written beside its parameters.

A comment behind or above each says it, for the reader and for `celltoken run` alike::

    # a corpus, or a text file with one document a line; needs 8 documents, 20,000 words
    words = "sotu"
    cells = "pbmc3k"  # a matrix, or an .h5ad file; needs counts, 200 cells, 300 genes
    labels = "cell_type"  # column of .obs: what a cell is; needs 3 types of 10 cells
    condition = "condition"  # column of .obs: under what; needs 2 values, commonest
    stages = "start, end"  # the two to compare; needs 2 names of labels
    ages = "P1"  # which of them; needs 1 or more names of age
    tissue = "tumour_spots"  # another matrix; needs 200 cells, columns x and y
    region = "region"  # column of tissue: where; needs 2 values
    proteins = "cite_pbmc"  # a matrix; needs 200 cells, gene CD4 or CD8A, columns protein_...
    vectors = "glove"  # word vectors; needs 2,000 vectors of 51 numbers, 100 analogies
    pairs = "wordsim353"  # pairs that people have judged; needs 30 pairs of vectors
    growing = "neurogenesis"  # counts of two kinds; needs layers spliced and unspliced, 100 cells

A column belongs to the matrix that its comment names, else to ``cells``. Names are entries of the
column that another parameter chooses, or of a column called so. ``commonest``: of more values the
two commonest are compared. Pairs and scales are counted whose words are rows of another parameter,
or words of its text; ``rows``: words of a text that are rows of another parameter; analogies:
Google's pairs of which both words are rows.
"""

import dataclasses
import io
import re
import tokenize
from dataclasses import dataclass

from celltoken import lessons

UNITS = ("documents", "words", "cells", "genes", "types", "values", "names", "vectors")
UNITS += ("numbers", "pairs", "scales", "rows", "analogies")
OF_ANOTHER = ("names", "pairs", "scales", "rows")  # counted in another parameter
TEXT, MATRIX, COLUMN = {"documents", "words"}, {"cells", "genes", "vectors"}, {"types", "values"}
AMOUNT = re.compile(r"([\d,]+)(?: or more)? (\w+?)s?(?: of (?:([\d,]+) (cells|numbers)|(\w+)))?$")


@dataclass(frozen=True)
class Need:
    """What one parameter is, and what it needs: amounts by unit, and flags."""

    parameter: str
    default: object
    about: str
    amounts: dict[str, int]
    counts: bool = False
    english: bool = False
    commonest: bool = False
    columns: tuple[str, ...] = ()
    genes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    table: str = "cells"
    entries_of: str = ""  # the column that names must occur in
    or_more: bool = False  # whether there may be more names
    listed_in: str = ""  # the parameter in which pairs, scales or rows are counted

    @property
    def is_text(self) -> bool:
        """Whether it is a corpus or a file of text."""
        return bool(TEXT & set(self.amounts))

    @property
    def is_matrix(self) -> bool:
        """Whether it is a data set or a file of cells or vectors."""
        return bool(MATRIX & set(self.amounts))

    @property
    def is_column(self) -> bool:
        """Whether it names a column of ``.obs`` of the matrix ``table``."""
        return bool(COLUMN & set(self.amounts))

    def described(self) -> str:
        """What it is and what it needs, in one line."""
        return "; needs ".join(filter(None, (self.about, self.needed())))

    def _amount(self, unit, amount, numbers):
        if unit == "rows":
            return f"{amount:,} words that are rows of {self.listed_in}"
        if unit == "analogies":
            return f"{amount:,} pairs of Google's analogies"
        many = amount > 1 or self.or_more
        text = f"{amount:,}{' or more' * self.or_more} {unit if many else unit[:-1]}"
        if unit in OF_ANOTHER and self.listed_in:
            text += f" of {self.listed_in}"
        return text + (f" of {numbers:,} numbers" if unit == "vectors" and numbers else "")

    def needed(self) -> str:
        """What it needs, in words; empty if nothing."""
        amounts = dict(self.amounts)
        each, numbers = amounts.pop("of_each", None), amounts.pop("numbers", None)
        parts = ["whole counts"] * self.counts + ["English"] * self.english
        parts += [self._amount(unit, amount, numbers) for unit, amount in amounts.items()]
        text = ", ".join(parts) + (f" of {each:,} cells" if each else "")
        text += f" of {self.entries_of}" if self.entries_of else ""
        text += ", of which the two commonest are compared" if self.commonest else ""
        kinds = {"gene": self.genes, "column": self.columns, "layer": self.layers}
        named = [
            f"{kind}{'s' * (len(each) > 1)} {' and '.join(each)}"
            for kind, each in kinds.items()
            if each
        ]
        return ", ".join(filter(None, (text, *named)))


def of(name: str) -> dict[str, Need]:
    """What each parameter of a lesson needs, by the parameter's name.

    Raises
    ------
    LessonError
        If a comment lists a need that this module does not know.
    """
    defaults = lessons.parameters_of(name)
    comments = {}
    for source in lessons.sources_of(name, "parameters"):
        above, parameter = [], None
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NAME and token.start[1] == 0:
                parameter, comments[token.string], above = token.string, " ".join(above), []
            elif token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
                if parameter in defaults and token.start[1] > 0:  # inside brackets
                    comments[parameter] += token.string.lstrip("# ")
                else:
                    above.append(token.string.lstrip("# "))
            elif token.type == tokenize.COMMENT:
                comments[parameter] = comments[parameter] or token.string.lstrip("# ")
    found = {
        parameter: _read(name, parameter, value, comments.get(parameter, ""))
        for parameter, value in defaults.items()
    }
    tables = [parameter for parameter, need in found.items() if need.is_matrix]
    for parameter, need in found.items():
        named = [each for each in tables if re.search(rf"\b{each}\b", need.about)]
        if (need.is_column or need.entries_of) and named:
            found[parameter] = dataclasses.replace(need, table=named[0])
    return found


def _read(name, parameter, default, comment) -> Need:
    about, _, listed = comment.partition("; needs ")
    amounts, flags = {}, {}
    for part in filter(None, re.split(r",\s+", listed)):
        if part in ("counts", "English", "commonest"):
            flags[part.lower()] = True
            continue
        kind, _, named = part.partition(" ")
        if kind in ("column", "columns", "gene", "genes"):
            flags[kind.removesuffix("s") + "s"] = tuple(named.split(" and "))
            continue
        if part.startswith(("layer ", "layers ")):
            flags["layers"] = tuple(part.split(" ", 1)[1].split(" and "))
            continue
        found = AMOUNT.match(part)
        unit = f"{found[2]}s" if found else ""
        if unit not in UNITS or (found[5] is not None) != (unit in OF_ANOTHER):
            raise lessons.LessonError(
                f"The lesson {name} needs {part!r} for {parameter}, which nobody checks: write "
                "counts, English, commonest, columns, genes, layers, or a number of "
                f"{', '.join(UNITS)}."
            )
        amounts[unit] = _number(found[1])
        if found[5]:
            flags["entries_of" if unit == "names" else "listed_in"] = found[5]
            flags["or_more"] = " or more " in part
        if found[3]:
            amounts["of_each" if found[4] == "cells" else "numbers"] = _number(found[3])
    return Need(parameter, default, about.strip(), amounts, **flags)


def _number(text):
    return int(text.replace(",", ""))


def as_markdown() -> str:
    """Every lesson that takes data, and what it needs, as Markdown: a table a lesson.

    With a column for the lesson, the last column would not fit on a telephone.
    """
    parts = []
    for name in lessons.reading_order():
        if name.endswith("/exercises"):
            continue
        rows = [
            f"| `--{need.parameter}` | {need.about} | {need.needed()} |"
            for need in of(name).values()
            if need.parameter != "seed"
        ]
        if rows:
            title = f"**[{lessons.title_of(name)}](../chapters/{name}.ipynb)**"
            head = ["| option | what it is | needs |", "| --- | --- | --- |"]
            parts.append(title + "\n\n" + "\n".join(head + rows))
    return "\n\n".join(parts) + "\n"
