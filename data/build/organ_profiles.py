"""Types of cells in the organs of the mouse at three ages: 512 mean profiles.

The source holds, for each type in each organ at each age, the mean over its cells of scaled ranks:
in each profile genes are ranked, and ranks become the quantiles of a normal distribution. Left out:
five profiles of another study with other genes. Kept: the 4,000 genes whose values vary most over
profiles, in steps of 1/16. Names of organs lose stray brackets, and four profiles get the
organ that their label forgot.
"""

import anndata
import h5py
import numpy as np
import pandas as pd
from _pinned import read_other
from _source import main, read

ABOUT = "sctop/databases/metadata_MCKO_apr22.csv"
GENES = 4_000
STEPS = 16
STUDY = "MC20"
# Two zones of the liver's lobule and a cell of the brain stand where the organ should.
MISNAMED = {"Gland": "Mammary Gland", "PC": "Liver", "PP": "Liver", "Bergman Glia": "Brain"}


def tidy(text: str) -> str:
    return text.replace("(", "").replace(")", "").strip().removeprefix("ammary ").strip()


def build():
    with h5py.File(read("organ_profiles")) as file:
        genes, profiles = (np.char.decode(file[f"df/axis{i}"][:], "utf8") for i in (1, 0))
        values = file["df/block0_values"][:].T
    about = pd.read_csv(read_other("organ_profiles", ABOUT), index_col=0).loc[profiles]
    ours = (about["Source"] == STUDY).to_numpy()
    values, about = values[ours], about[ours]
    measured = ~np.isnan(values).any(axis=0)
    values, genes = values[:, measured], genes[measured]
    varied = np.argsort(-values.var(axis=0), kind="stable")[:GENES]
    organs = about["Organ"].map(tidy).replace(MISNAMED)
    obs = pd.DataFrame(
        {
            "organ": organs.astype("category"),
            "cell_type_in_source": about["Cell Type"].map(tidy).astype("category"),
            "age": pd.Categorical(about["Time Point"], ["E14.5", "P1", "WK6-10"]),
            "cells": about["Cell Count"].astype(np.int32),
        }
    )
    obs.index = pd.Index([name.removesuffix(f" {STUDY}") for name in profiles[ours]], dtype=object)
    rounded = (np.round(values[:, varied] * STEPS) / STEPS).astype(np.float16)
    var = pd.DataFrame(index=pd.Index(genes[varied].astype(object), dtype=object))
    return anndata.AnnData(rounded, obs=obs, var=var)


if __name__ == "__main__":
    main("organ_profiles", build)
