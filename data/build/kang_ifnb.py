"""Blood cells with and without interferon beta: 8 types, two conditions, raw counts.

The source is the "ifnb" teaching set made from the study: 13,576 cells of pooled donors (donor
labels are not in it; megakaryocytes, erythrocytes and plasmacytoid dendritic cells were removed).

Kept: at most 350 cells of each type in each condition, drawn without replacement with a fixed seed.
The three rarest types (NK, activated T, dendritic) stay whole. The draw flattens how common the
types are: proportions of types are a property of this file, not of blood.
"""

import numpy as np
from _source import count_matrix, main, read_h5ad

CELLS_PER_STRATUM = 350
SEED = 0

# Their name for a type -> ours. Their "T" is the cluster that the source's finer labels call
# "T activated"; their "B" holds "B" and "B Activated"; their "CD4+" holds naive and memory cells.
CELL_TYPES = {
    "CD4+ T cells": "CD4 T",
    "CD8+ T cells": "CD8 T",
    "T": "activated T",
    "B": "B",
    "NK cells": "NK",
    "CD14+ Monocytes": "CD14+ monocyte",
    "CD16+ Monocytes": "CD16+ monocyte",
    "DC": "dendritic",
}


def build():
    cells = read_h5ad("kang_ifnb")
    labels = cells.obs["cell_type"].astype(str).map(CELL_TYPES).astype("category")
    cells.obs = labels.to_frame().assign(condition=cells.obs["condition"].astype("category"))
    random = np.random.default_rng(SEED)
    kept = [
        random.choice(rows, min(CELLS_PER_STRATUM, len(rows)), replace=False)
        for _, rows in sorted(cells.obs.groupby(list(cells.obs), observed=True).indices.items())
    ]
    return count_matrix(cells[np.sort(np.concatenate(kept))])


if __name__ == "__main__":
    main("kang_ifnb", build)
