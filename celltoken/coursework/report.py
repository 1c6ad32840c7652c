"""What an instructor takes away: tables for the gradebooks, feedback for students, a picture.

Whatever a student wrote is shown as text, never as HTML; ``feedback.html`` allows no script.
"""

import os
from collections import defaultdict
from itertools import chain
from pathlib import Path

import jinja2
import pandas as pd

from celltoken import lessons
from celltoken.coursework import collect, tables

FOR_PROGRAMS = ("canvas.csv", "moodle.csv")


def write(
    results: list[dict], listed: list[collect.NotGraded], out: Path, people: list[dict]
) -> tuple[list[Path], list[str]]:
    """Write everything for these results; return the files to look at, and what to say.

    Points and comments given by hand are taken from ``by_hand.csv``, where an earlier run has left
    a line for each open question; what a person typed there stays there. CourseworkError if it
    cannot be used: nothing has been written then.
    """
    kept = out / "results" / "by_hand.csv"  # as it is left, to know what is deleted from it
    typed, said = tables.by_hand(results, out / "by_hand.csv", kept)
    about, unlike = _people(results, people)
    said += unlike
    listed = listed + _absent(results, listed, people, about)
    written = {
        "grades.csv": grades(results, listed),
        "canvas.csv": canvas(results, about),
        "moodle.csv": moodle(results, about),
        # A space before a path, which so does not begin like a formula.
        "not_graded.csv": [["student", "file", "reason"]]
        + [[each.student, f" {each.path}".rstrip(), each.reason] for each in listed],
    }
    for name, rows in written.items():
        tables.write(out / name, tables.text(rows), marked=name not in FOR_PROGRAMS)
    tables.write(out / "by_hand.csv", typed, marked=True)
    kept.parent.mkdir(exist_ok=True)
    lessons.write(kept, typed)
    (out / "feedback").mkdir(exist_ok=True)
    for student, own in _by_student(results).items():
        name = tables.file_name(student)
        lessons.write(out / "feedback" / f"{name}.html", feedback(student, own))
    picture(results, out / "summary.png")
    files = [out / name for name in (*written, "by_hand.csv", "summary.png")] + [out / "feedback"]
    said += [f"not graded: {each.student}  {each.path or '-'}: {each.reason}" for each in listed]
    students = sorted({each["student"] for each in results})
    if strangers := [each for each in students if people and each not in about]:
        said.append(f"graded, and not in the roster: {', '.join(strangers)}")
    if left := [each for each in students if not _is_for_moodle(each, about)]:
        why = "not in the roster, or without the e-mail address that others have there"
        said.append(f"not in moodle.csv ({why}): {', '.join(left)}")
    return [path for path in files if path.exists()], said


# -- tables ---------------------------------------------------------------------------------------


def grades(results: list[dict], listed: list[collect.NotGraded] = ()) -> list[list]:
    """A row for each student, a column for each exercise; empty where a person has yet to grade."""
    one = {r["chapter"]: r["exercises"] for r in results}
    heads = [(c, e["name"], e["maximum"]) for c in sorted(one) for e in one[c]]
    titles = [f"{chapter}: {name} ({maximum:g})" for chapter, name, maximum in heads]
    rows = []
    for student, own in _by_student(results).items():
        graded = [r for r in own if r["status"] == "graded"]
        given = {(r["chapter"], e["name"]): e["points"] for r in graded for e in r["exercises"]}
        points = [given.get((chapter, name)) for chapter, name, _ in heads]
        maximum = sum(e["maximum"] for r in graded for e in r["exercises"]) if graded else None
        remarks = " ".join(text for r in own for text in r["remarks"])
        total = sum(each or 0 for each in points) if graded else None
        rows.append([student, *map(_number, [*points, total, maximum]), remarks])
    have = {row[0] for row in rows} | {""}  # of nobody's are files that a system has left
    for student in {each.student for each in listed} - have:
        own = [each for each in listed if each.student == student]
        why = "; ".join(f"{each.path}: {each.reason}".strip(": ") for each in own)
        rows.append([student, *[""] * (len(heads) + 2), f"Not graded. {why}."])
    return [["student", *titles, "total", "maximum", "remarks"], *sorted(rows)]


