"""Words of Moby-Dick: how often each occurs in each chapter, how often in all, and where first.

The source holds the 135 chapters in one file and the epilogue in another. No text is kept, only
figures.

A word is a run of letters, in lower case; an apostrophe between letters is part of it ("don't",
"o'clock"), but a final "'s" is not ("whale's" and "it's" count as "whale" and "it"), and a hyphen
separates. Kept: words that occur at least five times, from the most to the least frequent (ties: in
the order of the story). Counted: the 135 chapters and the epilogue, without their titles. The
Etymology and the Extracts that stand before "Call me Ishmael" are other people's sentences.
"""

import re
from collections import Counter

import anndata
import numpy as np
import pandas as pd
from _pinned import read_other
from _source import main, read
from scipy import sparse

FEWEST_OCCURRENCES = 5
EPILOGUE = "package/data/epilogue.txt"
EPILOGUE_BEGINS = "The drama's done."
HEADING = re.compile(r"(?m)^CHAPTER (\d+)\. .*$")
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def words_of(text: str) -> list[str]:
    return [word.removesuffix("'s") for word in WORD.findall(text.lower().replace("\u2019", "'"))]


def texts() -> list[str]:
    """The chapters' texts in order, then the epilogue's, all without headings."""
    _, *pieces = HEADING.split(read("novel").read().decode())
    if pieces[::2] != [str(number) for number in range(1, 136)]:
        raise ValueError("the source should hold chapters 1 to 135, in order")
    epilogue = read_other("novel", EPILOGUE).read().decode().replace("\u2019", "'")
    return [*pieces[1::2], epilogue[epilogue.index(EPILOGUE_BEGINS) :]]


def build():
    tokens = [words_of(text) for text in texts()]
    story = [word for chapter in tokens for word in chapter]
    total = Counter(story)
    first = {word: position for position, word in reversed(list(enumerate(story)))}
    words = [word for word in total if total[word] >= FEWEST_OCCURRENCES]
    words.sort(key=lambda word: (-total[word], first[word]))

    counts = np.zeros((len(words), len(tokens)), dtype=np.int64)
    row = {word: i for i, word in enumerate(words)}
    for column, chapter in enumerate(tokens):
        for word, times in Counter(chapter).items():
            if word in row:
                counts[row[word], column] = times
    obs = pd.DataFrame(
        {
            "count": np.array([total[word] for word in words], dtype=np.int32),
            "first_position": np.array([first[word] for word in words], dtype=np.int32),
        },
        index=words,
    )
    names = [f"chapter_{number:03d}" for number in range(1, 136)] + ["epilogue"]
    var = pd.DataFrame({"words": np.array([len(t) for t in tokens], dtype=np.int32)}, index=names)
    return anndata.AnnData(sparse.csr_matrix(counts.astype(np.uint16)), obs=obs, var=var)


if __name__ == "__main__":
    main("novel", build)
