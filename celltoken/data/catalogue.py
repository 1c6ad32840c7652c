"""The manifest as a page: what the course runs on, where it is from, under which terms."""

from celltoken.data import archives
from celltoken.data.store import manifest, size


def as_markdown() -> str:
    """The manifest as MyST Markdown: a section an entry, under six headings."""
    listed = manifest()
    tables = (
        ("datasets", "Data sets", _embedded_section, "dataset"),
        ("corpora", "Corpora", _embedded_section, "corpus"),
        ("lexicons", "Lexicons and parallel texts", _embedded_section, "lexicon"),
        ("references", "From packages", _reference_section, "reference"),
        ("larger", "Larger sets", _larger_section, "larger"),
        ("assets", "Models", _asset_section, "asset"),
    )
    parts = []
    for table, heading, section, kind in tables:
        entries = listed.get(table, {})
        parts += [f"## {heading}"] if entries else []
        for name, entry in entries.items():
            parts += [f"({kind}-{name})=\n### `{name}`: {entry['title']}"]
            parts += [entry["description"], _definitions(section(name, entry))]
    return "\n\n".join(parts) + "\n"


def _embedded_section(name: str, entry: dict) -> list[tuple[str, str]]:
    rows, columns = entry["shape"]
    described = [
        (f'`{slot}["{column}"]`' if slot != "fields" else f"`{column}`", meaning)
        for slot in ("obs", "var", "layers", "fields")
        for column, meaning in entry.get(slot, {}).items()
    ]
    return [
        ("Shape", f"{rows:,} {entry['rows']} x {columns:,} {entry['columns']}"),
        ("Values", entry["values"]),
        *described,
        *_origin(entry),
        ("Source", _source_text(entry["source"])),
        (
            "File",
            f"`data/{entry['file']}`, {size(entry['bytes'])}, SHA-256 `{entry['sha256'][:12]}`",
        ),
        ("Made by", f"`{entry['builder']}`: {entry['made']}"),
        ("Full data", entry["full"]),
    ]


def _reference_section(name: str, entry: dict) -> list[tuple[str, str]]:
    return [
        ("Comes with", f"`{entry['package']}` {entry['version']}, a package of the lock"),
        ("Loaded by", f"`{entry['use']}`"),
        *_origin(entry),
    ]


def _larger_section(name: str, entry: dict) -> list[tuple[str, str]]:
    return [
        ("Fetched by", f"`{entry['use']}()` of `{entry['package']}` {entry['version']}"),
        ("Loaded by", f'`celltoken.data.larger.load("{name}")`'),
        *_origin(entry),
        (
            "File",
            f"`{entry['file']}` in the cache folder, git hash `{entry['git_hash'][:12]}`",
        ),
    ]


def _asset_section(name: str, entry: dict) -> list[tuple[str, str]]:
    files = [
        f"`{member['name']}`, {size(member['bytes'])}, SHA-256 `{member['sha256'][:12]}`, from "
        + " or ".join(_source_text(source) for source in member["sources"])
        for member in entry["members"]
    ]
    return [
        *_origin(entry),
        ("Files", "; ".join(files)),
        ("How to get it", f"`celltoken fetch {name}` (`make book` does it for you)"),
    ]


def _origin(entry: dict) -> list[tuple[str, str]]:
    citation = entry["citation"]
    if "doi" in entry:
        citation += f" [doi:{entry['doi']}](https://doi.org/{entry['doi']})"
    accession = [("Accession", entry["accession"])] if "accession" in entry else []
    return [("Licence", entry["licence"]), ("Cite", citation), *accession]


def _source_text(source: dict) -> str:
    text = f"`{archives.label(source)}`"
    return text + (f", member `{source['member']}`" if "member" in source else "")


def _definitions(facts: list[tuple[str, str]]) -> str:
    return "\n".join(f"* **{term}.** {text}" for term, text in facts)
