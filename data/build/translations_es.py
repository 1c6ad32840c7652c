"""English words and their translations into Spanish (FreeDict; see `_freedict`)."""

from _freedict import build_pairs
from _source import main


def build() -> bytes:
    return build_pairs("translations_es", "es")


if __name__ == "__main__":
    main("translations_es", build)
