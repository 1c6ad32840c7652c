"""Has anything changed that some code's results depend on? One answer for everything that asks.

The book's execution cache, the stored evidence of claims, the budget and grading all compare
fingerprints made here. A fingerprint is made of named parts, so that a message can say what
changed: the code itself, each module of the library that it imports (also through others), the
data sets and models named in either, and the locked version of each package imported.

Code counts as what Python makes of it: comments and layout change nothing, nor do the docstrings
of the library. The result is the same on every platform and every supported Python.
"""

import ast
import functools
import hashlib
import importlib.metadata
import json
import re
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = "celltoken"
ALWAYS = ("numpy", "scipy")  # whatever runs here runs on them
# What the library calls for a reader's own file alone. The course's data never pass through.
OWN = "celltoken.data.own_"


def of(code: str, *, extra: Iterable[Path] = (), parameters: dict | None = None) -> str:
    """A fingerprint of all that the results of some code depend on: 16 hexadecimal digits.

    Parameters
    ----------
    code : str
        Python, such as all code cells of a lesson; IPython's ``%`` and ``!`` lines are allowed.
    extra : iterable of Path
        Further files that it reads, by content.
    parameters : dict, optional
        Values that take the place of those in the code.

    Returns
    -------
    str
    """
    return digest(parts(code, extra=extra, parameters=parameters))


def parts(
    code: str, *, extra: Iterable[Path] = (), parameters: dict | None = None
) -> dict[str, str]:
    """The parts of a fingerprint, from name (``cells``, ``data glove``, ``package numpy`` ...) to
    a version or 16 hexadecimal digits. Parameters as for :func:`of`."""
    reading = _read(_without_magics(code), docstrings=True)
    found = {"cells": reading.digest}
    if parameters:
        found["parameters"] = _hash(json.dumps(parameters, sort_keys=True, default=str))
    strings, packages = set(reading.strings) | _strings_in(parameters), set(reading.packages)
    for name, path in sorted(_modules(reading.modules).items()):
        module = _read(path.read_text(encoding="utf-8"), docstrings=False)
        found[f"module {name}"] = module.digest
        strings |= module.strings
        packages |= module.packages
        for beside in sorted(path.parent.glob(f"{path.stem}.*")):  # such as map.js and map.css
            if beside != path and beside.suffix != ".pyc":
                found[f"file {_shown(beside)}"] = _hash(beside.read_bytes())
    found |= _data(strings)
    found |= _versions(packages)
    for path in extra:
        path = Path(path)
        content = _hash(path.read_bytes()) if path.is_file() else "missing"
        found[f"file {_shown(path)}"] = content
    return found


def of_cell(code: str) -> str:
    """A fingerprint of the code alone, whatever it imports or names."""
    return _read(_without_magics(code), docstrings=True).digest


def digest(named: dict[str, str]) -> str:
    """One fingerprint for all parts, in whatever order they come."""
    return _hash(json.dumps(named, sort_keys=True))


def differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """What changed from one set of parts to another, a phrase each, such as ``data glove``,
    ``module celltoken.methods.nulls (new)`` or ``package numpy (2.3.5, now 2.3.6)``."""
    said = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            said.append(f"{name} (new)")
        elif name not in new:
            said.append(f"{name} (no longer used)")
        elif old[name] != new[name]:
            versions = f" ({old[name]}, now {new[name]})" if name.startswith("package ") else ""
            said.append(f"{name}{versions}")
    return said


@dataclass(frozen=True)
class _Reading:
    """What one text of Python says."""

    digest: str
    modules: frozenset[str]  # names in the library that it imports, packages or not
    packages: frozenset[str]  # what else it imports, by top-level name
    strings: frozenset[str]


@functools.cache
def _read(text: str, docstrings: bool) -> _Reading:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a student may hand in anything
        return _Reading(_hash(text), frozenset(), frozenset(), frozenset())
    if not docstrings:
        _drop_docstrings(tree)
    modules, packages, aliases = set(), set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            for alias in node.names:
                aliases[alias.asname or alias.name] = alias.name
        else:
            continue
        for name in names:
            top = name.split(".")[0]
            (modules if top == LIBRARY else packages).add(name if top == LIBRARY else top)
    nodes = list(ast.walk(tree))
    # `checks.context` imports a module when first asked for it.
    modules |= {
        f"{aliases[node.value.id]}.{node.attr}"
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and aliases.get(node.value.id, "").split(".")[0] == LIBRARY
    }
    strings = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    packages -= sys.stdlib_module_names
    return _Reading(
        _hash(_plain(tree)), frozenset(modules), frozenset(packages), frozenset(strings)
    )


def _plain(node) -> str:
    """A syntax tree as text. (`ast.dump` writes another text in another version of Python.)"""
    if isinstance(node, list):
        return f"[{','.join(map(_plain, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [
        f"{name}={_plain(value)}"
        for name, value in ast.iter_fields(node)
        if value is not None and value != [] and not isinstance(value, ast.expr_context)
    ]
    return f"{type(node).__name__}({','.join(fields)})"


def _drop_docstrings(tree: ast.AST) -> None:
    kinds = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]


def _without_magics(code: str) -> str:
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", code, flags=re.MULTILINE)


def _modules(named: Iterable[str]) -> dict[str, Path]:
    """Modules of the library, name to path: those named, their packages, and all they import."""
    found, left = {}, list(named)
    while left:
        name = left.pop()
        place = ROOT / name.replace(".", "/")
        path = next(
            (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()), 0
        )
        if "." in name and (parent := name.rpartition(".")[0]) not in found:
            left.append(parent)
        if path and name not in found:
            found[name] = path
            imported = _read(path.read_text(encoding="utf-8"), docstrings=False).modules
            left += [each for each in imported if not each.startswith(OWN)]
    return found


def _strings_in(value) -> set[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return set().union(*map(_strings_in, value)) if value else set()
    return {value} if isinstance(value, str) else set()


def _data(strings: set[str]) -> dict[str, str]:
    """The content of each data set and model of the manifest that is named."""
    path = ROOT / "data" / "manifest.toml"
    listed = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found = {}
    for kind, entries in listed.items():
        word = "model" if kind == "assets" else "data"
        for name in sorted(strings & entries.keys()):
            # What is read, not how it is described: a file, several, or a package's version.
            entry = entries[name]
            content = entry.get("sha256") or [m["sha256"] for m in entry.get("members", [])]
            found[f"{word} {name}"] = _hash(
                json.dumps(content or entry.get("source"), sort_keys=True)
            )
    return found


def _versions(packages: Iterable[str]) -> dict[str, str]:
    """The locked version of each package that some imported name belongs to."""
    locked, owners, found = _locked(), _owners(), {}
    for top in sorted({*packages, *ALWAYS}):
        for name in owners.get(top, [top]):
            name = re.sub(r"[-_.]+", "-", name).lower()
            if name in locked:
                found[f"package {name}"] = locked[name]
    return found


def _locked() -> dict[str, str]:
    """Versions in the locks, by package; where platforms differ, all of them in order."""
    found: dict[str, set] = {}
    for lock in sorted(ROOT.glob("requirements*.lock")):
        pins = re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
        for name, version in pins:
            found.setdefault(name.lower(), set()).add(version)
    return {name: " or ".join(sorted(versions)) for name, versions in found.items()}


@functools.cache
def _owners() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def _shown(path: Path) -> str:
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _hash(content: str | bytes) -> str:
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:16]
