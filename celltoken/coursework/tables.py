"""Tables that people open in a spreadsheet, and what they typed there, which is never lost.

A table is read as any spreadsheet may have saved it (UTF-8, UTF-16, Windows; comma, semicolon or
tab). Before a table changes, the one that is there goes to the folder ``earlier``.
"""

import csv
import hashlib
import io
import re
from datetime import datetime
from pathlib import Path

from celltoken import lessons
from celltoken.coursework import CourseworkError
from celltoken.coursework.assignment import composed
from celltoken.coursework.submission import decoded, guessed

BY_HAND = (
    "student", "chapter", "exercise", "points", "maximum", "comment", "answer", "number", "remark",
)  # fmt: skip
MARK = "\ufeff"  # by which spreadsheets know UTF-8
CHANGED = "The answer has changed since."
EMPTY = "(no answer)"
# A roster may be what Canvas exports of its gradebook, or Moodle of an assignment to grade.
OTHER_NAMES = {
    "sis user id": "sis_user_id", "sis login id": "sis_login_id",
    "full name": "student", "identifier": "moodle_id", "email address": "email",
}  # fmt: skip
NO_STUDENTS = ("Points Possible", "Student, Test")  # rows of Canvas's


def roster(path: Path) -> list[dict]:
    """The rows of a roster; none if there is no such file."""
    rows = [row for row in read(path, ("student",), OTHER_NAMES)[1] if row["student"].strip()]
    for row in rows:
        row["moodle_id"] = row.get("moodle_id", "").removeprefix("Participant ")
        if "sis_login_id" in row or "sis_user_id" in row:  # else "ID" is anybody's number
            row.setdefault("canvas_id", row.get("ID", ""))
    return [row for row in rows if not row["student"].strip().startswith(NO_STUDENTS)]


def by_hand(results: list[dict], path: Path, kept: Path) -> tuple[str, list[str]]:
    """Put the points and comments that a person typed into the results; return the new text of the
    table, and what to say. CourseworkError if the table cannot be read, or points in it are none.

    Every line that is there stays, with its comments and added columns; lines of answers that are
    not in these results stand last. Of lines that were there when ``kept`` was written and are
    there no more, those with points or a comment are put back.
    """
    head, rows, separator = read(path, BY_HAND[:4])
    written = read(kept, BY_HAND[:4])[1]
    head = [*BY_HAND, *(name for name in head if name not in BY_HAND)]
    others = [each for each in path.parent.glob(f"{path.stem}.*") if each != path]
    said = [f"{each} is not read: save it as {path.name}" for each in others]
    if guessed(path.read_bytes() if path.is_file() else b""):
        said.append(f"{path} is not UTF-8, and its letters were guessed: look at the comments")
    there = {_line(row) for row in rows}
    lost = [r for r in written if (r["points"] or r["comment"]) and _line(r) not in there]
    here = {plain(each["student"]) for each in results}
    back = [row for row in lost if plain(row["student"]) not in here]
    lines, used, changed = [], [], 0
    for result, each in _open_answers(results):
        fits = _lines_of(result, each["name"], rows, results)
        if not fits:
            fits = _lines_of(result, each["name"], lost, results)
            back += fits
        row = next((row for row in reversed(fits) if row["points"].strip()), None)
        row = row or (fits[-1] if fits else dict.fromkeys(head, ""))
        used.append(row)
        _take(row, each, path)
        answer = " " + _shown(each)  # a spreadsheet would take a leading = for a formula
        if (row["points"] or row.get("comment")) and _differ(row.get("answer"), answer):
            row["remark"] = CHANGED
            changed += 1
        about = {"student": result["student"], "chapter": result["chapter"]}
        about |= {"exercise": each["name"], "maximum": f"{each['maximum']:g}"}
        lines.append(row | about | {"answer": answer, "number": result.get("number", "")})
    rest = [row for row in rows + back if not any(row is each for each in used)]
    if changed:
        said.append(
            f"answers that have changed since they were given points: {changed}, see {path}"
        )
    if rest:
        said.append(f"lines of {path} that belong to no answer here, and are kept: {len(rest)}")
    if back:
        names = ", ".join(sorted({row["student"] for row in back}))
        said.append(f"lines that were deleted from {path} are back ({names}): clear their points")
    body = [[row.get(name) or "" for name in head] for row in lines + rest]
    return text([head, *body], separator), said


def _open_answers(results):
    graded = [each for each in results if each["status"] == "graded"]
    return [(result, each) for result in graded for each in result["exercises"] if each["by_hand"]]


def _shown(exercise):
    return exercise["answer"].strip()[:5000] or EMPTY


def _line(row):
    return plain(row["student"]), row["chapter"], row["exercise"]


