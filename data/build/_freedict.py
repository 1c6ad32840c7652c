"""Pairs of words from a dictionary of the FreeDict project, English to another language.

A headword stands before its pronunciation, translations below it, separated by commas. In some of
the dictionaries a headword of several words has lost all but the first, and only its pronunciation
tells: of the entries of a headword those with the shortest pronunciation are taken. Kept: pairs of
one word and one word, both of them words of `verses`.
"""

import gzip
import re
from collections import defaultdict

import numpy as np
from _source import read

from celltoken import data
from celltoken.data.corpus import words_of

HEAD = re.compile(r"^(\S.*?) /([^/]*)/$")
FIRST = "\nhttp://freedict.org/\n"  # the end of the remarks that come before the first entry


def entries(name: str) -> dict[str, list]:
    """Headword -> its entries: pronunciation and translations."""
    text = gzip.decompress(read(name).read()).decode("utf-8")
    found, now = defaultdict(list), None
    for line in text.rpartition(FIRST)[2].splitlines():
        if head := HEAD.match(line):
            now = (head[2], [])
            found[head[1]].append(now)
        elif now and line.strip():
            now[1].extend(re.split(r",\s*", re.sub(r"^\d+\.\s*", "", line.strip())))
    return found


def one_word(text: str) -> str | None:
    """The text in lower case if it is one word of letters, else None."""
    words = words_of(text)
    return words[0] if len(words) == 1 and words[0] == text.strip().lower() else None


def build_pairs(name: str, language: str) -> bytes:
    """The file's bytes: a table, English and the other word, in alphabetical order."""
    with np.load(data.data_folder() / "verses.npz") as stored:
        english, other = (set(stored[f"{each}_words"].tolist()) for each in ("en", language))
    pairs = set()
    for head, listed in entries(name).items():
        word, shortest = one_word(head), min(len(spoken) for spoken, _ in listed)
        for spoken, translations in listed:
            if len(spoken) == shortest:
                pairs |= {(word, one_word(each)) for each in translations}
    kept = sorted(pair for pair in pairs if pair[0] in english and pair[1] in other)
    text = "\n".join(["en\tother", *map("\t".join, kept)]) + "\n"
    return gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)
