"""A fly's embryo, nucleus by nucleus: how much of 84 genes is expressed at 3,039 places.

The source is an average embryo of Drosophila melanogaster at the end of stage 5, put together from
pictures of many embryos, each stained for few genes: values are relative intensities, no counts.
Its list of places is twice as long as its table of expression; the first half is the half embryo
that the table describes, in the same order. Kept: everything of that half, rounded to float16.
"""

import anndata
import numpy as np
import pandas as pd
from _pinned import keep, read_other
from _source import main, read

PLACES = "novosparc-0.4.4/novosparc/datasets/bdtnp/geometry.txt"


def build():
    keep("fly_embryo")
    table = pd.read_csv(read("fly_embryo"), sep="\t")
    places = pd.read_csv(read_other("fly_embryo", PLACES), sep=" ")
    if len(places) != 2 * len(table):
        raise ValueError("the source should hold the places of two halves, and one half's values")
    obs = places.iloc[: len(table)].astype(np.float32).set_axis(["x", "y", "z"], axis=1)
    obs.index = [f"nucleus_{i:04d}" for i in range(len(table))]
    var = pd.DataFrame(index=pd.Index(table.columns.to_numpy(), dtype=object))
    return anndata.AnnData(table.to_numpy(dtype=np.float16), obs=obs, var=var)


if __name__ == "__main__":
    main("fly_embryo", build)
