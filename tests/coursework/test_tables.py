"""What a person typed is never lost, whatever a spreadsheet or the next run does to it."""

import json

import pytest

from celltoken.coursework import CourseworkError, grade, report, tables
from celltoken.coursework.collect import NotGraded


@pytest.fixture(autouse=True)
def no_picture(monkeypatch):
    monkeypatch.setattr(report, "picture", lambda results, path: None)


def result(student, answer="It depends.", **more):
    asked = {"name": "open", "title": "", "by_hand": True, "maximum": 4, "points": None}
    one = {"name": "pmi", "title": "", "by_hand": False, "maximum": 4, "points": 4}
    exercises = [one | {"checks": [], "answer": ""}, asked | {"checks": [], "answer": answer}]
    about = {"student": student, "chapter": "context", "status": "graded", "remarks": []}
    about |= {"canvas_id": "", "number": "", "name": student, "cells": []}
    return about | {"exercises": exercises} | more


def run(tmp_path, *students, people=()):
    """A run of the grader on these students; results by student, what was said."""
    results = [result(each) if isinstance(each, str) else each for each in students]
    _, said = report.write(results, [], tmp_path, list(people))
    return {each["student"]: each["exercises"][1] for each in results}, " ".join(said)


def lines(tmp_path):
    _, rows, _ = tables.read(tmp_path / "by_hand.csv", ("student",))
    return {row["student"]: row for row in rows}


def typed(tmp_path, save=lambda text: text.encode(), **cells):
    """Type points and comments, and save the table as a spreadsheet may."""
    path = tmp_path / "by_hand.csv"
    head, rows, _ = tables.read(path, ("student",))
    for row in rows:
        row |= cells.get(f"s{row['student']}", {})
    head += [name for row in rows for name in row if name and name not in head]
    body = [[row.get(name, "") for name in dict.fromkeys(head)] for row in rows]
    path.write_bytes(save(tables.text([list(dict.fromkeys(head)), *body])))


FOR_PEOPLE = {"grades.csv", "by_hand.csv", "not_graded.csv"}
GERMAN = "Größe fehlt – sonst gut"
SAVED = {
    "as it was": lambda text: text.encode(),
    "with a mark": lambda text: text.encode("utf-8-sig"),
    "windows": lambda text: text.encode("cp1252"),
    "Excel in Europe": lambda text: text.replace(",", ";").encode("cp1252"),
    "utf-16": lambda text: text.encode("utf-16"),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode("utf-16"),
    "carriage returns": lambda text: text.replace("\n", "\r\n").encode(),
    "capital heads": lambda text: text.replace("student,chapter", "Student,Chapter").encode(),
}


@pytest.mark.parametrize("how", SAVED)
def test_points_and_comments_are_kept_however_they_are_saved(how, tmp_path):
    run(tmp_path, "007", "bob")
    typed(tmp_path, SAVED[how], s007={"points": "3.5", "comment": GERMAN}, sbob={"comment": "Hm."})
    for _ in range(2):  # and the run after that finds them too
        found, _ = run(tmp_path, "007", "bob")
        assert (found["007"]["points"], found["007"]["comment"]) == (3.5, GERMAN)
        assert (found["bob"]["points"], found["bob"]["comment"]) == (None, "Hm.")
        assert lines(tmp_path)["007"]["points"] == "3.5"


@pytest.mark.parametrize(
    "encoding, comment",
    [
        ("cp1252", "José: très bien"), ("cp1250", "Dobře, ale chybí vysvětlení; příště lépe"),
        ("mac-roman", "Sehr schön, nur die Gründe fehlen"), ("cp1254", "Çok iyi, ama kısa; düşük"),
        ("cp1251", "Хорошо, но ответ короткий."), ("cp1251", "Хорошо"),
        ("cp1256", "إجابة جيدة"), ("cp1255", "תשובה טובה"),
        ("gb18030", "回答得很好，但是缺少例子"), ("cp949", "아주 좋지만 예가 부족합니다"),
    ],
)  # fmt: skip
def test_comments_are_kept_in_the_code_of_another_country(encoding, comment, tmp_path):
    run(tmp_path, "ada")
    typed(tmp_path, lambda text: text.encode(encoding), sada={"points": "3", "comment": comment})
    found, said = run(tmp_path, "ada")
    assert (found["ada"]["points"], found["ada"]["comment"]) == (3, comment)
    assert "its letters were guessed" in said
    assert "guessed" not in run(tmp_path, "ada")[1], "it is UTF-8 now"


