"""WordNet's nouns by class, and how polysemous words are: a row a lemma, with counts of tags.

The source lists each sense of each lemma, the lexicographers' file it is kept in (26 for nouns:
act, animal, artifact ...) and how often the sense was met in texts that people tagged with senses.
Kept: lemmas of letters only that were tagged at least three times, in alphabetical order. No
definition or example is kept.
"""

import gzip

import pandas as pd
from _source import main, read

FEWEST_TAGS = 3
PARTS = {1: "noun", 2: "verb", 3: "adjective", 4: "adverb", 5: "adjective"}
# Lexicographers' files 3 to 28, in WordNet's own order.
NOUN_CLASSES = """Tops act animal artifact attribute body cognition communication event feeling food
group location motive object person phenomenon plant possession process quantity relation shape
state substance time""".split()
FIRST_NOUN_FILE = 3


def senses() -> pd.DataFrame:
    """One row a sense: lemma, part of speech, class (nouns only), times tagged."""
    rows = []
    for line in read("wordnet").read().decode("ascii").splitlines():
        key, _, _, tags = line.split()  # lemma%type:file:id:head:head_id, offset, number, tags
        lemma, _, place = key.partition("%")
        kind, file, *_ = place.split(":")
        noun_class = NOUN_CLASSES[int(file) - FIRST_NOUN_FILE] if kind == "1" else ""
        rows.append((lemma, PARTS[int(kind)], noun_class, int(tags)))
    return pd.DataFrame(rows, columns=["lemma", "part", "noun_class", "tags"])


def build() -> bytes:
    listed = senses()
    listed = listed[listed.lemma.str.isalpha()]
    by_lemma = listed.groupby("lemma")
    table = pd.DataFrame(
        {
            "senses": by_lemma.size(),
            "tagged_senses": by_lemma.tags.agg(lambda tags: (tags > 0).sum()),
            "tags": by_lemma.tags.sum(),
            "top_sense_tags": by_lemma.tags.max(),
        }
    )
    parts = listed.groupby(["lemma", "part"]).tags.sum().unstack(fill_value=0)
    table = table.join(parts[list(dict.fromkeys(PARTS.values()))])
    classes = listed[listed.part == "noun"].groupby(["lemma", "noun_class"]).tags.sum()
    classes = classes.unstack(fill_value=0)[NOUN_CLASSES].reindex(table.index, fill_value=0)
    table["noun_class"] = classes.idxmax(axis=1).where(table["noun"] > 0, "")
    table["noun_class_tags"] = classes.max(axis=1)
    table = table[table.tags >= FEWEST_TAGS].sort_index()
    text = table.to_csv(sep="\t", lineterminator="\n")
    return gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0)


if __name__ == "__main__":
    main("wordnet", build)
