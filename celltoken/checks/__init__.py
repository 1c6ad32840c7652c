"""Checks of the exercises, one package a chapter: ``checks.context.pmi(your_function)``.

A check prints one line if the answer is right. If not it raises :class:`CheckError` with one
sentence that names the likely mistake, and :class:`NotAttempted` for an untouched skeleton.
"""

import importlib
import importlib.util

from celltoken.checks.core import CheckError, NotAttempted

__all__ = ["CheckError", "NotAttempted"]


def __getattr__(chapter):
    # A chapter's checks load its data and libraries, so each is imported when first asked for.
    if not chapter.startswith("_"):
        name = f"{__name__}.{chapter}"
        if importlib.util.find_spec(name):
            return importlib.import_module(name)
    raise AttributeError(f"there are no checks named {chapter!r}")
