"""Every address inside the built site leads somewhere, and every citation to a stable record."""

import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
PAGES = sorted(page for page in HTML.rglob("*.html") if "_static" not in page.parts)
SOURCES = [
    path
    for folder in ("book", "chapters")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".md", ".ipynb"} and ".ipynb_checkpoints" not in path.parts
]
ENTRIES = parse_file(str(ROOT / "book" / "references.bib")).entries
CITED = re.compile(r"\{cite[a-z:]*\}`([^`]+)`")


@cache
def contents(page: Path) -> tuple[set[str], list[str]]:
    """The anchors of a page, and the addresses it names."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    anchors = {tag["id"] for tag in soup.find_all(id=True)}
    anchors |= {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
    addresses = [
        tag[attribute]
        for attribute in ("href", "src")
        for tag in soup.find_all(["a", "img", "link", "script", "source", "video"])
        if tag.get(attribute)
    ]
    return anchors, addresses


def test_the_book_is_built():
    if not PAGES:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "the book is not built: run 'make book'"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HTML)))
def test_internal_addresses_resolve(page):
    lost = []
    for address in contents(page)[1]:
        url = urlsplit(address)
        if url.scheme or url.netloc:
            continue
        target = (page.parent / unquote(url.path)).resolve() if url.path else page
        if target.is_dir():
            target = target / "index.html"
        if not target.is_file():
            lost.append(address)
        elif url.fragment and target.suffix == ".html":
            if unquote(url.fragment) not in contents(target)[0]:
                lost.append(address)
    assert lost == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_citations_are_in_the_bibliography(source):
    groups = CITED.findall(source.read_text(encoding="utf-8"))
    keys = {key.strip() for group in groups for key in group.split(",")}
    assert keys - set(ENTRIES) == set()


@pytest.mark.parametrize("key", sorted(ENTRIES))
def test_references_have_a_stable_address(key):
    fields = ENTRIES[key].fields
    if "doi" in fields:
        assert re.fullmatch(r"10\.\d{4,9}/\S+", fields["doi"]), "a DOI is written 10.nnnn/..."
    else:
        assert {"url", "eprint", "isbn"} & {name.lower() for name in fields}
