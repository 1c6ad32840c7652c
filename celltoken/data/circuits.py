"""A circuit of genes whose rules are published: the rules, and cells simulated from them."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import scanpy as sc


def published_rules() -> dict:
    """The rules of eleven factors of myeloid blood, as scanpy carries them.

    Returns
    -------
    dict from str to (list of str, callable)
        Gene -> its regulators in alphabetical order, and the rule as a function of them.

    References
    ----------
    Krumsiek et al. (2011), doi:10.1371/journal.pone.0022649.
    """
    text = (Path(sc.__file__).parent / "sim_models" / "krumsiek11.txt").read_text("utf-8")
    found = {}
    for line in text.split("# coupling")[0].splitlines():
        if "=" in line and not line.startswith("#"):
            gene, rule = (part.strip() for part in line.split("="))
            words = rule.replace("(", " ").replace(")", " ").split()
            inputs = sorted(set(words) - {"and", "or", "not"})
            plain = rule.replace(".", "_")
            names = ",".join(each.replace(".", "_") for each in inputs)
            found[gene] = inputs, eval(f"lambda {names}: {plain}")  # scanpy's own Python
    return found


def simulated_cells(seed=0, runs=6, steps=400, noise=0.05):
    """Cells along simulated runs of that circuit, by stochastic differential equations.

    Parameters
    ----------
    seed : int
    runs, steps : int
        Every fifth step of a run is a cell.
    noise : float
        Standard deviation of what is added to a gene when it is observed; genes lie in 0 to 1.

    Returns
    -------
    values : pandas.DataFrame, shape (cells, 11 genes)
    run : numpy.ndarray of int, length cells

    References
    ----------
    Wittmann et al. (2009), doi:10.1186/1752-0509-3-98, as scanpy implements it.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Observation names are not unique")
        made = sc.tl.sim(
            "krumsiek11",
            branching=False,
            nrRealizations=runs,
            tmax=steps,
            noiseObs=noise,
            seed=seed,
            writedir=folder,
        )
    values = pd.DataFrame(np.asarray(made.X), columns=list(made.var_names))
    return values, np.arange(len(values)) * runs // len(values)
