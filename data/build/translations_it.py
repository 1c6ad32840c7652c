"""English words and their translations into Italian (FreeDict; see `_freedict`)."""

from _freedict import build_pairs
from _source import main


def build() -> bytes:
    return build_pairs("translations_it", "it")


if __name__ == "__main__":
    main("translations_it", build)
