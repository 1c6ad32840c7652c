"""Jane Austen's six novels: which word stands at which place of which chapter.

The source holds each novel as a list of lines, in R's own format. Kept: the chapters, as numbers of
words in a list of all words (the commonest first), in the order of publication and of the story.
Left out: title pages, headings, the advertisement before Northanger Abbey and the note after it,
editors' remarks in square brackets, punctuation and capitals. A word is a run of letters, as in
`celltoken.data.corpus`, so that "don't" is two.

Needs `rdata`, which reads R's format: `make data` installs it from `requirements-data.lock`.
"""

import io
import re
import warnings
import zlib

import numpy as np
from _pinned import read_other
from _source import main, npz, read

from celltoken.data.corpus import vocabulary, words_of

INDEX = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdx"
# Name in the source -> title, year of publication, chapters. The last two appeared together, in
# December 1817, although their title page says 1818 (that of Emma, out in December 1815, 1816).
NOVELS = {
    "sensesensibility": ("Sense and Sensibility", 1811, 50),
    "prideprejudice": ("Pride and Prejudice", 1813, 61),
    "mansfieldpark": ("Mansfield Park", 1814, 48),
    "emma": ("Emma", 1815, 55),
    "northangerabbey": ("Northanger Abbey", 1817, 31),
    "persuasion": ("Persuasion", 1817, 24),
}
CHAPTER = re.compile(r"(?mi)^chapter (?:[ivxl]+|\d+)\.?$")
NOT_THE_STORY = re.compile(r"(?m)^\s*\[[^\]]*\]|^VOLUME [IVX]+$|^(?:THE END|FINIS|Finis)$")
NOTE = re.compile(r"(?m)^A NOTE ON THE TEXT$")


def lines_of_novels() -> dict[str, list[str]]:
    """Name of the novel -> its lines, from R's database of objects and the index of it."""
    try:
        import rdata
    except ModuleNotFoundError:
        raise SystemExit("novels needs rdata: run `make data`, which installs it.") from None
    database = read("novels").read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "unknown file type: assumed RDS", which it is
        index = rdata.read_rds(read_other("novels", INDEX))
        lines = {}
        for name, (start, length) in index["variables"].items():
            # Four bytes say how long the object is once unpacked.
            unpacked = zlib.decompress(database[start + 4 : start + length])
            lines[str(name)] = [str(line) for line in rdata.read_rds(io.BytesIO(unpacked))]
    return lines


def build() -> bytes:
    lines = lines_of_novels()
    tokens, titles, numbers, years = [], [], [], []
    for name, (title, year, count) in NOVELS.items():
        story = NOTE.split("\n".join(lines[name]))[0]
        _, *chapters = CHAPTER.split(story)
        if len(chapters) != count:
            raise ValueError(f"{title} should have {count} chapters, not {len(chapters)}")
        tokens += [words_of(NOT_THE_STORY.sub("", chapter)) for chapter in chapters]
        titles += [title] * count
        numbers += range(1, count + 1)
        years += [year] * count
    words = vocabulary(tokens, size=np.iinfo(np.uint16).max)
    number = {word: i for i, word in enumerate(words)}
    return npz(
        words=np.array(words),
        ids=np.array([number[word] for chapter in tokens for word in chapter], dtype=np.uint16),
        length=np.array([len(chapter) for chapter in tokens], dtype=np.int32),
        title=np.array(titles),
        chapter=np.array(numbers, dtype=np.int16),
        year=np.array(years, dtype=np.int16),
    )


if __name__ == "__main__":
    main("novels", build)
