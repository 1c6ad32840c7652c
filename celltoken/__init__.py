"""Methods that take a matrix: rows are tokens, columns are contexts or coordinates.

Importing the package limits numerical libraries to one thread: on the small matrices of a
lesson a second thread makes them slower, and on small machines (Binder) much slower.
"""

import os

# Before NumPy is loaded the environment decides; afterwards only threadpoolctl can.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from threadpoolctl import threadpool_limits  # noqa: E402

threadpool_limits(1)

__version__ = "0.1.0"
