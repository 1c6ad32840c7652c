"""Rebuild the embedded data sets from their pinned sources and compare them with the manifest.

    python data/build                   rebuild all, report, replace nothing
    python data/build pbmc3k --write    rebuild one, replace it, renew its manifest entry

The bytes repeat exactly with the versions of h5py in `requirements.lock` on one platform. Another
build of HDF5's zlib may compress the same numbers to other bytes; the report then says so.
"""

import argparse
import importlib
import re
import sys
import tempfile
from pathlib import Path

import anndata
from _source import write_h5ad

from celltoken import archives, data


def same_content(one: Path, other: Path) -> bool:
    """Whether two .h5ad files hold the same numbers, names and labels."""
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
    """The manifest's text with some values of one data set replaced."""
    head = f"[datasets.{name}]\n"
    start = text.index(head) + len(head)
    section, end, rest = text[start:].partition("\n[")
    for key, value in facts.items():
        section, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", section)
        if found != 1:
            raise ValueError(f"[datasets.{name}] should have one line `{key} = ...`")
    return text[:start] + section + end + rest


def main() -> int:
    listed = data.manifest()["datasets"]
    parser = argparse.ArgumentParser(prog="python data/build", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="name", help="data sets (default: all)")
    parser.add_argument("--write", action="store_true", help="replace files, renew the manifest")
    options = parser.parse_args()
    if unknown := set(options.names) - set(listed):
        parser.error(f"no such data set: {', '.join(sorted(unknown))}")

    differing = 0
    manifest_path = data.data_folder() / "manifest.toml"
    for name in options.names or listed:
        entry = listed[name]
        print(f"{name}: building from {archives.label(entry['source'])}", flush=True)
        with tempfile.TemporaryDirectory(dir=data.data_folder(), prefix=".building-") as temporary:
            built = Path(temporary) / entry["file"]
            adata = importlib.import_module(name).build()
            write_h5ad(adata, built)
            found = verdict(built, entry)
            print(f"{name}: {found}, {built.stat().st_size:,} bytes, {adata.shape}", flush=True)
            differing += found == "DIFFERS"
            if options.write:
                facts = {
                    "bytes": built.stat().st_size,
                    "sha256": f'"{archives.sha256(built)}"',
                    "shape": list(adata.shape),
                }
                text = renew(manifest_path.read_text(encoding="utf-8"), name, facts)
                built.replace(data.data_folder() / entry["file"])
                manifest_path.write_text(text, encoding="utf-8", newline="\n")
    return 1 if differing and not options.write else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (data.DataError, archives.ArchiveError) as problem:
        sys.exit(str(problem))
