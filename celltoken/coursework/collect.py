"""Find the hand-ins of a class, in whatever form they came; list what is none, with the reason.

A folder or a zip is walked without following links and without writing what it holds. The first
part of a path says whose it is: a student's folder or file, or what Canvas and Moodle make of one.
One bad hand-in is nobody else's business: it is marked or listed, and the next one follows.
"""

import contextlib
import io
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from celltoken.coursework import CourseworkError, assignment, sandbox, submission
from celltoken.coursework.assignment import Unreadable

# How Canvas and Moodle name what they let you download: a number of the user's, then the rest.
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<number>\d+)_(?P<hand_in>\d+)_.+")
MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_\w+?_(?P<rest>.*)")
COPY = re.compile(r"(?: ?\(\d+\)|-Copy\d+)+$")
LAYOUT = "<student>/<chapter>/exercises.ipynb or <student>.ipynb"
READING = 2**31  # bytes of memory that reading one notebook may take
MOST_IN_ZIP, JOINERS = 10_000, "\u200c\u200d"  # some scripts join letters with these
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
    chapter: str
    path: str
    text: str = ""
    unreadable: str = ""
    name: str = ""
    number: str = ""
    canvas_id: str = ""
    order: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotGraded:
    """A file or a student without a grade."""

    student: str
    path: str
    reason: str
    number: str = ""


def find(folder: Path, leave: Path | None = None) -> tuple[list[Submission], list[NotGraded]]:
    """The submissions in a folder or a zip, but for what is in ``leave``, and what is none.

    Raises
    ------
    CourseworkError
        If there is no submission at all.
    """
    if not folder.exists():
        raise CourseworkError(f"There is no folder {folder}: give one that holds {LAYOUT}.")
    read, listed = [], []
    for entry in _walk(folder, leave):
        whose = _whose(entry.parts)
        try:
            if entry.reason:
                raise Unreadable(entry.reason)
            name = _checked(whose["name"])
            text, why = _text(entry)
            read.append((entry, name, whose, text, why, _chapter_of(text)))
        except Unreadable as problem:
            name = _composed(whose["name"])[:80]
            listed.append(NotGraded(name, entry.path, str(problem), whose["number"]))
    usual, candidates = {each[-1] for each in read} - {None} or set(assignment.chapters()), []
    for entry, name, whose, text, why, chapter in read:
        number = whose["number"]
        if chapter is None and (why or "exercise" in entry.parts[-1].lower()):
            named = [part for part in entry.parts[:-1] if part in assignment.chapters()]
            chapter = named[-1] if named else min(usual) if len(usual) == 1 else None
        if chapter is None:  # perhaps a lesson that was handed in along with the exercises
            why = why or "it holds none of the exercises"
            listed.append(NotGraded(name, entry.path, why, number))
            continue
        canvas = number if whose["canvas"] else ""
        about = (f"{name}_{number}" if canvas else name, chapter, entry.path, text, why)
        candidates.append(Submission(*about, name, number, canvas, whose["hand_in"]))
    submissions, more = _one_each(_told_apart(candidates))
    listed += more
    if not submissions:
        why = "; ".join(f"{each.path}: {each.reason}" for each in listed[:3])
        why = f" Not graded: {why}." if why else ""
        raise CourseworkError(f"No submission is in {folder}: it should hold {LAYOUT}.{why}")
    return submissions, sorted(listed, key=lambda each: (each.student, each.path))


def _told_apart(candidates):
    """Students of one name get their number behind it."""
    numbers = defaultdict(set)
    for each in candidates:
        numbers[each.student].add(each.number)
    return [
        replace(each, student=f"{each.student}_{each.number}")
        if len(numbers[each.student]) > 1 and each.number
        else each
        for each in candidates
    ]


def _one_each(candidates):
    """Of several notebooks of a student's for a chapter the one with the most in it."""
    groups, chosen, listed = defaultdict(list), [], []
    for each in candidates:
        groups[each.student, each.chapter].append(each)
    for (student, chapter), several in groups.items():
        if len(several) > 1:
            several.sort(key=lambda each: (_answered(each), _usual(each), each.order, each.path))
        best, others = several[-1], several[:-1]
        for other in others:
            same = other.text == best.text and not other.unreadable
            why = f"the same as {best.path}" if same else f"{best.path} was graded in its place"
            listed.append(NotGraded(student, other.path, why))
        if any(other.text != best.text for other in others):
            said = f"{len(several)} notebooks were handed in for {chapter}: {best.path} was graded."
            best = replace(best, remarks=(said,))
        chosen.append(best)
    return chosen, listed


def _answered(one):
    """How many answers a notebook holds that are not as they were given out."""
    if one.unreadable:
        return -1
    master = _master(one.chapter, assignment.master_text(one.chapter))
    given = {
        cell.id: assignment.cleared(cell.source, assignment.CODE_STUB) for cell in master.cells
    }
    try:
        with sandbox.bounded(READING):
            cells = {cell.id: cell.source for cell in submission.rebuild(master, one.text)[0]}
    except (MemoryError, RecursionError):
        return 0
    names = [each.name for each in master.exercises]
    return sum(cells[name].split() not in ([], given[name].split()) for name in names)


def _usual(one):
    """Whether a file has the name that it was given out with."""
    return PurePosixPath(one.path).name == "exercises.ipynb"


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
        raise Unreadable(f"it cannot be opened ({_kind(problem)})") from None
    except Unreadable as problem:
        if not is_notebook:
            raise Unreadable("no notebook") from None
        return "", str(problem)