def canvas(results: list[dict], people: dict) -> list[list]:
    """The form of Canvas's own gradebook export, with a column for each chapter."""
    chapters = _chapters(results)
    heads = [f"{chapter.capitalize()} exercises" for chapter in chapters]
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *heads],
        ["    Points Possible", "", "", "", "", *map(_number, chapters.values())],
    ]
    for student, own in _by_student(results).items():
        known, number = people.get(student, {}), own[0].get("canvas_id", "")
        about = [known.get("name") or student, number or known.get("canvas_id", "")]
        login = known.get("sis_login_id") or ("" if number else student)
        about += [known.get("sis_user_id", ""), login, known.get("section", "")]
        totals = _totals(own)
        points = [_number(totals.get(chapter)) for chapter in chapters]
        rows.append([*about, *points])
    return rows


def moodle(results: list[dict], people: dict) -> list[list]:
    """For Moodle's import of grades: who, then points and feedback for each chapter.

    With a roster, whoever is not in it, or has no e-mail address where others have, is left out:
    an unknown name ends Moodle's import, and to a row without an address it gives the student of
    the row before.
    """
    chapters, kinds = _chapters(results), ("Real", "Feedback")
    heads = [f"{each.capitalize()} exercises ({kind})" for each in chapters for kind in kinds]
    rows = [["Username", "Email address", *heads]]
    for student, own in _by_student(results).items():
        totals, said = _totals(own), {r["chapter"]: _in_brief(r) for r in own}
        cells = [(_number(totals.get(each)), said.get(each, "")) for each in chapters]
        known = people.get(student, {})
        if totals and _is_for_moodle(student, people):
            rows.append([known.get("student") or student, known.get("email", ""), *chain(*cells)])
    return rows


def _is_for_moodle(student, people):
    has = {name for name, row in people.items() if row.get("email")} or set(people)
    return student in has or not people


def _people(results, people):
    """Student -> row of the roster: joined by number where there is one, else by name; and what to
    say of numbers that belong to somebody of another name."""
    about, said = {}, []
    names = defaultdict(list)
    for row in people:
        for name in {tables.plain(row["student"]), tables.plain(row.get("name") or "")}:
            names[name].append(row)
    for key in ("canvas_id", "moodle_id", "student", "name"):
        rows, meant = defaultdict(list), defaultdict(set)
        for row in people:
            rows[tables.plain(row.get(key) or "")].append(row)
        for each in results:
            number = "" if each["canvas_id"] else each["number"]
            own = tables.plain((each | {"moodle_id": number})[key])
            meant[own].add(each["student"])
        named = {each["student"]: names[tables.plain(each["name"])] for each in results}
        for own, students in meant.items():
            if own and len(rows[own]) == len(students) == 1 and not students & set(about):
                student, row = min(students), rows[own][0]
                if named[student] and row not in named[student]:
                    said.append(f"{key} {own} of the roster is not that of {student}: not used")
                else:
                    about[student] = row
    return about, said


def _absent(results, listed, people, about):
    """Those of the roster of whom there is neither a submission nor a file."""
    known = {tables.plain(part) for each in listed for part in (each.student, each.number)} - {""}
    here, keys = [id(row) for row in about.values()], ("student", "canvas_id", "moodle_id")
    return [
        collect.NotGraded(row["student"], "", "no submission")
        for row in people
        if id(row) not in here and not {tables.plain(row.get(key) or "") for key in keys} & known
    ]


def _by_student(results):
    found = defaultdict(list)
    for result in results:
        found[result["student"]].append(result)
    return dict(sorted(found.items()))


