"""What the course runs on: data sets, corpora and models, by name, verified before use."""

from celltoken.data.assets import asset, cache_folder, fetch
from celltoken.data.store import (
    DataError,
    data_folder,
    embedded_file,
    load,
    manifest,
    names,
)

__all__ = [
    "DataError",
    "asset",
    "cache_folder",
    "data_folder",
    "embedded_file",
    "fetch",
    "load",
    "manifest",
    "names",
]
