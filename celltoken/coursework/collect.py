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
from pathlib import Path, PurePosixPath

from celltoken.coursework import CourseworkError, assignment, sandbox, submission
from celltoken.coursework.assignment import Unreadable

# How Canvas and Moodle name what they let you download: a number of the user's, then the rest.
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<number>\d+)_(?P<hand_in>\d+)_.+")
MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_\w+?_(?P<rest>.*)")
COPY = re.compile(r"(?: ?\(\d+\)|-Copy\d+)+$")
LAYOUT = "<student>/<chapter>/exercises.ipynb or <student>.ipynb"
READING = 2**31  # bytes of memory that reading one notebook may take
MOST_IN_ZIP, JOINERS = 500, "\u200c\u200d"  # some scripts join letters with these
SAID = {
    "py": "a Python program, no notebook: ask for exercises.ipynb",
    "rar": "an archive that is no zip: ask for exercises.ipynb",
    "7z": "an archive that is no zip: ask for exercises.ipynb",
    "gz": "an archive that is no zip: ask for exercises.ipynb",
}


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


def find(folder: Path, leave: Path | None = None) -> tuple[list[Submission], list[NotGraded]]:
    """The submissions in a folder or a zip, but for what is in ``leave``, and what is none.

    Raises
    ------
    CourseworkError
        If there is no submission at all.
    """
    if not folder.exists():
        raise CourseworkError(f"There is no folder {folder}: give one that holds {LAYOUT}.")
    found, listed = [], []
    for entry in _walk(folder, leave):
        whose = _whose(entry.parts)
        name, problem = _checked(whose["name"])
        about = name or entry.parts[0][:80]
        try:
            if entry.reason or problem:
                raise Unreadable(entry.reason or problem)
            raw = entry.read()
            found.append((entry, name, whose, *_text(entry.parts[-1], raw)))
        except Unreadable as problem:
            listed.append(NotGraded(about, entry.path, str(problem)))
        except (OSError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile) as bad:
            listed.append(NotGraded(about, entry.path, f"it cannot be opened ({_kind(bad)})"))
    held = [_chapter_of(text) for *_, text, _ in found]
    usual, candidates = set(held) - {None} or set(assignment.chapters()), []
    for (entry, name, whose, text, unreadable), chapter in zip(found, held, strict=True):
        if chapter is None and (unreadable or "exercise" in entry.parts[-1].lower()):
            named = [part for part in entry.parts[:-1] if part in assignment.chapters()]
            chapter = named[-1] if named else min(usual) if len(usual) == 1 else None
        if chapter is None:  # perhaps a lesson that was handed in along with the exercises
            why = unreadable or "it holds none of the exercises"
            listed.append(NotGraded(name, entry.path, why))
            continue
        number, order = whose["number"], whose["hand_in"]
        canvas = number if whose["canvas"] else ""
        student = f"{name}_{number}" if canvas else name
        about = (student, chapter, entry.path, text, unreadable, name, number, canvas, order)
        candidates.append(Submission(*about))
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