def _chapters(results):
    return {r["chapter"]: sum(e["maximum"] for e in r["exercises"]) for r in results}


def _totals(own):
    """Points for each chapter; none for what could not be graded, so that nobody is given 0."""
    graded = [r for r in own if r["status"] == "graded"]
    return {r["chapter"]: sum(e["points"] or 0 for e in r["exercises"]) for r in graded}


def _in_brief(result):
    if result["status"] != "graded":
        return result["remarks"][0]
    missed = [e for e in result["exercises"] if e["points"] is not None]
    missed = [e["name"] for e in missed if e["points"] < e["maximum"]]
    waiting = [e["name"] for e in result["exercises"] if e["points"] is None]
    parts = [f"To look at again: {', '.join(missed)}."] if missed else ["All checks passed."]
    return " ".join(parts + ["The open question is yet to be graded."] * bool(waiting))


def _number(value):
    return "" if value is None else f"{value:g}"


# -- feedback -------------------------------------------------------------------------------------


def feedback(student: str, results: list[dict]) -> str:
    """The page that a student gets."""
    pages = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = pages.from_string(Path(__file__).with_name("feedback.html").read_text("utf-8"))
    return page.render(student=student, results=results, said=_said, brief=_in_brief)


def _said(exercise):
    """Whether each check passes and what it says; the same complaint only once."""
    found = {}
    for place, check in enumerate(exercise["checks"]):
        good = check["state"] == "correct"
        said = check["said"].removeprefix(f"{exercise['name']}: ")
        if place and (good or said not in found):  # of the check that students do not see
            said = f"on other data: {said}"
        found.setdefault(said, good)
    return [(good, _begun(said)) for said, good in found.items()]


def _begun(sentence):
    """A sentence that begins with a word, not with a name of code, begins with a capital."""
    is_word = sentence.split(" ")[0].isalpha()
    return sentence[:1].upper() + sentence[1:] if is_word else sentence


# -- picture --------------------------------------------------------------------------------------


def picture(results: list[dict], path: Path) -> None:
    """How the class did, and which of the checked exercises were missed most."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from celltoken import figures

    figures.use_style()
    asked = [
        (result["student"], f"{result['chapter']}: {each['name']}", each["points"], each["maximum"])
        for result in results
        if result["status"] == "graded"
        for each in result["exercises"]
        if not each["by_hand"]
    ]
    if not asked:
        return
    table = pd.DataFrame(asked, columns=["student", "exercise", "points", "maximum"])
    table["chapter"] = table.exercise.str.split(": ").str[0]
    whole = table.groupby(["student", "chapter"])[["points", "maximum"]].sum()
    shares = 100 * whole.points / whole.maximum
    missed = 100 - 100 * table.points / table.maximum
    missed = missed.groupby(table.exercise).mean().sort_values(kind="stable")[-12:]
    labels = [name if table.chapter.nunique() > 1 else name.split(": ")[1] for name in missed.index]
    height = max(3.2, 0.34 * len(missed) + 1.3)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, height), width_ratios=[1, 1.1])
    left.hist(shares, bins=range(0, 101, 10), color=figures.NULL, lw=0)
    left.set(xlabel="points, % of those that are checked", ylabel="submissions", xlim=(0, 100))
    left.yaxis.get_major_locator().set_params(integer=True)
    left.set_title(f"{len(shares)} submissions, median {shares.median():.0f} %")
    bars = right.barh(labels, missed, color=figures.CELLS)
    right.bar_label(bars, fmt="%.0f %%", padding=3)
    right.set(xlabel="points missed, %", xlim=(0, 112))
    right.set_title(f"Missed most: {labels[-1]}")
    made = path.with_name(f".{path.name}")
    figure.savefig(made, format="png", dpi=150, facecolor="white", transparent=False)
    plt.close(figure)
    os.replace(made, path)
