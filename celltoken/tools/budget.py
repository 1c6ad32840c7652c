"""What the book costs: seconds and memory of every notebook, weight of every page."""

import gzip
import json
import os
import platform
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from celltoken import lessons
from celltoken.lessons import run

FILE = lessons.ROOT / "book" / "budget.json"
SITE = lessons.ROOT / "_build" / "html"
# Seconds, gigabytes and kilobytes: what each row may cost.
NOTEBOOK = {"seconds": 45, "peak_gb": 1.0}
BOOK = {"from_nothing": {"seconds": 480, "peak_gb": 1.5}, "from_cache": {"seconds": 20}}
PAGE = {"own_kb": 600}


def measure(
    book: bool = False, progress: Callable[[str], None] = print, only: Iterable[str] = ()
) -> dict:
    """Run notebooks once, each alone, and write ``book/budget.json``.

    Each notebook runs alone in a fresh process, as in the built book. Memory is the resident
    memory of that process and of all that it starts, read fifty times a second; pages that
    processes share count once for each. Pages weigh their own HTML, compressed, and their pictures.

    Parameters
    ----------
    book : bool
        Also time ``make book`` from nothing and from its cache (some minutes).
    progress : callable
        Receives one line of text per step.
    only : iterable of str
        Lessons to measure; the others keep their figures. Default: all.

    Returns
    -------
    dict
        What was written.

    Raises
    ------
    LessonError
        If there is no such lesson, or a notebook or the build fails; then nothing is written.
    """
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    order = lessons.reading_order()
    chosen = [lessons.find(name) for name in only] or order
    old = before.get("notebooks", {})
    found = {
        "machine": machine(),
        "notebooks": {name: old.get(name) for name in order if name in chosen or name in old},
    }
    for name in chosen:
        with lessons.environment({"CELLTOKEN_STATIC": "1"}):
            found["notebooks"][name] = cost = cost_of(lambda name=name: run.execute(name))
        progress(f"{name}: {cost['seconds']} s, {cost['peak_gb']} GB")
    if book:
        for left in ("html", ".doctrees", ".jupyter_cache", "executed.json"):
            _remove(lessons.ROOT / "_build" / left)
        found["book"] = {}
        for name in BOOK:
            found["book"][name] = cost = cost_of(_make_book)
            progress(f"book {name.replace('_', ' ')}: {cost['seconds']} s, {cost['peak_gb']} GB")
    elif "book" in before:
        found["book"] = before["book"]
    found["pages"] = pages(SITE)
    lessons.write(FILE, json.dumps(found, indent=1) + "\n")
    return found


def pages(site: Path) -> dict:
    """Kilobytes of each built page: its HTML as it travels, and the pictures it shows."""
    found = {}
    for part in ("book", "chapters"):
        for page in sorted(site.glob(f"{part}/**/*.html")):
            text = page.read_text(encoding="utf-8")
            shown = {Path(path).name for path in re.findall(r"_images/[\w.-]+", text)}
            pictures = [site / "_images" / name for name in shown]
            size = len(gzip.compress(text.encode()))
            size += sum(picture.stat().st_size for picture in pictures if picture.is_file())
            found[page.relative_to(site).with_suffix("").as_posix()] = {"own_kb": round(size / 1e3)}
    return found


def over(cost: dict, limits: dict) -> list[str]:
    """Names of the figures that exceed their limit."""
    return [name for name, limit in limits.items() if cost.get(name, 0) > limit]


def rows(found: dict) -> list[tuple[str, str, dict, dict]]:
    """(kind, name, cost, limits) of everything measured."""
    return [
        *[("notebook", name, cost, NOTEBOOK) for name, cost in found["notebooks"].items()],
        *[("book", name, cost, BOOK[name]) for name, cost in found.get("book", {}).items()],
        *[("page", name, cost, PAGE) for name, cost in found.get("pages", {}).items()],
    ]


def table(found: dict) -> str:
    """The figures as plain text; what is over budget is marked."""
    lines = []
    for kind, name, cost, limits in rows(found):
        figures = "".join(f"{value:>9} {UNITS[unit]}" for unit, value in cost.items())
        mark = "   over budget" if over(cost, limits) else ""
        lines.append(f"{kind:10} {name:48}{figures}{mark}")
    return "\n".join(lines)


UNITS = {"seconds": "s", "peak_gb": "GB", "own_kb": "kB"}


def as_markdown() -> str:
    """``book/budget.json`` as tables in Markdown, or a sentence if there is none."""
    if not FILE.exists():
        return "Nothing is measured yet: run `make budget`."
    found = json.loads(FILE.read_text(encoding="utf-8"))
    on = found["machine"]
    parts = [f"Measured on {on['cores']} cores with Python {on['python']}."]
    headings = {"notebook": "Notebook", "book": "Whole book", "page": "Page"}
    for kind, heading in headings.items():
        mine = [row for row in rows(found) if row[0] == kind]
        if not mine:
            continue
        columns = [unit for unit in UNITS if any(unit in cost for _, _, cost, _ in mine)]
        units = {"seconds": "Seconds", "peak_gb": "Peak memory, GB", "own_kb": "Weight, kB"}
        lines = [
            f"| {heading} | {' | '.join(units[column] for column in columns)} |",
            f"| --- | {' | '.join('---:' for _ in columns)} |",
        ]
        for _, name, cost, limits in mine:
            wrong = over(cost, limits)
            cells = [
                f"{cost.get(unit, '')}{' (over budget)' if unit in wrong else ''}"
                for unit in columns
            ]
            lines.append(f"| {_shown(kind, name)} | {' | '.join(cells)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _shown(kind: str, name: str) -> str:
    if kind == "notebook":
        return f"[{lessons.title_of(name)}](../chapters/{name}.ipynb)"
    return name.replace("_", " ") if kind == "book" else f"`{name.removeprefix('chapters/')}`"


def cost_of(work: Callable[[], object]) -> dict:
    """Seconds of some work, and the most memory that the processes it starts held at once."""
    import psutil

    this, peak, done = psutil.Process(), 0, threading.Event()

    def watch():
        nonlocal peak
        while not done.wait(0.02):
            held = 0
            for process in this.children(recursive=True):
                try:
                    held += process.memory_info().rss
                except psutil.Error:
                    continue  # it has just ended
            peak = max(peak, held)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    begin = time.perf_counter()
    try:
        work()
        seconds = time.perf_counter() - begin
    finally:
        done.set()
        watcher.join()
    return {"seconds": round(seconds, 1), "peak_gb": round(peak / 1e9, 2)}


def _make_book() -> None:
    made = subprocess.run(["make", "book"], cwd=lessons.ROOT, capture_output=True, text=True)
    if made.returncode:
        lines = [line for line in (made.stdout + made.stderr).splitlines() if "WARNING" in line]
        first = f" ({lines[0].strip()})" if lines else ""
        raise lessons.LessonError(f"`make book` failed{first}: run it by itself to see why.")


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def machine() -> dict:
    """What costs were measured on: number of cores, version of Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cores": cores, "python": platform.python_version()}
