"""What an instructor takes away: tables for the gradebooks, feedback for students, a picture.

Whatever a student wrote is shown as text, never as HTML, and the feedback allows no script.
"""

import csv
import html
import io
import os
from collections import defaultdict
from pathlib import Path

from celltoken import lessons
from celltoken.coursework import CourseworkError

ROSTER = ("student", "name", "email", "canvas_id", "sis_user_id", "sis_login_id", "section")
BY_HAND = ("student", "chapter", "exercise", "points", "maximum", "comment", "answer")


def write(results: list[dict], out: Path, roster: Path) -> list[Path]:
    """Write everything for these results; return the files to look at.

    Points given by hand are read from ``by_hand.csv``, where an earlier run has left a line for
    each open question.

    Raises
    ------
    CourseworkError
        If the roster or the points given by hand cannot be used.
    """
    people = _roster(roster)
    add_points_by_hand(results, out / "by_hand.csv")
    tables = {
        "grades.csv": grades(results),
        "canvas.csv": canvas(results, people),
        "moodle.csv": moodle(results, people),
        "by_hand.csv": by_hand(results),
    }
    for name, rows in tables.items():
        _write_csv(out / name, rows)
    (out / "feedback").mkdir(exist_ok=True)
    for student, own in _by_student(results).items():
        lessons.write(out / "feedback" / f"{student}.html", feedback(student, own))
    picture(results, out / "summary.png")
    return [out / name for name in (*tables, "summary.png")] + [out / "feedback"]


# -- tables ---------------------------------------------------------------------------------------


def grades(results: list[dict]) -> list[list]:
    """A row for each student, a column for each exercise; empty where a person has yet to grade."""
    heads = _heads(results)
    titles = [f"{chapter}: {name} ({maximum:g})" for chapter, name, maximum in heads]
    rows = [["student", *titles, "total", "maximum", "remarks"]]
    for student, own in _by_student(results).items():
        found = {(r["chapter"], e["name"]): e["points"] for r in own for e in r["exercises"]}
        points = [found.get((chapter, name)) for chapter, name, _ in heads]
        maximum = sum(e["maximum"] for r in own for e in r["exercises"])
        remarks = " ".join(text for r in own for text in r["remarks"])
        total = sum(each or 0 for each in points)
        rows.append([student, *map(_number, points), _number(total), _number(maximum), remarks])
    return rows


def canvas(results: list[dict], people: dict) -> list[list]:
    """The form of Canvas's own gradebook export, with a column for each chapter."""
    chapters = _chapters(results)
    columns = [f"{chapter.capitalize()} exercises" for chapter in chapters]
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *columns],
        ["    Points Possible", "", "", "", "", *map(_number, chapters.values())],
    ]
    for student, own in _by_student(results).items():
        person = people.get(student, {})
        totals = _totals(own)
        rows.append(
            [
                person.get("name") or student,
                person.get("canvas_id") or own[0].get("canvas_id", ""),
                person.get("sis_user_id", ""),
                person.get("sis_login_id") or ("" if own[0].get("canvas_id") else student),
                person.get("section", ""),
                *(_number(totals.get(chapter)) for chapter in chapters),
            ]
        )
    return rows


def moodle(results: list[dict], people: dict) -> list[list]:
    """For Moodle's import of grades: who, then points and feedback for each chapter."""
    chapters = _chapters(results)
    columns = [
        column
        for chapter in chapters
        for column in (
            f"{chapter.capitalize()} exercises (Real)",
            f"{chapter.capitalize()} exercises (Feedback)",
        )
    ]
    rows = [["Username", "Email address", *columns]]
    for student, own in _by_student(results).items():
        totals, said = _totals(own), {r["chapter"]: _in_brief(r) for r in own}
        cells = [
            cell
            for chapter in chapters
            for cell in (_number(totals.get(chapter)), said.get(chapter, ""))
        ]
        rows.append([student, people.get(student, {}).get("email", ""), *cells])
    return rows