@pytest.mark.parametrize("changed", ["7", "7.0", "7,0", " 007 "])
def test_a_number_that_a_spreadsheet_has_changed_is_still_the_student(changed, tmp_path):
    run(tmp_path, "007", "8")
    typed(tmp_path, s007={"points": "3", "student": changed})
    found, _ = run(tmp_path, "007", "8")
    assert found["007"]["points"] == 3 and lines(tmp_path)["007"]["points"] == "3"


ARABIC = lambda text: text.replace(",", ";").encode("cp1252", "replace")  # noqa: E731
NAMES = ["محمد", "علي", "José", "王芳"]


def test_names_that_a_code_of_windows_lacks_are_still_the_students(tmp_path):
    run(tmp_path, *NAMES)
    points = dict(zip(NAMES, "1234", strict=True))
    typed(tmp_path, ARABIC, **{f"s{name}": {"points": points[name]} for name in NAMES})
    for _ in range(2):
        found, said = run(tmp_path, *NAMES)
        assert {name: found[name]["points"] for name in NAMES} == {n: int(points[n]) for n in NAMES}
        assert "belong to no answer" not in said and set(lines(tmp_path)) == set(NAMES)


def test_names_that_become_alike_are_told_apart_by_the_answer_or_not_at_all(tmp_path):
    students = [result("محمد", "Yes as a map."), result("سعيد", "No."), result("أحمد", "Both.")]
    twins = [result("王芳", "The same."), result("李娜", "The same.")]
    run(tmp_path, *students, *twins)
    points = {"محمد": "1", "سعيد": "2", "أحمد": "3", "王芳": "4", "李娜": "0"}
    typed(tmp_path, ARABIC, **{f"s{name}": {"points": points[name]} for name in points})
    found, said = run(tmp_path, *students, *twins)
    assert [found[name]["points"] for name in points] == [1, 2, 3, None, None]
    assert "and are kept: 2" in said and (tmp_path / "by_hand.csv").read_text().count("??") == 2


@pytest.mark.parametrize("saved", ["2.02412E+11", "2,02412E+11", "202412345601.0"])
def test_a_long_number_that_a_spreadsheet_has_cut_is_still_the_student(saved, tmp_path):
    run(tmp_path, "202412345601", "8")
    typed(tmp_path, s202412345601={"points": "3", "student": saved})
    found, _ = run(tmp_path, "202412345601", "8")
    assert found["202412345601"]["points"] == 3
    assert set(lines(tmp_path)) == {"202412345601", "8"}


def test_a_cut_number_that_may_mean_two_gives_nobody_the_points_of_the_other(tmp_path):
    run(tmp_path, "202412345601", "202412345602")
    cut = {"student": "2.02412E+11"}
    typed(tmp_path, s202412345601=cut | {"points": "3"}, s202412345602=cut | {"points": "1"})
    found, said = run(tmp_path, "202412345601", "202412345602")
    assert [each["points"] for each in found.values()] == [None, None]
    assert "and are kept: 2" in said


def test_points_in_a_workbook_beside_the_table_are_not_passed_over_in_silence(tmp_path):
    run(tmp_path, "ada")
    (tmp_path / "by_hand.xlsx").write_bytes(b"PK")
    _, said = run(tmp_path, "ada")
    assert "by_hand.xlsx is not read: save it as by_hand.csv" in said


def test_two_students_whom_a_spreadsheet_makes_alike_get_nothing_of_each_other(tmp_path):
    run(tmp_path, "007", "7")
    typed(tmp_path, s007={"points": "3"}, s7={"points": "1"})
    found, _ = run(tmp_path, "007", "7")
    assert (found["007"]["points"], found["7"]["points"]) == (3, 1)


def test_columns_that_a_person_added_stay(tmp_path):
    run(tmp_path, "ada", "bob")
    typed(tmp_path, sada={"to ask": "why?"})
    path = tmp_path / "by_hand.csv"
    path.write_text(path.read_text().replace("\nbob", "\nbob", 1).rstrip("\n") + ",loose\n")
    run(tmp_path, "ada", "bob")
    rows = lines(tmp_path)
    assert rows["ada"]["to ask"] == "why?" and "loose" in rows["bob"].values()