_master = lru_cache(assignment.SourceAssignment)


def _chapter_of(text):
    """The chapter whose marks, or whose answers, a notebook holds."""
    if not text:
        return None
    cells = assignment.cells_of(text)
    ids, code = {cell.id for cell in cells}, "\n".join(cell.source for cell in cells)
    signs = {}
    for chapter in assignment.chapters():
        master = _master(chapter, assignment.master_text(chapter))
        marks = len(ids & set(master.by_id))
        names = [each.name for each in master.exercises if not each.by_hand]
        signs[chapter] = marks, sum(submission.defines(name)(code) for name in names)
    best = max(signs, key=signs.get)
    only = len(signs) == 1 and any(signs[best])
    return best if only or signs[best][0] > 2 or signs[best][1] > 2 else None


# -- names ----------------------------------------------------------------------------------------


def _whose(parts):
    """The name and the numbers that the first part of a path holds."""
    first, none = parts[0], {"number": "", "hand_in": 0, "canvas": False}
    if found := MOODLE.fullmatch(first) or MOODLE.fullmatch(f"{first}_"):
        return none | {"name": found["name"], "number": found["number"]}
    if len(parts) > 1 and not first.lower().endswith(".zip"):
        return none | {"name": first}
    stem = re.sub(r"\.(ipynb|zip|json|txt|py)(\..*)?$", "", first, flags=re.I)
    if found := CANVAS.fullmatch(stem):
        numbers = {"number": found["number"], "hand_in": int(found["hand_in"]), "canvas": True}
        return numbers | {"name": found["name"]}
    return none | {"name": COPY.sub("", stem)}


def _checked(name):
    """A student's name as it is used: any script, no signs of control; Unreadable if it is none."""
    name = _composed(name)
    kinds = [unicodedata.category(sign) for sign in name if sign not in JOINERS]
    if not kinds or kinds[0][0] not in "LN":
        why = "begin it with a letter or a digit (a spreadsheet takes other signs for a formula)"
    elif any(kind[0] == "C" for kind in kinds) or set(name) & set('/\\<>|*?:"'):
        why = "it holds signs that no file may have"
    elif len(name) > 120:
        why = "it is too long"
    else:
        return name
    raise Unreadable(f"{name[:80]!r} is no name for a student: {why}")


def _composed(name):
    return " ".join(unicodedata.normalize("NFC", name).split())


# -- files ----------------------------------------------------------------------------------------


def _walk(place: Path, leave: Path | None) -> Iterator[Entry]:
    """Every file below a folder or in a zip; a path begins with a student's folder or file."""
    groups = defaultdict(list)
    if zipfile.is_zipfile(place):
        entries = [replace(e, parts=e.parts[1:] or e.parts) for e in _zipped(place, (place.name,))]
    elif place.is_file():
        raise CourseworkError(f"{place} is neither a folder nor a zip: give one of {LAYOUT}.")
    else:
        inside = [path for path in sorted(place.iterdir()) if path.name != "roster.csv"]
        entries = [each for path in inside for each in _below(path, (path.name,), leave)]
    for each in entries:
        groups[each.parts[0]].append(each)
    for top, own in groups.items():
        # A folder or zip around what Canvas or Moodle export, or two such, are nobody's.
        seen = [e.parts for e in own if not any(map(_of_a_system, e.parts[:3]))]
        deep = 1 if all(_of_a_class(parts[1:]) for parts in seen) else 2
        only = {parts[1:deep] for parts in seen}
        around = seen and len(only) == 1 and all(_of_a_class(parts[deep:]) for parts in seen)
        deep = deep if around and not _of_a_class([top]) else 0
        yield from (replace(each, parts=each.parts[deep:] or each.parts) for each in own)


def _below(path, parts, leave):
    try:
        mode = path.lstat().st_mode
        inside = sorted(path.iterdir()) if stat.S_ISDIR(mode) else []
    except OSError as problem:
        yield Entry(parts, None, f"it cannot be opened ({_kind(problem)})")
        return
    if leave is not None and path.resolve() == leave.resolve():
        return
    if stat.S_ISLNK(mode):
        yield Entry(parts, None, "a link: it is not followed")
    elif stat.S_ISDIR(mode) and (reason := _of_a_system(path.name)):
        yield Entry(parts, None, reason)
    elif stat.S_ISDIR(mode):
        for each in inside:
            yield from _below(each, (*parts, each.name), leave)
        if not inside:
            yield Entry(parts, None, "an empty folder")
    elif not stat.S_ISREG(mode):
        yield Entry(parts, None, "no file")
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
        archive = zipfile.ZipFile(file)
        infos = [each for each in archive.infolist() if not each.is_dir()]
        if not 0 < len(infos) <= MOST_IN_ZIP:
            many = f"a zip with more than {MOST_IN_ZIP} files"
            yield Entry(parts, None, many if infos else "an empty zip")
            return
        for info in infos:
            name = _decoded(info)
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
        yield Entry(parts, None, f"it cannot be opened ({_kind(problem)})")


def _decoded(info):
    """The name of a file in a zip, which a Mac writes in UTF-8 and does not say so."""
    with contextlib.suppress(UnicodeError):
        if not info.flag_bits & 0x800:
            return info.filename.encode("cp437").decode("utf-8")
    return info.filename


def _bounded(file):
    """At most one byte more than a notebook may have: `lean` then says that it is too large."""
    with file:
        return file.read(submission.LARGEST_FILE + 1)


def _kind(problem):
    return "it is encrypted" if "password" in str(problem) else type(problem).__name__
