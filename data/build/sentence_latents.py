"""The verses of `sentences` in the latents of a trained sparse autoencoder.

The autoencoder comes with the encoder's package, whose author trained it on the encoder's states of
Portuguese and English text; a verse has, for each of 16,384 latents, the largest value over its
tokens. Kept: the 128 strongest latents of each verse, in steps of 1/64, and of the latents those
that some verse has. The number in a latent's name is its number in the source.
"""

import anndata
import numpy as np
import pandas as pd
from _encoder import chosen_verses, encoder, table_of_rows
from _source import main
from scipy import sparse

STRONGEST, STEP = 128, 1 / 64


def build() -> anndata.AnnData:
    chosen = chosen_verses()
    numbers, values = [], []
    with encoder("sentence_latents") as (_, latents):
        for _, texts in chosen.values():
            for text in texts:
                number, value = latents(text, STRONGEST)
                numbers.append(number)
                values.append(np.clip(np.round(value / STEP), 1, 255))
    ends = np.append(0, np.cumsum([len(each) for each in numbers]))
    x = sparse.csr_matrix((np.concatenate(values), np.concatenate(numbers), ends))
    used = np.flatnonzero(np.asarray((x > 0).sum(axis=0)).ravel())
    often = np.asarray((x[:, used] > 0).sum(axis=0)).ravel()
    used = used[np.argsort(-often, kind="stable")]
    x = sparse.csr_matrix(x[:, used], dtype=np.uint8)
    x.sort_indices()
    columns = pd.DataFrame(index=[f"latent {number}" for number in used])
    return anndata.AnnData(x, obs=table_of_rows(chosen), var=columns)


if __name__ == "__main__":
    main("sentence_latents", build)
