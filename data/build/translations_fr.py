"""English words and their translations into French (FreeDict; see `_freedict`)."""

from _freedict import build_pairs
from _source import main


def build() -> bytes:
    return build_pairs("translations_fr", "fr")


if __name__ == "__main__":
    main("translations_fr", build)
