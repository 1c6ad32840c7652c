"""Verses of six languages as a multilingual encoder sees them: one vector a verse, no text.

Every eightieth verse of `verses`, in each language, through multilingual-e5-small, as the package
quantised it to four bits (its authors report cosines of .98 to .99 with the model in full
precision). Kept: the vectors, of length one, as float16, and of which verse in which language.
"""

import anndata
import numpy as np
import pandas as pd
from _encoder import chosen_verses, encoder, table_of_rows
from _source import main


def build() -> anndata.AnnData:
    chosen = chosen_verses()
    with encoder("sentences") as (vectors, _):
        x = np.vstack([vectors(texts) for _, texts in chosen.values()])
    columns = pd.DataFrame(index=[f"x{i}" for i in range(x.shape[1])])
    return anndata.AnnData(x.astype(np.float16), obs=table_of_rows(chosen), var=columns)


if __name__ == "__main__":
    main("sentences", build)
