"""Plurals that rules do not lead back to their singular: WordNet's list of exceptions for nouns.

The source has one form a line, with its stem or stems. Kept: forms and stems of letters only, in
the order of the source, a row a pair. WordNet 3.0 is the release whose package carries the list.
"""

import gzip

from _source import main, read


def build() -> bytes:
    rows = ["form\tstem"]
    for line in read("irregular_plurals").read().decode("ascii").splitlines():
        form, *stems = line.split()
        rows += [f"{form}\t{stem}" for stem in stems if form.isalpha() and stem.isalpha()]
    text = "\n".join(rows) + "\n"
    return gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0)


if __name__ == "__main__":
    main("irregular_plurals", build)