def _lines_of(result, exercise, rows, results):
    """The lines that are about an answer: by the student's name or number as written, else as a
    spreadsheet may have changed them, if no other student can be meant."""
    where, number, student = (result["chapter"], exercise), result.get("number"), result["student"]
    here = [row for row in rows if (row["chapter"], row["exercise"]) == where]
    exact = [r for r in here if r["student"] == student]
    exact = exact or [r for r in here if number and plain(r.get("number") or "") == plain(number)]
    if exact:
        return exact
    asked = [(r["student"], e) for r, e in _open_answers(results) if r["chapter"] == where[0]]
    answers = {who: _shown(each) for who, each in asked if each["name"] == exercise}

    def meant(row):
        alike = {who for who in answers if plain(who) == plain(row["student"])}
        return alike or {
            who
            for who, answer in answers.items()
            if _may_be(row["student"], who) and _may_be(row.get("answer") or "", answer)
        }

    return [row for row in here if row["student"] not in answers and meant(row) == {student}]


def _may_be(saved, now):
    """Whether a spreadsheet may have saved a text so: with other signs for those that its code
    lacks, or a long number with six digits."""
    saved, now = (re.sub("[^ -~]", "?", "".join(part.split())) for part in (saved, now))
    if now.isdigit() and re.fullmatch(r"\d[.,]\d+E\+\d+", saved):
        return float(saved.replace(",", ".")) == float(f"{int(now):.5E}")
    return saved == now


def _take(row, exercise, path):
    """Points and comment of a line become those of an answer."""
    given, where = row["points"].strip(), f"{path}, line {row.get('', '?')}"
    exercise["comment"] = row.get("comment") or ""
    if not given:
        return
    try:
        points = float(given.replace(",", "."))
    except ValueError:
        raise CourseworkError(f"{where}: {given!r} is no number of points.") from None
    if not 0 <= points <= exercise["maximum"]:
        most = f"{exercise['maximum']:g}"
        raise CourseworkError(f"{where}: {points:g} points are not between 0 and {most}.")
    exercise["points"] = points


def _differ(before, now):
    """Whether an answer is another one; signs that a spreadsheet has lost do not count."""
    if not (before or "").strip():
        return False
    old, new = (re.sub(r"\W", "", text) for text in (before, now))
    if old != new and ("?" in before or "\ufffd" in before):
        old, new = (re.sub("[^0-9A-Za-z]", "", text) for text in (old, new))
    return old != new


def plain(name: str) -> str:
    """A name or number as it can be compared: a spreadsheet makes 7 or 7.0 of 007."""
    name = composed(str(name)).casefold()
    number = re.fullmatch(r"0*(\d+?)(?:[.,]0+)?", name)
    return number[1] if number else name


# -- files ----------------------------------------------------------------------------------------


def read(
    path: Path, needed: tuple[str, ...], other_names: dict[str, str] | None = None
) -> tuple[list[str], list[dict], str]:
    """Names of the columns, rows (under the name "" the number of the line) and the separator."""
    if not path.is_file():
        return [], [], ","
    content = decoded(path.read_bytes()).lstrip("\ufeff")
    if said := re.match(r'"?sep=(.)"?\r?\n', content):  # for Excel alone
        content = content[said.end() :]
    first = content.split("\n")[0]
    separator = said[1] if said else max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    try:
        head, *body = [[name.strip() for name in next(lines, [])], *lines]
    except csv.Error as problem:
        raise CourseworkError(f"{path} is no table that can be read ({problem}).") from None
    known = {name.lower(): name for name in (*BY_HAND, *needed)} | (other_names or {})
    head = [known.get(name.lower(), name) for name in head]
    if missing := [each for each in needed if each not in head]:
        raise CourseworkError(f"{path} has no column {missing[0]!r}: it needs {', '.join(needed)}.")
    head += [""] * (max(map(len, body), default=0) - len(head))
    head = [
        name if name and name not in head[:place] else f"column {place + 1}"
        for place, name in enumerate(head)
    ]
    rows = []
    for number, cells in enumerate(body, 2):
        if any(cell.strip() for cell in cells):
            cells = cells + [""] * (len(head) - len(cells))
            rows.append(dict(zip(head, cells, strict=True)) | {"": number})
    return head, rows, separator


def text(rows: list[list], separator: str = ",") -> str:
    into = io.StringIO()
    csv.writer(into, delimiter=separator, lineterminator="\n").writerows(rows)
    return into.getvalue()


def write(path: Path, content: str, marked: bool = False) -> None:
    """Write a table; if another is there, that goes to ``earlier`` first. A table for people is
    ``marked`` as UTF-8 if it holds letters that a spreadsheet would else misread."""
    content = MARK * (marked and not content.isascii()) + content
    before = path.read_bytes() if path.is_file() else None
    if before == content.encode():
        return
    if before is not None:
        earlier = path.parent / "earlier"
        earlier.mkdir(exist_ok=True)
        stamp = f"{datetime.now():%Y-%m-%d_%H-%M-%S-%f}"
        (earlier / f"{path.stem}_{stamp}{path.suffix}").write_bytes(before)
    lessons.write(path, content)


def file_name(student: str) -> str:
    """The name of a student's files: a file's may have 255 bytes, whatever the script."""
    raw = student.encode()
    if len(raw) <= 160:
        return student
    return raw[:140].decode(errors="ignore") + "-" + hashlib.sha256(raw).hexdigest()[:12]
