"""The `celltoken` command. A sub-command is two functions: one adds its parser, one runs it."""

import argparse
import sys
from pathlib import Path

from celltoken import budget, coursework, data, lessons, scoreboard, slides


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 2 a problem said in one sentence)."""
    parser = argparse.ArgumentParser(
        prog="celltoken", description="The Cell as a Token: commands of the course."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    for add in (
        _add_fetch,
        _add_run,
        _add_claims,
        _add_budget,
        _add_slides,
        _add_student,
        _add_grade,
    ):
        add(commands)
    options = parser.parse_args(argv)
    try:
        return options.run(options) or 0
    except (data.DataError, lessons.LessonError, coursework.CourseworkError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: nothing is left half-done, run it again to go on.", file=sys.stderr)
        return 130


def _add_fetch(commands) -> None:
    parser = commands.add_parser(
        "fetch", help="get the language models once, verified, into the cache folder"
    )
    parser.add_argument("names", nargs="*", metavar="model", help="which models (default: all)")
    parser.set_defaults(run=_fetch)


def _fetch(options: argparse.Namespace) -> None:
    data.fetch(options.names or None, progress=lambda line: print(line, flush=True))
    print(f"The models are in {data.cache_folder()}")


def _add_run(commands) -> None:
    parser = commands.add_parser("run", help="run a lesson, on your own data if you like")
    parser.add_argument("lesson", help="such as context/choosing_a_metric")
    parser.add_argument("--words", help="a data set's name, or the path of your own file")
    parser.add_argument("--cells", help="a data set's name, or the path of your own .h5ad file")
    parser.add_argument("--labels", help="the column of .obs that says what each cell is")
    parser.add_argument("--seed", type=int, help="seed of whatever is drawn at random")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT.ipynb", help="default: <lesson>-run.ipynb, here"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    name = lessons.find(options.lesson)
    given = {key: getattr(options, key) for key in ("words", "cells", "labels", "seed")}
    given = {key: value for key, value in given.items() if value is not None}
    output = options.output or Path(f"{name.split('/')[-1]}-run.ipynb")
    print(f"running {name} (up to a minute)", flush=True)
    for line in lessons.run(name, given, output):
        print(line)
    if set(given) - {"seed"}:
        print("Measured on data of your choice: reported, not compared with the course's record.")
    print(f"The lesson with all its figures is in {output}: open it with `jupyter lab {output}`.")


def _add_claims(commands) -> None:
    parser = commands.add_parser("claims", help="measure the claims again over seeds")
    parser.add_argument("--seeds", type=int, default=20, help="how many (default: 20)")
    parser.add_argument("--only", nargs="+", default=[], metavar="C1", help="only these claims")
    parser.set_defaults(run=_claims)


def _claims(options: argparse.Namespace) -> None:
    written = scoreboard.measure(
        options.seeds, options.only, progress=lambda line: print(line, flush=True)
    )
    print(f"Medians and ranges are in {written}")


def _add_budget(commands) -> None:
    parser = commands.add_parser("budget", help="measure what each notebook costs")
    parser.add_argument("--book", action="store_true", help="also time the build of the book")
    parser.set_defaults(run=_budget)


def _budget(options: argparse.Namespace) -> None:
    found = budget.measure(options.book, progress=lambda line: print(line, flush=True))
    print(budget.table(found))
    print(f"The figures are in {budget.FILE}")


def _add_slides(commands) -> None:
    parser = commands.add_parser("slides", help="make the slides anew from the built book")
    parser.add_argument("chapters", nargs="*", metavar="chapter", help="which (default: all)")
    parser.set_defaults(run=_slides)


def _slides(options: argparse.Namespace) -> None:
    for deck in slides.write(options.chapters):
        print(f"slides: {deck}")


def _add_student(commands) -> None:
    parser = commands.add_parser("student", help="write the edition for students")
    parser.add_argument(
        "chapters", nargs="*", metavar="chapter", help="default: all with exercises"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the cohort's data (default: 0)")
    parser.add_argument("--out", type=Path, default=lessons.ROOT / "student", metavar="FOLDER")
    parser.add_argument(
        "--zip", type=Path, metavar="FILE.zip", help="also as one file, to hand out"
    )
    parser.set_defaults(run=_student)


def _student(options: argparse.Namespace) -> None:
    from celltoken.coursework import release

    release.release(options.chapters, options.out, options.seed, progress=_say)
    if options.zip:
        _say(f"wrote {release.zipped(options.out, options.zip)}")
    _say(f"The student edition is in {options.out}")


def _add_grade(commands) -> None:
    parser = commands.add_parser("grade", help="grade a folder of submissions")
    parser.add_argument(
        "folder", type=Path, nargs="?", help="default: a demonstration class is made"
    )
    parser.add_argument("--demo", metavar="chapter", help="whose class, without a folder")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: graded, here")
    parser.add_argument("--seed", type=int, help="of the cohort (default: of the last release)")
    parser.add_argument("--jobs", type=int, help="submissions at a time on this machine")
    parser.add_argument("--seconds", type=int, metavar="S", help="most for a submission")
    parser.add_argument("--memory", type=float, metavar="GB", help="most for a submission")
    parser.set_defaults(run=_grade)


def _grade(options: argparse.Namespace) -> int:
    from celltoken.coursework import demo, grade

    limits = {"submission": options.seconds, "memory": options.memory and options.memory * 2**30}
    limits = {name: int(value) for name, value in limits.items() if value}
    shared = {"seed": options.seed, "jobs": options.jobs, "limits": limits, "progress": _say}
    if options.folder is None:
        return demo.grade_demo(options.demo, options.out, **shared)
    grade.grade(options.folder, options.out or Path("graded"), **shared)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
