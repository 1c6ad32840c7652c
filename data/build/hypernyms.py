"""The tree of mammals in WordNet: which kind is a kind of which.

The source lists sets of synonyms with links to narrower and wider ones. Kept: "mammal" and all that
is below it, with the direct links among them; a set is named by its first word, and by a number
where several sets share it. No definition is kept.
"""

import gzip
from collections import Counter, deque

from _source import main, read

ROOT = "mammal"


def noun_sets() -> tuple[dict, dict]:
    """Address of a set -> its first word, and -> addresses of the sets directly below it."""
    words, narrower = {}, {}
    for line in read("hypernyms").read().decode("ascii").splitlines():
        if line.startswith("  "):
            continue  # the licence
        fields = line.partition(" | ")[0].split()
        words[fields[0]] = fields[4]
        links = fields[4 + 2 * int(fields[3], 16) :][1:]  # after the words: a number, then links
        kinds = zip(links[::4], links[1::4], strict=False)
        narrower[fields[0]] = [address for kind, address in kinds if kind in ("~", "~i")]
    return words, narrower


def build() -> bytes:
    words, narrower = noun_sets()
    (root,) = [at for at in words if words[at] == ROOT]
    below, waiting = {}, deque([root])  # in order of depth, each set once
    while waiting:
        at = waiting.popleft()
        if at not in below:
            below[at] = True
            waiting += narrower[at]
    names, seen = {}, Counter()
    shared = Counter(words[at] for at in below)
    for at in below:
        seen[words[at]] += 1
        number = f".{seen[words[at]]}" if shared[words[at]] > 1 else ""
        names[at] = words[at] + number
    links = [f"{names[low]}\t{names[at]}" for at in below for low in narrower[at]]
    text = "\n".join(["kind\tof", *links]) + "\n"
    return gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0)


if __name__ == "__main__":
    main("hypernyms", build)