def by_hand(results: list[dict]) -> list[list]:
    """The answers that a person grades, a line each, to be filled in and read by the next run."""
    rows = [list(BY_HAND)]
    for result in results:
        for each in result["exercises"]:
            if each["by_hand"]:
                # A spreadsheet would take a leading = for a formula.
                answer = " " + each["answer"].strip()[:5000]
                points, maximum = _number(each["points"]), _number(each["maximum"])
                about = [result["student"], result["chapter"], each["name"]]
                rows.append([*about, points, maximum, each.get("comment", ""), answer])
    return rows


def add_points_by_hand(results: list[dict], path: Path) -> None:
    """Put the points that a person gave into the results."""
    given = {}
    for number, row in enumerate(_read_csv(path, BY_HAND[:4]), 2):
        if (row["points"] or "").strip() == "":
            continue
        key = row["student"], row["chapter"], row["exercise"]
        try:
            given[key] = float(row["points"].replace(",", ".")), row.get("comment") or "", number
        except ValueError:
            raise CourseworkError(
                f"{path}, line {number}: {row['points']!r} is no number of points."
            ) from None
    for result in results:
        for each in result["exercises"]:
            key = result["student"], result["chapter"], each["name"]
            if not each["by_hand"] or key not in given:
                continue
            points, comment, number = given[key]
            if not 0 <= points <= each["maximum"]:
                raise CourseworkError(
                    f"{path}, line {number}: {points:g} points are not between 0 and "
                    f"{each['maximum']:g}."
                )
            each["points"], each["comment"] = points, comment


def _roster(path):
    return {row["student"]: row for row in _read_csv(path, ("student",))}


def _read_csv(path, needed):
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8-sig")
    separator = ";" if text.split("\n")[0].count(";") > text.split("\n")[0].count(",") else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=separator)
    if missing := [each for each in needed if each not in (rows.fieldnames or [])]:
        raise CourseworkError(f"{path} has no column {missing[0]!r}: it needs {', '.join(needed)}.")
    return list(rows)


