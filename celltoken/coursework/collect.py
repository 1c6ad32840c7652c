"""Find the hand-ins of a class, in whatever form they came; list what is none, with the reason.

A folder or a zip is walked without following links and without writing what it holds. The first
part of a path says whose it is: a student's folder or file, or what Canvas and Moodle make of one.
One bad hand-in is nobody else's business: it is marked or listed, and the next one follows.
"""

import io
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from celltoken.coursework import CourseworkError, assignment, sandbox, submission
from celltoken.coursework.assignment import CODE_STUB, Unreadable, composed

# How Canvas and Moodle name what they let you download: a number of the user's, then the rest.
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<number>\d+)_(?P<hand_in>\d+)_.+")
MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_\w+?_(?P<rest>.*)")
COPY = re.compile(r"(?: ?\(\d+\)|-Copy\d+)+$")
LAYOUT = "<student>/<chapter>/exercises.ipynb or <student>.ipynb"
READING = 2**31  # bytes of memory that reading one notebook may take
MOST_IN_ZIP, JOINERS = 10_000, "\u200c\u200d"  # some scripts join letters with these
FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # what a spreadsheet takes for the begin of one
UNOPENED = (OSError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile)
SAID = {"py": "a Python program, no notebook: ask for exercises.ipynb"}
SAID |= dict.fromkeys(("rar", "7z", "gz"), "an archive that is no zip: ask for exercises.ipynb")


@dataclass(frozen=True)
class Entry:
    """A file: the parts of its path, and how to read it, or why it is not read."""

    parts: tuple[str, ...]
    read: Callable[[], bytes] | None = None
    reason: str = ""

    @property
    def path(self):
        return "/".join(self.parts)


@dataclass(frozen=True)
class Submission:
    """A notebook of a student's; if it cannot be read, ``unreadable`` says why."""

    student: str
    name: str
    path: str
    number: str = ""
    canvas_id: str = ""
    order: int = 0
    chapter: str = ""
    text: str = ""
    unreadable: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotGraded:
    """A file or a student without a grade."""

    student: str
    path: str
    reason: str
    number: str = ""


def find(folder: Path, leave: Path | None = None) -> tuple[list[Submission], list[NotGraded]]:
    """The submissions in a folder or a zip, but for what is in ``leave``, and what is none;
    CourseworkError if there is no submission at all."""
    if not folder.exists():
        raise CourseworkError(f"There is no folder {folder}: give one that holds {LAYOUT}.")
    read, listed = [], []
    for entry in _walk(folder, leave):
        one = _whose(entry)
        try:
            if entry.reason:
                raise Unreadable(entry.reason)
            _check(one.name)
            text, why = _text(entry)
            read.append(replace(one, text=text, unreadable=why, chapter=_chapter_of(text)))
        except Unreadable as problem:
            name = " " * one.name.startswith(FORMULA) + one.name[:80]
            name = "" if _of_a_system(entry.parts[0]) else name
            listed.append(NotGraded(name, one.path, str(problem), one.number))
    candidates, known = [], assignment.chapters()
    usual = {each.chapter for each in read if each.chapter} or set(known)
    for one in read:
        *above, file = one.path.split("/")
        chapter = one.chapter
        if not chapter and (one.unreadable or "exercise" in file.lower()):
            named = [part for part in above if part in known]
            chapter = named[-1] if named else min(usual) if len(usual) == 1 else ""
        if chapter:
            candidates.append(replace(one, chapter=chapter))
        else:  # perhaps a lesson that was handed in along with the exercises
            why = one.unreadable or "it holds none of the exercises"
            listed.append(NotGraded(one.student, one.path, why, one.number))
    submissions, more = _one_each(candidates)
    listed += more
    if not submissions:
        why = "; ".join(f"{each.path}: {each.reason}" for each in listed[:3])
        why = f" Not graded: {why}." if why else ""
        raise CourseworkError(f"No submission is in {folder}: it should hold {LAYOUT}.{why}")
    return submissions, sorted(listed, key=lambda each: (each.student, each.path))


def _one_each(candidates):
    """Of several notebooks of a student's for a chapter the one with the most in it. Students of
    one name get their number behind it."""
    numbers, groups, chosen, listed = defaultdict(set), defaultdict(list), [], []
    for each in candidates:
        numbers[each.student].add(each.number)
    for each in candidates:
        if len(numbers[each.student]) > 1 and each.number:
            each = replace(each, student=f"{each.student}_{each.number}")
        groups[each.student, each.chapter].append(each)
    for several in groups.values():
        if len(several) > 1:
            several.sort(key=_worth)
        *others, best = several
        for other in others:
            same = other.text == best.text and not other.unreadable
            why = f"the same as {best.path}" if same else f"{best.path} was graded in its place"
            listed.append(NotGraded(other.student, other.path, why))
        if any(other.text != best.text for other in others):
            said = f"{len(several)} notebooks were handed in for {best.chapter}: {best.path} was"
            best = replace(best, remarks=(f"{said} graded.",))
        chosen.append(best)
    return chosen, listed


