"""Execute the book's notebooks: only those that a change touches, on all cores.

    python -m celltoken.lessons.execution               # every page of the book
    python -m celltoken.lessons.execution context/low_rank

A notebook is executed if its fingerprint is not the one it was last executed with, each in a
kernel of its own, as many at once as there are cores, the longest first. The outputs go into the
cache in which Jupyter Book looks notebooks up by their code, so that the build that follows
executes nothing. An error, or a line on stderr, is one sentence that names notebook and cell.
"""

import argparse
import contextlib
import copy
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from celltoken import lessons
from celltoken.lessons import executed

# No kernel runs behind the pages, so controls carry their frames; one thread a kernel is fastest.
SETTING = {"CELLTOKEN_STATIC": "1", "CELLTOKEN_CLAIMS": "check"} | {
    f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "NUMEXPR")
}


def execute(
    names: Iterable[str] = (),
    progress: Callable[[str], None] = print,
    processes: int | None = None,
    store: executed.Store | None = None,
) -> list[str]:
    """Execute what is not in the cache as it is now; return the pages executed.

    Parameters
    ----------
    names : iterable of str
        Lessons, as `lessons.find` takes them; every notebook of the book by default.
    progress : callable
        Receives one line of text per notebook.
    processes : int, optional
        Kernels at once. Default: one a core.
    store : executed.Store, optional
        Where outputs are kept. Default: the book's.

    Raises
    ------
    LessonError
        If a notebook fails. Those that did not are kept, so a second run has only the rest to do.
    """
    store = store or executed.Store()
    pages = [f"chapters/{lessons.find(name)}" for name in names] or executed.notebooks()
    state = {page: executed.parts(page) for page in pages}
    reasons = {page: reason for page in pages if (reason := store.why(page, state[page]))}
    progress(f"{len(pages) - len(reasons)} of {len(pages)} notebooks are executed already")
    expected = _expected(store)
    queue = sorted(reasons, key=lambda page: expected.get(page, 0), reverse=True)
    for page in queue:  # also if the run is broken off, old outputs are not taken for new ones
        store.forget(page)
    problems = []
    for done, (page, notebook, seconds, problem) in enumerate(_all(queue, processes), 1):
        if problem:
            problems.append(problem)
        else:
            store.keep(page, notebook, seconds, state[page])
        told = problem or f"{seconds:.0f} s ({reasons[page]})"
        progress(f"[{done}/{len(queue)}] {page}: {told}")
    if problems:
        raise lessons.LessonError("\n".join(problems))
    return queue


def run(notebook, folder: Path, timeout: int, reached: list[int]) -> None:
    """Execute a notebook in place; an error of a cell is left among its outputs.

    The number of each cell that begins is added to ``reached``: of a kernel that dies the last
    message may be lost, so the outputs do not tell which cell it was.
    """
    # Times in the cells' metadata would keep Jupyter Book from finding the notebook again.
    client = NotebookClient(
        notebook,
        timeout=timeout,
        record_timing=False,
        on_cell_start=lambda cell, cell_index: reached.append(cell_index),
        resources={"metadata": {"path": str(folder)}},
    )
    with contextlib.suppress(CellExecutionError):
        client.execute()


def problem_of(page: str, notebook) -> str:
    """One sentence on the first cell that failed or wrote to stderr; empty if there is none."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                what = f"stopped with {output.ename}: {_last(output.evalue)}"
            elif output.output_type == "stream" and output.name == "stderr":
                what = f"wrote to stderr: {_last(output.text)}"
            else:
                continue
            return f"{_cell(page, number, notebook)} {what}"
    return ""


def timeout() -> int:
    """Seconds that a cell may take, as in _config.yml."""
    config = yaml.safe_load((lessons.ROOT / "_config.yml").read_text(encoding="utf-8"))
    return config["execute"]["timeout"]


def _all(queue: list[str], processes: int | None):
    """(page, notebook, seconds, problem) of each page, as they get done."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with lessons.environment(SETTING), ProcessPoolExecutor(processes or cores or 1) as pool:
        try:
            futures = {
                pool.submit(
                    _one, page, executed.read(page), executed.path_of(page).parent, timeout()
                ): page
                for page in queue
            }
            for future in as_completed(futures):
                yield futures[future], *future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _one(page: str, source, folder: Path, seconds: int):
    """One page, in a process of its own."""
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # what is wrong is said below
    begin = time.perf_counter()
    for attempt in range(3):
        notebook, problem = copy.deepcopy(source), ""
        reached = [0]
        try:
            run(notebook, folder, seconds, reached)
        except CellTimeoutError:
            where = _cell(page, reached[-1], notebook)
            problem = f"{where} took longer than the {seconds} s of _config.yml."
        except DeadKernelError:
            where = _cell(page, reached[-1], notebook)
            problem = f"{where} lost its kernel: it may need too much memory."
        except RuntimeError as trouble:
            # Another process may take the port that was meant for this one.
            if "Kernel died before replying" in str(trouble) and attempt < 2:
                continue
            problem = f"{page}.ipynb could not be executed: {_last(str(trouble))}"
        break
    return notebook, time.perf_counter() - begin, problem or problem_of(page, notebook)


def _cell(page: str, number: int, notebook) -> str:
    source = notebook.cells[number].source
    first = next((line for line in source.splitlines() if line.strip()), "")
    return f"{page}.ipynb, cell {number} ({first.strip()[:60]})"


def _last(text: str) -> str:
    return ([line.strip() for line in text.splitlines() if line.strip()] or [""])[-1]


def _expected(store: executed.Store) -> dict[str, float]:
    """Seconds of each page, as it last took or as `make budget` measured it."""
    path = lessons.ROOT / "book" / "budget.json"
    measured = json.loads(path.read_text(encoding="utf-8"))["notebooks"] if path.is_file() else {}
    seconds = {f"chapters/{name}": cost["seconds"] for name, cost in measured.items()}
    return seconds | {page: note["seconds"] for page, note in store.notes.items()}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="celltoken.lessons.execution", description=__doc__.split("\n")[0]
    )
    parser.add_argument("lessons", nargs="*", metavar="lesson", help="which (default: the book)")
    options = parser.parse_args(arguments)
    try:
        execute(options.lessons, progress=lambda line: print(line, flush=True))
    except lessons.LessonError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