def _write_csv(path, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    lessons.write(path, text.getvalue())


def _by_student(results):
    found = defaultdict(list)
    for result in results:
        found[result["student"]].append(result)
    return dict(sorted(found.items()))


def _heads(results):
    heads = {
        (r["chapter"], place): (r["chapter"], e["name"], e["maximum"])
        for r in results
        for place, e in enumerate(r["exercises"])
    }
    return [heads[key] for key in sorted(heads)]


def _chapters(results):
    return {r["chapter"]: sum(e["maximum"] for e in r["exercises"]) for r in results}


def _totals(own):
    return {r["chapter"]: sum(e["points"] or 0 for e in r["exercises"]) for r in own}


def _in_brief(result):
    missed = [e for e in result["exercises"] if e["points"] is not None]
    missed = [e["name"] for e in missed if e["points"] < e["maximum"]]
    waiting = [e["name"] for e in result["exercises"] if e["points"] is None]
    parts = [f"To look at again: {', '.join(missed)}."] if missed else ["All checks passed."]
    return " ".join(parts + ["The open question is yet to be graded."] * bool(waiting))


def _number(value):
    return "" if value is None else f"{value:g}"


# -- feedback -------------------------------------------------------------------------------------

STYLE = """
:root { color-scheme: light dark; --good: #00704f; --bad: #a33a00; --faint: #80808022 }
@media (prefers-color-scheme: dark) { :root { --good: #4fd1a5; --bad: #ff9d66 } }
body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem }
h1, h2 { line-height: 1.2 } h2 { margin: 0 }
header { display: flex; gap: 1rem; justify-content: space-between; align-items: baseline;
  margin-top: 2.2rem; border-top: 1px solid #8886; padding-top: 1rem }
pre { overflow-x: auto; background: var(--faint); padding: .7rem; border-radius: .4rem;
  white-space: pre-wrap; font-size: .88rem }
.points { white-space: nowrap; font-weight: 600 }
.correct { color: var(--good) } .wrong { color: var(--bad) }
"""
SAYS = {"correct": "✓", "wrong": "✗", "not attempted": "–", "lost": "✗"}


def feedback(student: str, results: list[dict]) -> str:
    """The page that a student gets."""
    parts = [f"<h1>Feedback for {html.escape(student)}</h1>"]
    for result in results:
        parts += _chapter(result)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Feedback for {html.escape(student)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _chapter(result):
    points = sum(e["points"] or 0 for e in result["exercises"])
    maximum = sum(e["maximum"] for e in result["exercises"])
    waiting = any(e["points"] is None for e in result["exercises"])
    total = f"{points:g} of {maximum:g} points" + ", one answer still to be read" * waiting
    yield f"<p><strong>{html.escape(result['chapter'].capitalize())}</strong>: {total}.</p>"
    if result["remarks"]:
        lines = "".join(f"<li>{html.escape(each)}</li>" for each in result["remarks"])
        yield f"<ul>{lines}</ul>"
    cells = {cell["id"]: cell for cell in result["cells"] if cell["id"]}
    for each in result["exercises"]:
        got = "to be read" if each["points"] is None else f"{each['points']:g}"
        yield f"<header><h2>{html.escape(each['title'] or each['name'])}</h2>"
        yield f'<span class="points">{got} of {each["maximum"]:g}</span></header>'
        yield from _said(each)
        if each.get("comment"):
            yield f"<p>{html.escape(each['comment'])}</p>"
        if each["answer"].strip():
            yield f"<pre>{html.escape(each['answer'].strip())}</pre>"
        printed = cells.get(each["name"], {}).get("output", "").strip()
        if printed:
            yield f"<p>When it ran:</p><pre>{html.escape(printed[-3000:])}</pre>"


def _said(exercise):
    shown = set()
    for place, check in enumerate(exercise["checks"]):
        kind = "correct" if check["state"] == "correct" else "wrong"
        where = "" if place == 0 else "On other data: "  # the check that students do not see
        said = check["said"].removeprefix(f"{exercise['name']}: ")
        if said.split(" ")[0].isalpha():
            said = said[:1].upper() + said[1:]
        if check["state"] != "correct" and said in shown:
            continue
        shown.add(said)
        yield f'<p class="{kind}">{SAYS[check["state"]]} {html.escape(where + said)}</p>'


# -- picture --------------------------------------------------------------------------------------


def picture(results: list[dict], path: Path) -> None:
    """How the class did, and which of the checked exercises were missed most."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from celltoken import plots

    plots.use_style()
    missed, shares = defaultdict(list), []
    for result in results:
        checked = [e for e in result["exercises"] if not e["by_hand"]]
        shares.append(sum(e["points"] for e in checked) / sum(e["maximum"] for e in checked))
        for each in checked:
            name = f"{result['chapter']}: {each['name']}"
            missed[name].append(1 - each["points"] / each["maximum"])
    order = sorted(missed, key=lambda name: sum(missed[name]) / len(missed[name]))[-12:]
    height = max(3.2, 0.34 * len(order) + 1.3)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, height), width_ratios=[1, 1.1])
    left.hist([100 * each for each in shares], bins=range(0, 101, 10), color=plots.NULL, lw=0)
    left.set(xlabel="points, % of those that are checked", ylabel="submissions", xlim=(0, 100))
    left.yaxis.get_major_locator().set_params(integer=True)
    middle = sorted(shares)[len(shares) // 2]
    left.set_title(f"{len(shares)} submissions, median {middle:.0%}")
    values = [100 * sum(missed[name]) / len(missed[name]) for name in order]
    several = len({result["chapter"] for result in results}) > 1
    labels = order if several else [name.split(": ")[1] for name in order]
    bars = right.barh(labels, values, color=plots.CELLS)
    right.bar_label(bars, fmt="%.0f %%", padding=3)
    right.set(xlabel="points missed, %", xlim=(0, 112))
    right.set_title(f"Missed most: {labels[-1]}")
    whole = path.with_name(f".{path.name}")
    figure.savefig(whole, format="png", dpi=150, facecolor="white", transparent=False)
    plt.close(figure)
    os.replace(whole, path)