def test_lines_of_students_who_are_not_there_stay(tmp_path):
    run(tmp_path, "ada", "bob")
    typed(tmp_path, sbob={"points": "2", "comment": "Good."})
    _, said = run(tmp_path, "ada")
    assert "belong to no answer here, and are kept: 1" in said
    assert lines(tmp_path)["bob"]["comment"] == "Good."
    found, _ = run(tmp_path, "ada", "bob")
    assert found["bob"]["points"] == 2


def test_a_changed_answer_keeps_its_points_and_is_marked(tmp_path):
    run(tmp_path, "ada", "bob", "cem")
    typed(tmp_path, SAVED["windows"], sada={"points": "2"}, sbob={"points": "1"})
    found, said = run(tmp_path, result("ada", "Now it does not."), "bob", result("cem", "New."))
    assert found["ada"]["points"] == 2 and "given points: 1" in said
    rows = lines(tmp_path)
    assert [rows[each]["remark"] for each in ("ada", "bob", "cem")] == [tables.CHANGED, "", ""]
    assert "Now it does not." in rows["ada"]["answer"]


def test_an_answer_that_comes_after_none_is_marked_as_another(tmp_path):
    run(tmp_path, result("ada", ""))
    assert tables.EMPTY in lines(tmp_path)["ada"]["answer"]
    typed(tmp_path, sada={"points": "0", "comment": "Nothing there."})
    assert "given points" not in run(tmp_path, result("ada", ""))[1]
    _, said = run(tmp_path, result("ada", "Here it is."))
    assert "given points: 1" in said and lines(tmp_path)["ada"]["remark"] == tables.CHANGED


def test_lines_that_somebody_has_deleted_come_back_with_what_was_typed(tmp_path):
    run(tmp_path, "ada", "bob", "cem", "dia")
    typed(tmp_path, sada={"points": "3", "comment": "Good."}, sbob={"points": "1"})
    run(tmp_path, "ada", "bob", "cem", "dia")
    path = tmp_path / "by_hand.csv"
    kept = [row for row in path.read_text().splitlines() if row[:3] not in ("ada", "bob", "dia")]
    path.write_text("\n".join(kept))
    found, said = run(tmp_path, "ada", "cem", "dia")
    assert (found["ada"]["points"], found["ada"]["comment"]) == (3, "Good.")
    assert "are back (ada, bob)" in said and lines(tmp_path)["bob"]["points"] == "1"
    typed(tmp_path, sada={"points": "", "comment": ""})
    assert run(tmp_path, "ada", "cem")[0]["ada"]["points"] is None
    path.unlink()
    assert run(tmp_path, "bob")[0]["bob"]["points"] == 1


def test_letters_typed_into_a_table_that_was_taken_for_windows_are_kept(tmp_path):
    """A spreadsheet that does not see UTF-8 saves its bytes as they were, and its own beside."""
    run(tmp_path, result("王芳", "Ein Maß für Nähe – vielleicht."))
    typed(
        tmp_path,
        lambda text: text.encode().replace(b"TYPED", GERMAN.encode("cp1252")),
        **{"s王芳": {"points": "3", "comment": "TYPED"}},
    )
    found, said = run(tmp_path, result("王芳", "Ein Maß für Nähe – vielleicht."))
    assert (found["王芳"]["points"], found["王芳"]["comment"]) == (3, GERMAN)
    assert "letters were guessed" in said and "given points" not in said


def test_utf_8_that_holds_what_another_program_has_lost_is_not_guessed(tmp_path):
    run(tmp_path, "ada")
    typed(tmp_path, sada={"points": "3", "comment": "gr\ufffd\ufffder"})
    found, said = run(tmp_path, "ada")
    assert found["ada"]["comment"] == "gr\ufffd\ufffder" and "guessed" not in said


@pytest.mark.parametrize("student, needs_it", [("ada", False), ("José", True)])
def test_tables_for_people_are_marked_where_a_spreadsheet_would_misread_a_letter(
    student, needs_it, tmp_path
):
    listed = [NotGraded("Núñez", "p.png", "no notebook")] * needs_it
    report.write([result(student)], listed, tmp_path, [])
    marked = {p.name for p in tmp_path.glob("*.csv") if p.read_text().startswith(tables.MARK)}
    assert marked == (FOR_PEOPLE if needs_it else set())