def _text(name, raw):
    """A notebook without outputs, and why it cannot be read; Unreadable if it is to be none."""
    is_notebook = ".ipynb" in name.lower()
    ending = name.lower().rsplit(".", 1)[-1] if "." in name else ""
    if not is_notebook and ending not in ("", "json", "txt"):
        raise Unreadable(SAID.get(ending, "no notebook"))
    try:
        with sandbox.bounded(READING):
            return submission.lean(raw), ""
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
    """A student's name as it is used, or why it cannot be one: any script, no signs of control."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    kinds = [unicodedata.category(sign) for sign in name if sign not in JOINERS]
    why = ""
    if not kinds or kinds[0][0] not in "LN":
        why = "begin it with a letter or a digit (a spreadsheet takes other signs for a formula)"
    elif any(kind[0] == "C" for kind in kinds) or set(name) & set('/\\<>|*?:"'):
        why = "it holds signs that no file may have"
    elif len(name) > 120:
        why = "it is too long"
    return (None, f"{name[:80]!r} is no name for a student: {why}") if why else (name, "")


# -- files ----------------------------------------------------------------------------------------


def _walk(place: Path, leave: Path | None) -> Iterator[Entry]:
    if place.is_file():
        with zipfile.ZipFile(place) if zipfile.is_zipfile(place) else _no_zip(place) as archive:
            yield from _members(archive, ())
        return
    for path in sorted(place.iterdir()):
        if path.name != "roster.csv":
            yield from _below(path, (path.name,), leave)


def _no_zip(place):
    raise CourseworkError(f"{place} is neither a folder nor a zip: give one that holds {LAYOUT}.")


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
        # A folder around what an export holds is nobody's.
        own = () if len(parts) == 1 and _of_a_class(each.name for each in inside) else parts
        for each in inside:
            yield from _below(each, (*own, each.name), leave)
        if not inside:
            yield Entry(parts, None, "an empty folder")
    elif not stat.S_ISREG(mode):
        yield Entry(parts, None, "no file")
    elif path.name.lower().endswith(".zip"):
        try:
            with zipfile.ZipFile(path) as archive:
                yield from _members(archive, parts)
        except (OSError, zipfile.BadZipFile, ValueError) as problem:
            yield Entry(parts, None, f"it cannot be opened ({_kind(problem)})")
    else:
        yield _entry(parts, lambda: _bounded(path.open("rb")))


def _entry(parts, read):
    reason = next(filter(None, map(_of_a_system, parts)), "")
    return Entry(parts, None if reason else read, reason)


def _of_a_class(names):
    """Whether names are those that Canvas or Moodle give to the hand-ins of a class."""
    names = [name for name in names if not _of_a_system(name)]
    fit = [CANVAS.fullmatch(name) or MOODLE.fullmatch(f"{name}_") for name in names]
    return bool(names) and all(fit)


def _of_a_system(name):
    if name == "__MACOSX" or name.startswith("._"):
        return "a Mac's companion of a file, no notebook"
    if name == ".ipynb_checkpoints":
        return "an earlier version that Jupyter has kept"
    return "a hidden file" if name.startswith(".") else ""


def _members(archive, parts, nested=False):
    """What a zip holds: that of a student, or of a class as Canvas and Moodle export it."""
    infos = [each for each in archive.infolist() if not each.is_dir()]
    names = [_decoded(each) for each in infos]
    paths = [[part for part in re.split(r"[/\\]", name) if part] for name in names]
    tops = {path[0] for path in paths if path and not _of_a_system(path[0])}
    around = len(parts) < 2 and len(tops) == 1 and min(map(len, paths)) > 1
    if around and _of_a_class(path[1] for path in paths if path[0] in tops):
        parts, paths = (), [path[1:] if path[0] in tops else path for path in paths]
    elif len(parts) == 1 and _of_a_class(tops):
        parts = ()
    if parts and not 0 < len(infos) <= MOST_IN_ZIP:
        many = f"a zip with more than {MOST_IN_ZIP} files"
        yield Entry(parts, None, many if infos else "an empty zip")
        return
    for info, name, inner in zip(infos, names, paths, strict=True):
        where = (*parts, *inner) or (archive.filename or "zip",)
        if ".." in inner or name.startswith(("/", "\\")) or ":" in name.split("/")[0][:2]:
            yield Entry(where, None, "its path leads out of the zip")
        elif stat.S_ISLNK(info.external_attr >> 16):
            yield Entry(where, None, "a link: it is not followed")
        elif name.lower().endswith(".zip") and not nested:
            try:
                with zipfile.ZipFile(io.BytesIO(_bounded(archive.open(info)))) as inside:
                    yield from _members(inside, where, nested=bool(parts))
            except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as problem:
                yield Entry(where, None, f"it cannot be opened ({_kind(problem)})")
        else:
            yield _entry(where, lambda info=info: _bounded(archive.open(info)))


def _decoded(info):
    """The name of a file in a zip, which a Mac writes in UTF-8 and does not say so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


def _bounded(file):
    """At most one byte more than a notebook may have: `lean` then says that it is too large."""
    with file:
        return file.read(submission.LARGEST_FILE + 1)


def _kind(problem):
    return "it is encrypted" if "password" in str(problem) else type(problem).__name__
