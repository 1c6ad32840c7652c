"""Where cities lie whose names are common words of English text: a grid for words.

The source lists places of 15,000 people or more (GeoNames). Kept: places of 100,000 or more whose
English name is one of the 20,000 words of `glove`; of several places of one name the largest.
Other names of a place are left out, and so are all places whose name is more than one word.
"""

import csv
import gzip
import io
import json

import anndata
from _source import main, read

from celltoken import data

FEWEST = 100_000


def build() -> bytes:
    listed = json.load(read("cities")).values()
    words = anndata.read_h5ad(data.data_folder() / "glove.h5ad", backed="r").obs_names
    known, largest = set(words), {}
    for place in sorted(listed, key=lambda each: (-each["population"], each["geonameid"])):
        name = place["name"].lower()
        if name in known and place["population"] >= FEWEST:
            largest.setdefault(name, place)
    rows = io.StringIO()
    table = csv.writer(rows, delimiter="\t", lineterminator="\n")
    table.writerow(["name", "country", "latitude", "longitude", "population"])
    for name in words:
        if name in largest:
            place = largest[name]
            table.writerow([
                name, place["countrycode"], round(place["latitude"], 2),
                round(place["longitude"], 2), place["population"],
            ])  # fmt: skip
    return gzip.compress(rows.getvalue().encode("ascii"), compresslevel=9, mtime=0)


if __name__ == "__main__":
    main("cities", build)
