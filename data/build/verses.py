"""Which words stand in which verse of the Bible, in six languages: parallel counts, no text.

The source is a database of translations whose 31,102 verses carry the same numbers in every
language. Kept: for each language the words that occur in at least five verses, and for each of them
the numbers of its verses. How often a word occurs in a verse and in which order the words stand are
left out, so that no verse can be read from the file. A word is a run of letters in lower case, as
in `celltoken.data.corpus`; the source's own remarks on numbering, in brackets, hold no letters.

A word's verses are stored as gaps from one to the next, all words after each other; low and high
bytes of the gaps apart, because they compress better so.
"""

import sqlite3
import tempfile
from collections import defaultdict

import numpy as np
from _source import main, npz, read

from celltoken.data.corpus import words_of

# Our name for the language -> the translation's letter in the source.
TRANSLATIONS = {"en": "k", "es": "v", "fr": "l", "it": "d", "ru": "r", "tl": "f"}
FEWEST_VERSES = 5


def verses_of(letter: str, name: str = "verses") -> tuple[list, list]:
    """Places (book, chapter, verse) and texts of a translation, in order."""
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        file.write(read(name).read())
        file.flush()
        with sqlite3.connect(f"file:{file.name}?mode=ro", uri=True) as database:
            rows = database.execute(
                "SELECT bNumber, cNumber, vNumber, vText FROM bible WHERE bbName = ? "
                "ORDER BY bNumber, cNumber, vNumber",
                (letter,),
            ).fetchall()
    return [row[:3] for row in rows], [row[3] for row in rows]


def build() -> bytes:
    arrays, places = {}, {}
    for language, letter in TRANSLATIONS.items():
        places[language], texts = verses_of(letter)
        verses = defaultdict(list)
        for number, text in enumerate(texts):
            for word in set(words_of(text)):
                verses[word].append(number)
        words = [word for word in verses if len(verses[word]) >= FEWEST_VERSES]
        words.sort(key=lambda word: (-len(verses[word]), word))
        gaps = np.concatenate([np.diff(verses[word], prepend=-1) for word in words])
        arrays[f"{language}_words"] = np.array(words)
        arrays[f"{language}_verses"] = np.array([len(verses[w]) for w in words], dtype=np.uint16)
        arrays[f"{language}_low"] = (gaps % 256).astype(np.uint8)
        arrays[f"{language}_high"] = (gaps // 256).astype(np.uint8)
    if any(each != places["en"] for each in places.values()):
        raise ValueError("the translations do not have the same verses")
    book, chapter, verse = np.array(places["en"]).T.astype(np.uint8)
    return npz(book=book, chapter=chapter, verse=verse, **arrays)


if __name__ == "__main__":
    main("verses", build)
