"""Run a lesson on a reader's data: look at the data first, then at the lesson.

What a lesson needs is compared with the reader's files before anything runs (seconds), and every
file reaches the lesson in the one form that :mod:`celltoken.data.own_cells` and `.own_text` give.
"""

import asyncio
import atexit
import contextlib
import logging
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from celltoken import lessons
from celltoken.lessons import door
from celltoken.lessons import needs as declared

CELL_SECONDS = 600  # a kernel that hangs must not hang the run
BANNER = (
    "> **Your data.** You ran this lesson with {given}. Numbers, figures and their titles are of "
    "this run; the text around them was written about the course's own data. A single run says "
    "whether a margin is reached; for a verdict the course takes random halves of its data.\n\n"
    "{said}"
)


def run(
    name: str,
    parameters: dict,
    output: Path,
    *,
    layer: str | None = None,
    most_cells: int | None = None,
    progress: Callable[[str], None] = print,
) -> list[str]:
    """Run a lesson with a reader's parameters and write the executed notebook.

    Where the data are the reader's own, claims are reported and not compared with the record.

    Parameters
    ----------
    name : str
        As :func:`celltoken.lessons.find` returns it.
    parameters : dict
        Some of the lesson's parameters.
    output : Path
        The notebook to write, in one step and only after the lesson has run to its end.
    layer : str, optional
        Layer of the reader's matrix that holds counts.
    most_cells : int, optional
        Of more cells than this a random sample is taken.
    progress : callable
        Receives one line of text per step.

    Returns
    -------
    list of str
        The lines that ``claims.check`` printed.

    Raises
    ------
    LessonError
        If the output cannot be written, or the lesson fails.
    DataError
        If the data do not have what the lesson needs.
    """
    wanted = declared.of(name)
    must_be_writable(output)
    own = bool(set(parameters) - {"seed"})
    with tempfile.TemporaryDirectory(prefix="celltoken-") as folder:
        ready, said = door.through(wanted, parameters, Path(folder), layer, most_cells)
        for line in said:
            progress(line)
        with lessons.environment({"CELLTOKEN_CLAIMS": "report"} if own else {}):
            notebook = execute(name, ready, progress)
    if own:
        _speak_of(notebook, parameters, said)
    import nbformat

    lessons.write(output, nbformat.writes(notebook) + "\n")
    return lessons.claim_lines(notebook)


def free_name(wanted: Path) -> Path:
    """The name itself, or with the first number that is free: nothing is ever written over."""
    path, number = wanted, 2
    while path.exists():
        path = wanted.with_stem(f"{wanted.stem}-{number}")
        number += 1
    return path


def must_be_writable(output: Path) -> None:
    """Raise LessonError unless a notebook can be written there."""
    if output.suffix != ".ipynb":
        raise lessons.LessonError(f"{output} is no name for a notebook: end it in .ipynb.")
    if lessons.ROOT / "chapters" in output.resolve().parents:
        raise lessons.LessonError(
            f"{output} is among the course's own lessons: choose another name."
        )
    if not output.parent.is_dir() or not os.access(output.parent, os.W_OK):
        raise lessons.LessonError(
            f"{output.parent} is no folder that you can write to: choose another."
        )


# -- the lesson -----------------------------------------------------------------------------------


def execute(name, parameters=None, progress=lambda line: None):
    """Execute a lesson in a fresh process, saying which cell is reached; write nothing.

    Controls come as ready-made frames: nobody turns them here, and a live one, whose messages
    cross those of the cells, made a run in thirty wait for ever.

    Returns
    -------
    nbformat.NotebookNode
        The executed notebook.

    Raises
    ------
    LessonError
        With the cell that was reached and the last line of the error that stopped the lesson.
    """
    import nbformat
    from papermill.parameterize import parameterize_notebook

    for chatty in ("papermill", "asyncio", "traitlets"):  # what is wrong is said below
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    notebook = nbformat.read(lessons.path_of(name), as_version=4)
    notebook.metadata.setdefault("papermill", {})
    for cell in notebook.cells:  # papermill looks for tags in every cell
        cell.metadata.setdefault("tags", [])
    notebook = parameterize_notebook(notebook, parameters or {}, kernel_name="python3")
    with lessons.environment({"CELLTOKEN_STATIC": "1"}):
        return _executed(name, notebook, progress)


def _executed(name, notebook, progress):
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    reached, interrupted = 0, []

    async def end_kernel():
        with contextlib.suppress(Exception):  # nbclient may have ended it already
            await running[0]._async_cleanup_kernel()

    def stop():
        interrupted.append(asyncio.ensure_future(end_kernel()))

    def started(cell, cell_index):
        nonlocal reached
        # nbclient ends the kernel at Ctrl-C and then stumbles over its absence: we remember why.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop)
        if cell.cell_type == "code":
            reached = code.index(cell_index) + 1
            progress(f"cell {reached} of {len(code)}")

    running = []

    def client():
        running[:] = [
            NotebookClient(
                notebook,
                timeout=CELL_SECONDS,
                kernel_name="python3",
                resources={"metadata": {"path": str(Path.cwd())}},
                on_cell_start=started,
                extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
            )
        ]
        return running[0]

    try:
        for attempt in range(3):
            try:
                return client().execute()
            except DeadKernelError:
                raise
            except RuntimeError as problem:
                # Another process may take the port that was meant for this one.
                if "Kernel died before replying" not in str(problem) or attempt == 2:
                    raise
    except CellExecutionError as problem:
        last = [line for line in str(problem.evalue).splitlines() if line.strip()] or [""]
        why = f"with {problem.ename}: {last[-1].strip()}"
    except CellTimeoutError:
        why = f"after {CELL_SECONDS} seconds: give it fewer cells with --most-cells"
    except (DeadKernelError, RuntimeError):
        why = "because its process ended, most likely for lack of memory: try fewer --most-cells"
    except Exception:  # whatever nbclient stumbles over without a kernel
        if not interrupted:
            raise
    if interrupted:
        atexit.unregister(running[0]._cleanup_kernel)  # it would look for the kernel once more
        raise KeyboardInterrupt
    text = f"The lesson {name} stopped in cell {reached} of {len(code)} {why}"
    raise lessons.LessonError(text if text[-1] in ".?!" else f"{text}.")


def _speak_of(notebook, parameters, said) -> None:
    """Say at the top, and in each figure's alternative text, whose data are shown."""
    from nbformat.v4 import new_markdown_cell

    given = ", ".join(f"`--{key} {value}`" for key, value in parameters.items())
    lines = "\n".join(f"* {line}" for line in said)
    notebook.cells.insert(1, new_markdown_cell(BANNER.format(given=given, said=lines)))
    for cell in notebook.cells:
        image = cell.metadata.get("mystnb", {}).get("image", {})
        if image.get("alt"):
            image["alt"] = f"The figure of this cell, in a run of the lesson with {given}."
