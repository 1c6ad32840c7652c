"""A reader's text as documents of words, or one sentence that says why not.

The bytes are decoded (UTF-8, or UTF-16 with its mark), composed (Unicode NFC), and cut into words
by Unicode's classes of letters and marks, so that accents and vowel signs stay with their letter.
Signs that print nothing (soft hyphens, joiners) are taken out of words, and ligatures and letters
of full width become the letters that they stand for.
"""

import gzip
import re
import sys
import unicodedata
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from celltoken.data.corpus import words_of
from celltoken.data.store import DataError

PIECE = 500, 7500  # words of a document, fewest and most, where lines are no documents
LINE = 100  # lines of fewer words on average are sentences or verses, not documents
# Lessons compare all documents' occurrences with one another: that many take about 1 GB.
MOST_DOCUMENTS, MOST_WORDS, MOST_BYTES = 400, 3_000_000, 200_000_000
# Scripts that are written without spaces between words: first and last code points.
NO_SPACES = [
    (0x0E00, 0x0EFF, "Thai or Lao"),
    (0x1000, 0x109F, "Burmese"),
    (0x1780, 0x17FF, "Khmer"),
    (0x3040, 0x30FF, "Japanese"),
    (0x3400, 0x9FFF, "Chinese or Japanese"),
]
DIFFERENT = 500  # different words, fewest: lessons place the commonest by hundreds
READY = ".ready.txt"  # ends the name of a text that has been prepared: a document a line, words cut
# What a file that is no plain text begins with, and what it is.
KINDS = [
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive, or a document of a word processor or an e-book"),
    (b"BZh", "packed (bzip2)"),
    (b"\xfd7zXZ", "packed (xz)"),
    (b"{\\rtf", "a document in Rich Text Format"),
    (b"\xd0\xcf\x11\xe0", "a document of a word processor"),
    (b"\x89HDF", "HDF5, a file of matrices"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
]
MARKUP = re.compile(r"\s*<(!doctype|html|\?xml|tei|body)\b", re.IGNORECASE)
INVISIBLE = dict.fromkeys([0x00AD, 0x200C, 0x200D, 0x2060, 0xFEFF]) | {0x200B: " "}
LOOKALIKE = re.compile("[\ufb00-\ufb06\uff10-\uff5a]+")  # ligatures, letters of full width
BROKEN = re.compile(r"(\w{2,})-[ \t]*\n[ \t]*(\w{2,})")
COMMON_ENGLISH = "the of and to in a is that for it".split()


@dataclass(frozen=True)
class TextNeeds:
    """What a lesson asks of a text: the fewest words, different words and documents; English."""

    words: int = 20_000
    documents: int = 8
    english: bool = False
    different: int = 1


@dataclass
class Prepared:
    """Documents as lists of words, and sentences that say what was done to get them."""

    documents: list[list[str]]
    said: list[str] = field(default_factory=list)

    def table(self) -> pd.DataFrame:
        """As :func:`celltoken.data.corpus.documents` gives a corpus."""
        return pd.DataFrame({"tokens": self.documents})


def prepare(path, needs=None, seed=0):
    """Read a text file and cut it into documents of words.

    Parameters
    ----------
    path : str or Path
        A text file with one document a line. A single long line, or lines of fewer than a hundred
        words on average, are joined and cut into pieces of 500 words or more.
    needs : TextNeeds, optional
    seed : int
        Of the sample that is drawn of a large text.

    Returns
    -------
    Prepared

    Raises
    ------
    DataError
        If the file cannot be read as text or holds too little of it; the message says what it has
        and what is needed.
    """
    needs, said, path = needs or TextNeeds(), [], Path(path)
    if path.name.endswith(READY):  # all of it has been done and said
        lines = path.read_text(encoding="utf-8").split("\n")
        return Prepared([list(map(sys.intern, line.split(" "))) for line in lines])
    text = _decoded(path, said)
    _must_be_plain(text, path)
    text = unicodedata.normalize("NFC", text.translate(INVISIBLE))
    text = LOOKALIKE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = _joined(text.replace("\r\n", "\n"), said)
    _must_have_spaces(text, path.name)
    documents = [words_of(line) for line in text.splitlines()]
    documents = [each for each in documents if each]
    total = sum(map(len, documents))
    if total == 0:
        raise DataError(f"{path.name} holds no words: write one document a line, in letters.")
    if total < needs.words:
        raise DataError(f"{path.name} has {total:,} words, and this lesson needs {needs.words:,}.")
    different = len(set().union(*documents))
    if different < needs.different:
        raise DataError(
            f"{path.name} has {different:,} different words, and a lesson needs at least "
            f"{needs.different:,}: give it a text of many words."
        )
    if len(documents) < needs.documents or total / len(documents) < LINE:
        documents = _pieces(documents, total, needs.documents, said)
    if len(documents) < needs.documents:
        raise DataError(
            f"{path.name} makes {len(documents)} documents of {len(documents[0])} words, and this "
            f"lesson needs {needs.documents}: give it a longer text."
        )
    copies = len(documents) - len(set(map(tuple, documents)))
    if copies:
        said.append(f"{copies:,} document(s) are word by word the same as another, and were kept.")
    documents = _sample(documents, needs.documents, seed, said)
    if not is_english(documents):
        if needs.english:
            raise DataError(
                f"{path.name} does not look English, and this lesson judges words by lists of "
                "English words: give it an English text, or only --cells."
            )
        said.append("The text does not look English: lists of English words do not apply to it.")
    return Prepared(documents, said)


def _pieces(lines, total, fewest, said):
    """All lines as one row of words, cut into documents of one length."""
    length = min(max(total // MOST_DOCUMENTS + 1, PIECE[0]), PIECE[1], max(total // fewest, 1))
    words = [word for each in lines for word in each]
    documents = [words[i : i + length] for i in range(0, total, length)]
    said.append(
        f"{len(lines):,} line(s) of {total / len(lines):,.0f} words on average: joined and cut "
        f"into {len(documents):,} documents of {length:,} words."
    )
    return documents


def _sample(documents, fewest, seed, said):
    """Documents drawn at random, in their order, if there are more than lessons can take."""
    average = sum(map(len, documents)) / len(documents)
    most = max(min(MOST_DOCUMENTS, int(MOST_WORDS / average)), fewest)
    if len(documents) <= most:
        return documents
    drawn = np.sort(np.random.default_rng(seed).permutation(len(documents))[:most])
    said.append(f"Of {len(documents):,} documents {most:,} were drawn at random (seed {seed}).")
    return [documents[i] for i in drawn]


def write(documents, path) -> None:
    """Write documents so that :func:`prepare` takes them as they are; end the name in `READY`."""
    path.write_text("\n".join(map(" ".join, documents)), encoding="utf-8")


def is_english(documents) -> bool:
    """Whether the ten commonest words of English make up at least a tenth of the text."""
    total = sum(map(len, documents))
    common = sum(word in COMMON_ENGLISH for each in documents for word in each)
    return common >= 0.1 * total


def _joined(text, said):
    """Words broken at the end of a line are joined if the text has the whole word elsewhere."""
    if not BROKEN.search(text):
        return text
    known, joined = set(words_of(text)), 0

    def join(found):
        nonlocal joined
        if found[1].lower() + found[2].lower() not in known:
            return found[0]
        joined += 1
        return f"{found[1]}{found[2]}\n"

    text = BROKEN.sub(join, text)
    if joined:
        said.append(f"{joined:,} word(s) broken at the end of a line were joined.")
    return text


def _must_be_plain(text, path):
    """Raise DataError for a text that is written in the signs of a markup language or a table."""
    begin = text[:2000].lstrip()
    kind = ""
    if MARKUP.match(begin):
        kind = "HTML or XML"
    elif begin.startswith("\\documentclass"):
        kind = "LaTeX"
    elif re.match(r'[\[{]\s*[{"]', begin):
        kind = "JSON"
    elif path.suffix.lower() in (".csv", ".tsv"):
        kind = "a table"
    if kind:
        raise DataError(
            f"{path.name} is {kind}, whose signs would be counted as words: save its text alone, "
            "one document a line."
        )


def _decoded(path, said):
    if re.match(r"\w{2,}:/", str(path)):
        raise DataError(f"{path} is a web address: download the text and give its path.")
    if str(path) == ".":
        raise DataError("The path of a text is empty: give that of a text file.")
    if path.is_dir():
        raise DataError(
            f"{path} is a folder: write its texts into one file, one document a line, and give "
            "its path."
        )
    if not path.is_file():
        raise DataError(f"There is no file {path.absolute()}: check the path.")
    try:
        raw = _bytes(path, said)
    except OSError as problem:
        raise DataError(f"{path} cannot be opened: {problem.strerror.lower()}.") from None
    for begin, kind in KINDS:
        if raw.startswith(begin):
            raise DataError(
                f"{path.name} is no plain text but {kind}: save its text as UTF-8, one document "
                "a line."
            )
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, zlib.error):
            raise DataError(
                f"{path.name} is a damaged gzip file: pack or download it again."
            ) from None
        said.append("The file was unpacked (gzip).")
    utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        guess = "" if utf16 else _likely(raw)
        raise DataError(
            f"{path.name} is not UTF-8 text{guess}: save it again with that encoding."
        ) from None
    if "\0" in text:  # UTF-16 without its mark, UTF-32, or a file of another kind
        raise DataError(
            f"{path.name} holds zero bytes, so it is not UTF-8 text: save it again with that "
            "encoding."
        )
    if utf16:
        said.append("The file was read as UTF-16.")
    return text


def _bytes(path, said):
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES)
        if file.read(1):
            said.append(f"Only the first {MOST_BYTES // 10**6} MB of the file were read.")
            raw = raw[: raw.rfind(b"\n") + 1] or raw
    return raw


def _likely(raw):
    """A guess of the encoding, to be named in a sentence; empty if there is none."""
    import chardet

    guess = chardet.detect(raw, prefer_superset=True, no_match_encoding="ascii")["encoding"]
    return f" (it may be {guess})" if guess not in (None, "ascii") else ""


def _must_have_spaces(text, name):
    letters = [ord(c) for c in text[:20_000] if c.isalpha()]
    for first, last, script in NO_SPACES:
        share = sum(first <= each <= last for each in letters) / max(len(letters), 1)
        words = text[:20_000].split()
        if share > 0.3 and sum(map(len, words)) / max(len(words), 1) > 6:
            raise DataError(
                f"{name} is in {script} script, which puts no spaces between words: cut it into "
                "words with a tool for that language first, and write them with spaces between."
            )
