"""Young nerve cells and their progenitors: unspliced molecules of the cells of `neurogenesis`.

Rows and columns are those of `neurogenesis`, made by the same code from the same source.
"""

from _source import main
from neurogenesis import molecules


def build():
    return molecules("neurogenesis_unspliced", "unspliced")


if __name__ == "__main__":
    main("neurogenesis_unspliced", build)