def test_the_line_that_tells_excel_its_separator_is_no_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("sep=;\r\nstudent;name\r\nada;Lovelace, Ada\r\n")
    assert tables.roster(path)[0]["name"] == "Lovelace, Ada"


def test_a_line_follows_the_number_when_a_name_gets_one(tmp_path):
    """A second Wei Chen hands in: the first is now called after the number."""
    run(tmp_path, result("Wei Chen", number="77"))
    typed(tmp_path, **{"sWei Chen": {"points": "3"}})
    both = (result("Wei Chen_77", number="77"), result("Wei Chen_78", number="78"))
    found, _ = run(tmp_path, *both)
    assert (found["Wei Chen_77"]["points"], found["Wei Chen_78"]["points"]) == (3, None)


def test_what_is_replaced_is_kept_byte_for_byte(tmp_path):
    run(tmp_path, "ada")
    typed(tmp_path, SAVED["windows"], sada={"points": "3", "comment": GERMAN})
    before = (tmp_path / "by_hand.csv").read_bytes()
    run(tmp_path, "ada")
    assert before in [path.read_bytes() for path in (tmp_path / "earlier").glob("by_hand_*")]
    count = len(list((tmp_path / "earlier").iterdir()))
    run(tmp_path, "ada")
    assert len(list((tmp_path / "earlier").iterdir())) == count, "nothing changed"


@pytest.mark.parametrize(
    "cells, sentence",
    [
        ({"points": "40"}, "line 2: 40 points are not between 0 and 4"),
        ({"points": "three"}, "line 2: 'three' is no number of points"),
        ({"points": "nan"}, "not between"),
    ],
)
def test_points_that_are_none_stop_the_run_before_anything_is_written(cells, sentence, tmp_path):
    run(tmp_path, "ada")
    typed(tmp_path, sada=cells)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.csv")}
    with pytest.raises(CourseworkError, match=sentence):
        run(tmp_path, "ada")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.csv")} == before


def test_a_table_without_its_columns_is_not_replaced(tmp_path):
    run(tmp_path, "ada")
    (tmp_path / "by_hand.csv").write_text("")
    with pytest.raises(CourseworkError, match="has no column 'student'"):
        run(tmp_path, "ada")


# -- whose tables ---------------------------------------------------------------------------------


def a_class(folder, seed, *students):
    seeds = {"context": seed}
    return {"folder": str(folder), "seeds": seeds, "students": sorted(students)}


@pytest.mark.parametrize(
    "after, refused",
    [
        (a_class("monday", 7, "ada", "bob"), False),
        (a_class("monday", 7, "ada"), False),
        (a_class("monday", 3, "ada", "bob"), False),  # the right seed, found later
        (a_class("moved", 7, "ada", "bob", "cem"), False),
        (a_class("tuesday", 7, "dia", "eve"), True),
        (a_class("tuesday", 3, "ada", "bob"), True),
        (a_class("tuesday", 7, "ada"), True),
        (a_class("monday", 7, "dia"), True),
    ],
)
def test_the_tables_of_another_class_are_not_overwritten(after, refused, tmp_path):
    (tmp_path / "results").mkdir()
    before = a_class("monday", 7, "ada", "bob")
    (tmp_path / "results" / grade.CLASS).write_text(json.dumps(before))
    if not refused:
        gone = sorted(set(before["students"]) - set(after["students"]))
        assert grade._not_here_now(tmp_path, after) == gone
        return
    with pytest.raises(CourseworkError, match="choose another folder") as said:
        grade._not_here_now(tmp_path, after)
    assert "\n" not in str(said.value)


# -- who ------------------------------------------------------------------------------------------


def person(student, **more):
    return {"student": student} | more


