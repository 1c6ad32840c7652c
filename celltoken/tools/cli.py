"""The `celltoken` command. A sub-command is two functions: one adds its parser, one runs it."""

import argparse
import sys
from pathlib import Path

from celltoken import claims, coursework, data, lessons
from celltoken.claims import remeasure
from celltoken.lessons import needs
from celltoken.lessons import run as running


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 2 a problem said in one sentence)."""
    parser = argparse.ArgumentParser(
        prog="celltoken", description="The Cell as a Token: commands of the course."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    for add in (
        _add_fetch,
        _add_run,
        _add_trial,
        _add_claims,
        _add_replicate,
        _add_lint,
        _add_budget,
        _add_scale,
        _add_slides,
        _add_student,
        _add_grade,
    ):
        add(commands)
    options, options.more = parser.parse_known_args(argv)
    if options.more and not getattr(options, "takes_more", False):
        parser.error(f"unrecognized arguments: {' '.join(options.more)}")
    try:
        return options.run(options) or 0
    except (
        data.DataError,
        lessons.LessonError,
        claims.ClaimError,
        coursework.CourseworkError,
    ) as problem:
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
    parser = commands.add_parser(
        "run",
        help="run a lesson, on your own data if you like",
        description="`celltoken run LESSON --help` lists what that lesson takes and needs.",
        add_help=False,
    )
    parser.add_argument("lesson", nargs="?", help="such as context/choosing_a_metric")
    parser.set_defaults(run=_run, takes_more=True)


def _run(options: argparse.Namespace) -> None:
    if options.lesson is None or options.lesson.startswith("-"):
        known = ", ".join(name for name in lessons.reading_order() if "exercises" not in name)
        raise lessons.LessonError(f"Which lesson? The lessons are {known}.")
    name = lessons.find(options.lesson)
    chosen, unknown = _parameters(name).parse_known_args(options.more)
    if unknown:
        takes = ", ".join(f"--{each}" for each in needs.of(name)) or "none"
        raise lessons.LessonError(
            f"The lesson {name} does not take {unknown[0]}: leave it out (it takes {takes})."
        )
    wanted = Path(f"{name.split('/')[-1]}-run.ipynb")
    output = chosen.output or running.free_name(wanted)
    given = {key: getattr(chosen, key) for key in needs.of(name)}
    given = {key: value for key, value in given.items() if value is not None}
    _say(f"running {name} (up to a minute)")
    for line in running.run(
        name, given, output, layer=chosen.layer, most_cells=chosen.most_cells, progress=_say
    ):
        print(line)
    if set(given) - {"seed"}:
        print("Measured on data of your choice: reported, not compared with the course's record.")
    print(f"The lesson with all its figures is in {output}: `make lab` opens JupyterLab.")


def _parameters(name: str) -> argparse.ArgumentParser:
    """Every parameter of a lesson as an option, with what it needs."""
    parser = argparse.ArgumentParser(prog=f"celltoken run {name}")
    for parameter, need in needs.of(name).items():
        parser.add_argument(
            f"--{parameter}",
            type=_kind(need.default),
            help=f"{need.described()} (default: {need.default})".replace("%", "%%"),
        )
    parser.add_argument("--layer", help="layer of your matrix that holds counts")
    parser.add_argument(
        "--most-cells", type=int, metavar="N", help="of more cells a random sample is taken"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT.ipynb", help="default: <lesson>-run.ipynb, here"
    )
    return parser


def _kind(default):
    """How the text of an option becomes a value like the default."""
    if isinstance(default, bool):  # bool("False") is true
        return _true_or_false
    return type(default) if isinstance(default, (int, float)) else str


def _true_or_false(text: str) -> bool:
    try:
        return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
    except KeyError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither True nor False") from None


def _add_trial(commands) -> None:
    parser = commands.add_parser(
        "trial",
        help="hold an embedding against PCA, random projections and noise, on one page",
        description="Measure an embedding beside its rivals and write one HTML page and a JSON.",
    )
    parser.add_argument("cells", nargs="?", metavar="mine.h5ad", help="cells, as rows")
    parser.add_argument("--embedding", metavar="KEY", help="a key of .obsm, or an .npy file")
    parser.add_argument(
        "--labels",
        metavar="COLUMN",
        help="column of .obs that says what a cell is (with --words: a table of words and labels; "
        "default: WordNet's classes)",
    )
    parser.add_argument("--batch", metavar="COLUMN", help="column of .obs: donor, run, condition")
    parser.add_argument(
        "--technical",
        action="store_true",
        help="batches are technical (runs, lanes): judge whether they mix",
    )
    parser.add_argument("--counts", metavar="LAYER", help="layer of raw counts, or X, or raw")
    parser.add_argument("--words", metavar="VECTORS", help="word vectors, in place of cells")
    parser.add_argument(
        "--text", metavar="TEXT", help="corpus or text file that the words are counted in"
    )
    parser.add_argument(
        "--most", type=int, default=100_000, metavar="N", help="of more rows a sample is drawn"
    )
    parser.add_argument(
        "--asked", type=int, default=2000, metavar="N", help="rows asked about (default: 2,000)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT.html", help="default: <name>-trial.html, here"
    )
    parser.set_defaults(run=_trial)


def _trial(options: argparse.Namespace) -> None:
    from celltoken.trial import page, reading
    from celltoken.trial.judge import hold

    if bool(options.cells) == bool(options.words):
        raise data.DataError("Give one of two: a file of cells, or --words with word vectors.")
    output = options.output or running.free_name(
        Path(f"{Path(options.cells or options.words).stem}-trial.html")
    )
    _must_be_writable(output)
    for name, fewest in (("asked", 50), ("most", 50)):
        if getattr(options, name) < fewest:
            raise data.DataError(f"--{name} is {getattr(options, name)}: give at least {fewest}.")
    _say("reading")
    if options.words:
        for wrong in ("embedding", "batch", "counts", "technical"):
            if getattr(options, wrong):
                raise data.DataError(f"--{wrong} is for cells: leave it out with --words.")
        table = reading.words(
            options.words, options.labels, options.text, options.most, options.seed
        )
    else:
        for needed in ("embedding", "labels"):
            if not getattr(options, needed):
                raise data.DataError(f"Which {needed}? Name it with --{needed}.")
        if options.technical and not options.batch:
            raise data.DataError("--technical speaks of batches: name their column with --batch.")
        if options.text:
            raise data.DataError("--text is for words: with cells, counts are named by --counts.")
        table = reading.cells(
            options.cells,
            options.embedding,
            options.labels,
            options.batch,
            options.counts,
            options.most,
            options.seed,
        )
    table.technical = options.technical
    for line in table.said:
        _say(line)
    found = hold(table, asked=options.asked, seed=options.seed, progress=_say)
    lessons.write(output, page.as_html(found))
    lessons.write(output.with_suffix(".json"), page.as_json(found))
    _say(found.verdict)
    _say(f"The page is {output}, the numbers are in {output.with_suffix('.json')}")


def _must_be_writable(output: Path) -> None:
    if output.suffix != ".html":
        raise data.DataError(f"{output} is no name for a page: end it in .html.")
    if not output.parent.is_dir():
        raise data.DataError(f"{output.parent} is no folder: choose another.")


def _add_claims(commands) -> None:
    parser = commands.add_parser("claims", help="measure stale claims on halves of their data")
    parser.add_argument("--resamples", type=int, default=20, help="halves a side (default: 20)")
    parser.add_argument("--only", nargs="+", default=[], metavar="C1", help="only these claims")
    parser.add_argument("--stale", action="store_true", help="only say which are stale, and why")
    parser.set_defaults(run=_claims)


def _claims(options: argparse.Namespace) -> None:
    if options.stale:
        for claim_id in options.only or claims.record():
            reasons = remeasure.stale(claim_id) + remeasure.replication_stale(claim_id)
            print(f"{claim_id}: {'; '.join(reasons) or 'up to date'}")
        return
    print(f"The evidence is in {remeasure.claims(options.resamples, options.only, _say)}")


def _add_replicate(commands) -> None:
    parser = commands.add_parser("replicate", help="measure frozen claims on their second data")
    parser.add_argument("--only", nargs="+", default=[], metavar="C1", help="only these claims")
    parser.set_defaults(run=_replicate)


def _replicate(options: argparse.Namespace) -> None:
    print(f"The evidence is in {remeasure.replicate(options.only, _say)}")


def _add_lint(commands) -> None:
    parser = commands.add_parser("lint", help="check the form of lessons, in seconds")
    parser.add_argument("lessons", nargs="*", metavar="lesson", help="which (default: all)")
    parser.set_defaults(run=_lint)


def _lint(options: argparse.Namespace) -> int:
    from celltoken.tools import lint

    return 1 if lint.lint(options.lessons, progress=_say) else 0


def _add_budget(commands) -> None:
    parser = commands.add_parser("budget", help="measure what each notebook costs")
    parser.add_argument("lessons", nargs="*", metavar="lesson", help="which (default: all)")
    parser.add_argument("--book", action="store_true", help="also time the build of the book")
    parser.set_defaults(run=_budget)


def _budget(options: argparse.Namespace) -> None:
    from celltoken.tools import budget

    found = budget.measure(options.book, _say, options.lessons)
    print(budget.table(found))
    print(f"The figures are in {budget.FILE}")


def _add_scale(commands) -> None:
    parser = commands.add_parser(
        "scale", help="measure engines for data that outgrow memory, on generated data"
    )
    parser.add_argument("--cells", type=int, nargs="+", metavar="N", help="default: to a million")
    parser.add_argument("--tokens", type=int, nargs="+", metavar="N", help="words of the text")
    parser.set_defaults(run=_scale)


def _scale(options: argparse.Namespace) -> None:
    from celltoken.tools import scaling

    given = {"cells": options.cells, "tokens": options.tokens}
    scaling.measure(**{name: each for name, each in given.items() if each}, progress=_say)
    print(f"The figures are in {scaling.FILE}")


def _add_slides(commands) -> None:
    parser = commands.add_parser("slides", help="make the slides anew from the built book")
    parser.add_argument("chapters", nargs="*", metavar="chapter", help="which (default: all)")
    parser.set_defaults(run=_slides)


def _slides(options: argparse.Namespace) -> None:
    from celltoken.tools import slides

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
        "folder", type=Path, help="of a class, or a zip as Canvas and Moodle export it"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("graded"), metavar="FOLDER", help="default: graded, here"
    )
    parser.add_argument("--seed", type=int, help="of the cohort (default: of the last release)")
    parser.add_argument("--jobs", type=int, help="submissions at a time on this machine")
    parser.add_argument("--seconds", type=int, metavar="S", help="most for an exercise")
    parser.add_argument("--memory", type=float, metavar="GB", help="most for a submission")
    parser.set_defaults(run=_grade)


def _grade(options: argparse.Namespace) -> None:
    from celltoken.coursework import grade

    seconds, memory = options.seconds, options.memory and int(options.memory * 2**30)
    limits = {"exercise": seconds, "cell": seconds, "memory": memory}
    limits = {name: value for name, value in limits.items() if value}
    grade.grade(options.folder, options.out, options.seed, options.jobs, limits, _say)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
