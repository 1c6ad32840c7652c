"""Check the form of lessons in seconds, without running or building anything."""

import json
from collections.abc import Callable, Iterable

import nbformat

from celltoken import lessons
from celltoken.lessons import notebooks
from celltoken.tools.lint.form import LESSON_RULES, RULES
from celltoken.tools.lint.limits import LIMITS
from celltoken.tools.lint.reading import is_exercises
from celltoken.tools.lint.self_check import self_check


def lint(names: Iterable[str] = (), progress: Callable[[str], None] = print) -> int:
    """Say what is wrong with lessons, all of the book by default; return how many problems.

    Raises
    ------
    LessonError
        If there is no such lesson.
    """
    count, chosen = 0, [lessons.find(name) for name in names] or lessons.reading_order()
    for name in chosen:
        wrong = of(name)
        for text in wrong:
            progress(f"{name}: {text}")
        count += len(wrong)
    progress(f"{len(chosen)} lessons looked at, {count or 'no'} problem{'s' * (count != 1)}")
    return count


def of(name: str) -> list[str]:
    """Problems of a lesson, a sentence each."""
    try:
        notebook = nbformat.read(lessons.path_of(name), as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, json.JSONDecodeError):
        return ["it is no notebook that can be read: write it with jupytext or JupyterLab"]
    wrong = []
    if not notebooks.is_clean(notebook):
        wrong.append("it carries outputs or an editor's metadata: run 'make format'")
    for rule in (*RULES, *LESSON_RULES, self_check, *LIMITS):
        wrong += problems(rule, name, notebook)
    return wrong


def problems(rule: Callable, name: str, notebook) -> list[str]:
    """What one rule finds; exercises have a shape of their own."""
    if is_exercises(name) and rule in (*LESSON_RULES, self_check, *LIMITS):
        return []
    try:
        return rule(name, notebook)
    except SyntaxError as problem:
        return [f"a cell is no plain Python ({problem.msg}): {(problem.text or '').strip()}"]
