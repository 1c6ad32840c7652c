"""Rebuild the embedded files from their pinned sources and compare them with the manifest.

    python data/build                   rebuild all, report, replace nothing
    python data/build pbmc3k --write    rebuild one, replace it, renew its manifest entry

The bytes repeat exactly with the versions of h5py in `requirements.lock` on one platform. Another
build of HDF5's zlib may compress the same numbers to other bytes; the report then says so.
"""

import argparse
import gzip
import importlib
import re
import sys
import tempfile
from pathlib import Path

import anndata
import numpy as np
from _source import write

from celltoken import data
from celltoken.data import archives, store


def same_content(one: Path, other: Path) -> bool:
    """Whether two files of one kind hold the same numbers, names and labels."""
    if one.suffix == ".gz":
        return gzip.decompress(one.read_bytes()) == gzip.decompress(other.read_bytes())
    if one.suffix == ".npz":
        with np.load(one) as p, np.load(other) as q:
            return p.files == q.files and all(np.array_equal(p[part], q[part]) for part in p.files)
    a, b = anndata.read_h5ad(one), anndata.read_h5ad(other)
    if a.shape != b.shape or list(a.layers) != list(b.layers):
        return False
    pairs = [(a.X, b.X), *((a.layers[name], b.layers[name]) for name in a.layers)]
    same = all(same_matrix(x, y) for x, y in pairs)
    return same and a.obs.equals(b.obs) and a.var.equals(b.var)


def same_matrix(x, y) -> bool:
    differences = x != y
    unequal = differences.nnz if hasattr(differences, "nnz") else differences.sum()
    return x.dtype == y.dtype and not unequal


def verdict(built: Path, entry: dict) -> str:
    if archives.sha256(built) == entry["sha256"]:
        return "identical"
    stored = data.data_folder() / entry["file"]
    if stored.is_file() and same_content(built, stored):
        return "same content, other bytes (another version of h5py or zlib)"
    return "DIFFERS"


def renew(text: str, name: str, facts: dict) -> str:
    """The manifest's text with some values of one entry replaced."""
    head = re.search(rf"(?m)^\[(?:{'|'.join(store.EMBEDDED)})\.{name}\]\n", text)
    start = head.end()
    section, end, rest = text[start:].partition("\n[")
    for key, value in facts.items():
        section, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", section)
        if found != 1:
            raise ValueError(f"{head[0].strip()} should have one line `{key} = ...`")
    return text[:start] + section + end + rest


def main() -> int:
    listed = store.embedded()
    parser = argparse.ArgumentParser(prog="python data/build", description=__doc__.split("\n")[0])
    parser.add_argument(
        "names", nargs="*", metavar="name", help="entries of the manifest (default: all)"
    )
    parser.add_argument("--write", action="store_true", help="replace files, renew the manifest")
    options = parser.parse_args()
    if unknown := set(options.names) - set(listed):
        parser.error(f"no such entry: {', '.join(sorted(unknown))}")

    differing = 0
    manifest_path = data.data_folder() / "manifest.toml"
    for name in options.names or listed:
        entry = listed[name]
        print(f"{name}: building from {archives.label(entry['source'])}", flush=True)
        with tempfile.TemporaryDirectory(dir=data.data_folder(), prefix=".building-") as temporary:
            built = Path(temporary) / entry["file"]
            content = importlib.import_module(name).build()
            write(content, built)
            found = verdict(built, entry)
            print(f"{name}: {found}, {built.stat().st_size:,} bytes", flush=True)
            differing += found == "DIFFERS"
            if options.write:
                facts = {
                    "bytes": built.stat().st_size,
                    "sha256": f'"{archives.sha256(built)}"',
                }
                if not isinstance(content, bytes):
                    facts["shape"] = list(content.shape)
                text = renew(manifest_path.read_text(encoding="utf-8"), name, facts)
                built.replace(data.data_folder() / entry["file"])
                manifest_path.write_text(text, encoding="utf-8", newline="\n")
    return 1 if differing and not options.write else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (data.DataError, archives.ArchiveError) as problem:
        sys.exit(str(problem))