def test_roster_and_downloads_join_on_the_number(tmp_path):
    people = [
        person("wei", name="Chen, Wei", canvas_id="0012", email="a@x"),
        person("wei2", name="Chen, Wei", canvas_id="13", email="b@x"),
        person("José", email="c@x"),
        person("absent"),
        person("sent a picture"),
        person("sent a film", canvas_id="23"),
    ]
    results = [
        result("chenwei_13", canvas_id="13", number="13", name="chenwei"),
        result("chenwei_12", canvas_id="12", number="12", name="chenwei"),
        result("JOSE\u0301"),
    ]
    about, said = report._people(results, people)
    assert {who: row["email"] for who, row in about.items()} == {
        "chenwei_13": "b@x", "chenwei_12": "a@x", "JOSE\u0301": "c@x",
    }  # fmt: skip
    alone = [person("chenwei", email="d@x")]
    assert report._people(results[:2], alone) == ({}, []), "whose it is cannot be told"
    assert not said
    listed = [NotGraded("sent a picture", "p.png", "no notebook")]
    listed += [NotGraded("film", "film_23_4_f.mp4", "no notebook", "23")]
    report.write(results, listed, tmp_path, people)
    _, rows, _ = tables.read(tmp_path / "grades.csv", ("student",))
    remarks = {row["student"]: row["remarks"] for row in rows}
    assert "no submission" in remarks["absent"] and "p.png" in remarks["sent a picture"]
    assert (
        len(rows) == 6
        and "sent a film" not in remarks
        and "absent" in (tmp_path / "not_graded.csv").read_text()
    )


def test_a_number_of_somebody_of_another_name_joins_nobody(tmp_path):
    """Moodle numbers hand-ins for each assignment anew: the number may be another user's id."""
    people = [
        person("nlevi", name="Noa Levi", moodle_id="7001", email="noa@x"),
        person("pdvorak", name="Petr Dvořák", moodle_id="7002", email="petr@x"),
    ]
    petr = result("Petr Dvořák", number="7001", name="Petr Dvořák")
    about, said = report._people([petr], people)
    assert about["Petr Dvořák"]["email"] == "petr@x" and "7001" in said[0]


def test_moodle_gets_no_row_that_it_would_give_to_somebody_else(tmp_path):
    people = [person("ada", email="ada@x"), person("bob")]
    _, said = run(tmp_path, "ada", "bob", "cem", people=people)
    text = (tmp_path / "moodle.csv").read_text()
    assert "ada@x" in text and "bob" not in text and "cem" not in text
    assert "not in the roster: cem" in said and "others have there): bob, cem" in said
    run(tmp_path, "ada", "bob", people=[person("ada"), person("bob")])
    assert (tmp_path / "moodle.csv").read_text().count("\n") == 3, "by name, nobody has an address"


def test_what_canvas_and_moodle_export_is_a_roster(tmp_path):
    canvas = tmp_path / "canvas.csv"
    canvas.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Final Score\n"
        "    Points Possible,,,,,(read only)\n"
        '"Lovelace, Ada",1234,,ada,Biology 1,\n"Student, Test",9,,,,\n'
    )
    (one,) = tables.roster(canvas)
    assert (one["student"], one["canvas_id"], one["sis_login_id"]) == (
        "Lovelace, Ada", "1234", "ada",
    )  # fmt: skip
    moodle = tmp_path / "moodle.csv"
    moodle.write_text(
        "\ufeffIdentifier,Full name,Email address,Status,Grade\n"
        "Participant 77,Ada Lovelace,ada@x,Submitted for grading,\n"
    )
    (one,) = tables.roster(moodle)
    assert (one["student"], one["moodle_id"], one["email"]) == ("Ada Lovelace", "77", "ada@x")


def test_a_number_that_is_not_called_canvas_s_is_not_given_to_canvas(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("student,ID\nada,900123\n")
    (row,) = tables.roster(path)
    assert "canvas_id" not in row
    one = result("ada_12", canvas_id="12", number="12", name="ada")
    about = {"ada_12": row | {"canvas_id": "900123"}}
    assert report.canvas([one], about)[2][1] == "12", "the download's own number"


def test_what_could_not_be_read_is_no_zero_in_a_gradebook(tmp_path):
    lost = result("bob", status="unreadable", remarks=["The notebook cannot be read."])
    lost["exercises"][0]["points"] = 0
    report.write([result("ada"), lost], [], tmp_path, [])
    assert "bob" not in (tmp_path / "moodle.csv").read_text()
    for name in ("canvas.csv", "grades.csv"):
        text = (tmp_path / name).read_text()
        (line,) = [line for line in text.splitlines() if line.startswith("bob")]
        assert ",0" not in line


def test_names_longer_than_a_file_may_be_called_have_files(tmp_path):
    run(tmp_path, "ณัฐพล" * 20, "ณัฐพล" * 21)
    assert len(list((tmp_path / "feedback").iterdir())) == 2
