"""An embedding on trial: the course's measurements on a reader's matrix, beside its rivals.

``table`` reads and checks what is given, ``rivals`` makes the embeddings to compare with,
``measurements`` is the list of what is measured, ``judge`` resamples and says what it means,
``page`` writes it down.
"""

from celltoken.trial.judge import Result, hold
from celltoken.trial.table import Table

__all__ = ["Result", "Table", "hold"]
