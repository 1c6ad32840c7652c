"""Word vectors: the 20,000 most frequent words of GloVe 6B, 100 dimensions.

The source is one JSON object: `words`, a list of 341,479 tokens from the most to the least frequent
(the order of GloVe's own file), then `vectors`, which maps each token, in the same order, to its
100 coordinates followed by their Euclidean length and the token's place in the list.

What its authors removed from GloVe's 400,000 tokens: numbers, and a few very common tokens, among
them "a", "i" and the clitics "'s" and "n't". Words are lower-case, as GloVe has them. We drop only
tokens without a letter (39 marks of punctuation and currency among the first 20,039), so "co2" and
"h1n1" stay. Coordinates are rounded to float16: a relative error of 0.05% at most.
"""

import json

import anndata
import numpy as np
import pandas as pd
from _source import main, read

WORDS = 20_000
DIMENSIONS = 100
# The vectors needed end 22 MB into a file of 307 MB that would take 2 GB to parse whole.
HEAD_BYTES = 32_000_000


def vectors_in_order(text: str):
    """Yield (token, list of numbers) from the `vectors` object of a truncated JSON text."""
    decoder = json.JSONDecoder()
    mark = '"vectors":{'
    at = text.index(mark) + len(mark)
    while True:
        token, at = decoder.raw_decode(text, at)
        values, at = decoder.raw_decode(text, at + 1)  # past the colon
        yield token, values
        at += 1  # past the comma


def build():
    text = read("glove", HEAD_BYTES).read().decode("utf-8", errors="ignore")
    words, ranks, rows = [], [], []
    for token, values in vectors_in_order(text):
        *vector, length, place = values
        if not np.isclose(np.linalg.norm(vector), length, atol=1e-5) or len(vector) != DIMENSIONS:
            raise ValueError(f"the vector of {token!r} is damaged")
        if any(character.isalpha() for character in token):
            words.append(token)
            ranks.append(place + 1)
            rows.append(vector)
        if len(words) == WORDS:
            break
    obs = pd.DataFrame({"rank": np.array(ranks, dtype=np.int32)}, index=words)
    var = pd.DataFrame(index=[f"dim_{i:03d}" for i in range(DIMENSIONS)])
    return anndata.AnnData(np.array(rows, dtype=np.float16), obs=obs, var=var)


if __name__ == "__main__":
    main("glove", build)