def _worth(one):
    """What decides between two notebooks: how many answers are not as they were given out, then
    the usual name, then the later hand-in."""
    answered = -1
    if not one.unreadable:
        master = _master(one.chapter, assignment.master_text(one.chapter))
        asked = [cell for cell in master.cells if cell.solution]
        given = {cell.id: assignment.cleared(cell.source, CODE_STUB).split() for cell in asked}
        try:
            with sandbox.bounded(READING):
                cells = submission.rebuild(master, one.text)[0]
        except (MemoryError, RecursionError):
            cells = []
        answered = sum(c.source.split() not in ([], given[c.id]) for c in cells if c.id in given)
    return answered, one.path.split("/")[-1] == "exercises.ipynb", one.order, one.path


def _text(entry):
    """A notebook without outputs, and why it cannot be read; Unreadable if it is to be none."""
    name = entry.parts[-1].lower()
    is_notebook, ending = ".ipynb" in name, name.rpartition(".")[2] if "." in name else ""
    if not is_notebook and ending not in ("", "json", "txt"):
        raise Unreadable(SAID.get(ending, "no notebook"))
    try:
        with sandbox.bounded(READING):
            return submission.lean(entry.read()), ""
    except UNOPENED as problem:
        raise Unreadable(_unopened(problem)) from None
    except Unreadable as problem:
        if not is_notebook:
            raise Unreadable("no notebook") from None
        return "", str(problem)


_master = lru_cache(assignment.SourceAssignment)


def _chapter_of(text):
    """The chapter whose marks, or whose answers, a notebook holds; empty if it is of none."""
    if not text:
        return ""
    cells = assignment.cells_of(text)
    ids, code = {cell.id for cell in cells}, "\n".join(cell.source for cell in cells)
    signs = {}
    for chapter in assignment.chapters():
        master = _master(chapter, assignment.master_text(chapter))
        names = [each.name for each in master.exercises if not each.by_hand]
        defined = sum(submission.defines(name)(code) for name in names)
        signs[chapter] = len(ids & set(master.by_id)), defined
    best = max(signs, key=signs.get)
    enough = 0 if len(signs) == 1 else 2
    return best if max(signs[best]) > enough else ""


# -- names ----------------------------------------------------------------------------------------


def _whose(entry):
    """The student whom the first part of a path names, with the numbers that it holds."""
    first, more = entry.parts[0], {}
    stem = re.sub(r"\.(ipynb|zip|json|txt|py)(\..*)?$", "", first, flags=re.I)
    if found := MOODLE.fullmatch(first) or MOODLE.fullmatch(f"{first}_"):
        name, more = found["name"], {"number": found["number"]}
    elif len(entry.parts) > 1 and not first.lower().endswith(".zip"):
        name = first
    elif found := CANVAS.fullmatch(stem):
        name, number = found["name"], found["number"]
        more = {"number": number, "canvas_id": number, "order": int(found["hand_in"])}
    else:
        name = COPY.sub("", stem)
    name = composed(name)
    student = f"{name}_{more['number']}" if "canvas_id" in more else name
    return Submission(student, name, entry.path, **more)


def _check(name):
    """Unreadable if a name cannot be a student's: any script will do, and no signs of control."""
    kinds = {unicodedata.category(sign)[0] for sign in name if sign not in JOINERS}
    if name.startswith(FORMULA) or not kinds & {"L", "N"}:
        why = "it must hold a letter or a digit and not begin like a formula of a spreadsheet"
    elif "C" in kinds or set(name) & set('/\\<>|*?:"'):
        why = "it holds signs that no file may have"
    elif len(name) > 120:
        why = "it is too long"
    else:
        return
    raise Unreadable(f"{name[:80]!r} is no name for a student: {why}")


# -- files ----------------------------------------------------------------------------------------


def _walk(place: Path, leave: Path | None) -> Iterator[Entry]:
    """Every file below a folder or in a zip; a path begins with a student's folder or file."""
    groups = defaultdict(list)
    if zipfile.is_zipfile(place):
        entries = [replace(e, parts=e.parts[1:] or e.parts) for e in _zipped(place, (place.name,))]
    elif place.is_file():
        cut = " that can be opened: download it again, or" * (place.suffix == ".zip")
        raise CourseworkError(
            f"{place} is neither a folder nor a zip{cut or ':'} give one of {LAYOUT}."
        )
    else:
        paths = sorted(place.iterdir())
        entries = [each for path in paths for each in _below(path, (path.name,), leave)]
    for each in entries:
        groups[each.parts[0]].append(each)
    groups.pop("roster.csv", None)
    seen = {
        top: [e.parts for e in own if not any(map(_of_a_system, e.parts[:3]))]
        for top, own in groups.items()
    }
    only = sum(map(bool, seen.values())) == 1
    for top, own in groups.items():
        deep = _around(seen[top], only)
        yield from (replace(each, parts=each.parts[deep:] or each.parts) for each in own)


def _around(paths, only):
    """How many first parts of paths are nobody's: a folder or zip around what Canvas or Moodle
    export, or two such, or the only folder, around a class."""
    if not paths or _of_a_class(paths[0]):
        return 0
    for deep in (1, 2):
        same = len({parts[:deep] for parts in paths}) == 1
        if same and all(_of_a_class(parts[deep:]) for parts in paths):
            return deep
    notebooks = [parts for parts in paths if len(parts) > 1 and ".ipynb" in parts[-1].lower()]
    inside = {parts[1] for parts in notebooks}
    of_one = any(each in assignment.chapters() or "exercise" in each.lower() for each in inside)
    return 1 if only and len(inside) > 1 and not of_one else 0


def _below(path, parts, leave):
    try:
        mode = path.lstat().st_mode
        inside = sorted(path.iterdir()) if stat.S_ISDIR(mode) else []
    except OSError as problem:
        yield Entry(parts, None, _unopened(problem))
        return
    if leave is not None and path.resolve() == leave.resolve():
        return
    if stat.S_ISLNK(mode):
        reason = "a link: it is not followed"
    elif stat.S_ISDIR(mode):
        reason = _of_a_system(path.name) or ("" if inside else "an empty folder")
    else:
        reason = "" if stat.S_ISREG(mode) else "no file"
    if reason:
        yield Entry(parts, None, reason)
    elif stat.S_ISDIR(mode):
        for each in inside:
            yield from _below(each, (*parts, each.name), leave)
    elif path.name.lower().endswith(".zip"):
        yield from _zipped(path, parts)
    else:
        yield _entry(parts, lambda: _bounded(path.open("rb")))


def _entry(parts, read):
    reason = next(filter(None, map(_of_a_system, parts)), "")
    return Entry(parts, None if reason else read, reason)


def _of_a_class(names):
    """Whether the first of the names is one that Canvas or Moodle give to a hand-in."""
    return any(CANVAS.fullmatch(name) or MOODLE.fullmatch(f"{name}_") for name in names[:1])


def _of_a_system(name):
    if name == "__MACOSX" or name.startswith("._"):
        return "a Mac's companion of a file, no notebook"
    if name == ".ipynb_checkpoints":
        return "an earlier version that Jupyter has kept"
    return "a hidden file" if name.startswith(".") else ""


def _zipped(file, parts, deep=0):
    """What a zip holds, and the zips in it: of a class those of students, of a student one."""
    try:
        archive = _opened(file)
        infos = [each for each in archive.infolist() if not each.is_dir()]
        if not 0 < len(infos) <= MOST_IN_ZIP:
            many = f"a zip with more than {MOST_IN_ZIP} files"
            yield Entry(parts, None, many if infos else "an empty zip")
            return
        for info in infos:
            name = info.filename
            inner = [part for part in re.split(r"[/\\]", name) if part]
            where = (*parts, *inner)
            if ".." in inner or name.startswith(("/", "\\")) or ":" in name.split("/")[0][:2]:
                yield Entry(where, None, "its path leads out of the zip")
            elif stat.S_ISLNK(info.external_attr >> 16):
                yield Entry(where, None, "a link: it is not followed")
            elif name.lower().endswith(".zip") and deep < 1:
                yield from _zipped(io.BytesIO(_bounded(archive.open(info))), where, deep + 1)
            else:
                yield _entry(where, lambda info=info: _bounded(archive.open(info)))
    except UNOPENED as problem:
        yield Entry(parts, None, _unopened(problem))


def _opened(file):
    try:  # a Mac writes names in UTF-8 and does not say so
        return zipfile.ZipFile(file, metadata_encoding="utf-8")
    except UnicodeError:
        return zipfile.ZipFile(file)


def _bounded(file):
    """At most one byte more than a notebook may have: `lean` then says that it is too large."""
    with file:
        return file.read(submission.LARGEST_FILE + 1)


def _unopened(problem):
    encrypted = "password" in str(problem)
    return f"it cannot be opened ({'it is encrypted' if encrypted else type(problem).__name__})"
