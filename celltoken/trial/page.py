"""The trial on one page: HTML that needs no script, no network and no other file, and a JSON."""

import html
import json
import math
import re
from importlib.resources import files

from celltoken import __version__, lessons
from celltoken.trial.judge import RULES, SETTINGS, YOURS, Result
from celltoken.trial.rivals import NAMES

BOOK = "https://github.com/cell-as-a-token/course/blob/main/chapters"
WIDTH, LEFT, RIGHT, STEP = 360, 128, 318, 19  # of a drawing, in its own units
OTHERS = {
    "best columns": "as many single columns of the {levels}, chosen where the probe learns",
    "all columns": "logistic regression on all columns of the {levels}",
}
GOOD, BAD = {"better", "above chance"}, {"worse", "chance", "not told from chance"}


def as_html(result: Result) -> str:
    """One page, complete in itself."""
    style = files("celltoken.trial").joinpath("page.css").read_text(encoding="utf-8")
    side = "words" if result.table.unit == "words" else "cells"
    name = html.escape(f"{result.table.key} of {result.table.name}")
    state = "alarm" if result.alarms else "calm"
    rows = "".join(_section(line, result) for line in result.lines)
    verdict = "".join(f"<p>{html.escape(text)}</p>" for text in result.sentences)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="data:,">'
        f"<title>{name} on trial</title><style>{style}</style></head>"
        f'<body class="{side}"><a class="skip" href="#rows">Skip to the rows</a><main>'
        f"<h1>{name} on trial</h1><p>{html.escape(_what(result))}</p>"
        f'<section class="verdict {state}" aria-labelledby="verdict"><h2 id="verdict">Verdict</h2>'
        f"{verdict}<p>{html.escape(_counted(result))}</p></section>"
        f'<h2 id="rows">Row by row</h2><p>{_legend(result)}</p>{rows}{_missing(result)}'
        f"{_how(result)}</main></body></html>\n"
    )


def _what(result):
    table = result.table
    parts = [f"{len(table):,} {table.unit}, {result.width} numbers each"]
    parts += [f"{len(set(table.labels))} labels"]
    if table.batch is not None:
        parts += [f"{len(set(table.batch))} batches"]
    parts += [
        f"counts in {table.counts.shape[1]:,} columns" if table.counts is not None else "no counts"
    ]
    return (
        ", ".join(parts)
        + f". Asked about: {result.asked:,} at random; neighbours are searched among all."
        + _lacking(result)
    )


def _lacking(result):
    """What was not measured, and why, for the head of the page."""
    text = ""
    if result.table.counts is None:
        text += " Without counts there is no PCA, random projection or untrained network beside it."
    if result.missing:
        listed = "; ".join(f"{row.title.lower()} ({why})" for row, why in result.missing)
        text += f" Not measured: {listed}."
    return text


def _counted(result):
    judged = [line for line in result.lines if line.row.better and YOURS in line.numbers]
    words = {"better": "better than PCA", "level": "level with PCA", "worse": "worse than PCA"}
    if "PCA" not in result.lines[0].numbers:
        words = {"above chance": "better than random numbers"}
    else:
        words |= {"undecided": "not told apart from PCA"}
    words |= {
        "chance": "no better than random numbers",
        "not told from chance": "hardly better than random numbers, or not told from them",
        "not testable": "not testable here",
        "no meaning": "without meaning here",
    }
    counts = [
        f"{sum(line.status == word for line in judged)} {text}"
        for word, text in words.items()
        if any(line.status == word for line in judged)
    ]
    return f"Of {len(judged)} rows with a better and a worse: {', '.join(counts)}."


def _legend(result):
    words = result.table.unit == "words"
    levels = "PPMI of the counts" if words else "log-normalised counts"
    shown = [f"<b>{html.escape(YOURS)}</b> in colour"]
    shown += [
        f"<b>{html.escape(name)}</b>: {html.escape(text.format(levels=levels))}"
        for name, text in (NAMES | OTHERS).items()
        if any(name in line.numbers for line in result.lines)
    ]
    return (
        f"Dots are values, bars intervals of 90 % over {html.escape(result.over)}. "
        + "; ".join(shown)
        + "."
    )


def _section(line, result):
    row = line.row
    state = "good" if line.status in GOOD else "bad" if line.status in BAD else "plain"
    label = {"good": "▲", "bad": "▼", "plain": "●"}[state]
    title = html.escape(row.title)
    return (
        f'<section class="row {state}" id="{row.name}" aria-labelledby="{row.name}-title">'
        f'<h3 id="{row.name}-title">{title}</h3>'
        f'<p class="says"><span aria-hidden="true">{label}</span> {html.escape(line.says)}</p>'
        f"{_drawing(line)}"
        f"<p>{html.escape(row.means)} "
        f'<a href="{BOOK}/{row.lesson}.ipynb">The lesson: '
        f"{html.escape(_title(row.lesson))}</a></p>{_numbers(line)}"
        "</section>"
    )


def _title(lesson):
    return lessons.title_of(lesson) if lessons.path_of(lesson).is_file() else lesson


def _numbers(line):
    """The numbers as a table, folded away; reached with the keyboard as any summary is."""
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{each.value:.3f}</td>'
        f"<td>{each.low:.3f} to {each.high:.3f}</td><td>{_difference(each)}</td></tr>"
        for name, each in line.numbers.items()
    )
    margin = f"A difference of {line.margin:.3g} or more counts." if line.row.better else ""
    return (
        '<details><summary>The numbers</summary><div class="wide"><table><thead><tr><th></th>'
        "<th>value</th><th>interval</th><th>yours less it</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div><p>{margin}</p></details>"
    )


def _difference(number):
    if number.difference is None:
        return ""
    middle, low, high = number.difference
    return f"{middle:+.3f} ({low:+.3f} to {high:+.3f})"


def _drawing(line):
    """Dots and intervals, one line each; the text says the same for those who do not see it."""
    numbers = line.numbers
    low = min(each.low for each in numbers.values())
    high = max(each.high for each in numbers.values())
    ticks = _ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])

    def x(value):
        return round(LEFT + (value - low) / ((high - low) or 1) * (RIGHT - LEFT), 1)

    height = STEP * len(numbers) + 24
    marks = [
        f'<line class="grid" x1="{x(t)}" x2="{x(t)}" y1="2" y2="{height - 18}"/>'
        f'<text class="tick" x="{x(t)}" y="{height - 5}">{t:g}</text>'
        for t in ticks
    ]
    for place, (name, each) in enumerate(numbers.items()):
        y, mine = STEP * place + 12, " mine" if name == YOURS else ""
        marks.append(
            f'<text class="name{mine}" x="{LEFT - 8}" y="{y + 4}">{html.escape(name)}</text>'
            f'<line class="range{mine}" x1="{x(each.low)}" x2="{x(each.high)}" y1="{y}" y2="{y}"/>'
            f'<circle class="dot{mine}" cx="{x(each.value)}" cy="{y}" r="4.5"/>'
            f'<text class="value{mine}" x="{WIDTH - 2}" y="{y + 4}">{_short(each.value)}</text>'
        )
    text = f"{line.row.title}: " + ", ".join(
        f"{name} {each.value:.2f} (interval {each.low:.2f} to {each.high:.2f})"
        for name, each in numbers.items()
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{html.escape(text)}">'
        f"{''.join(marks)}</svg>"
    )


def _short(value):
    value = 0.0 if abs(value) < 0.005 else value  # no minus before zero
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def _ticks(low, high):
    """Two to five round numbers between which the values lie."""
    span = max(high - low, 1e-6)
    step = 10 ** math.floor(math.log10(span))
    step = next(each * step for each in (0.2, 0.5, 1, 2, 5, 10) if span / (each * step) <= 4)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 10) for number in range(first, last + 1)]


def _missing(result):
    if not result.missing:
        return ""
    listed = "".join(
        f"<li><b>{html.escape(row.title)}</b>: {html.escape(why)}.</li>"
        for row, why in result.missing
    )
    return f'<section class="row"><h3>Not measured</h3><ul>{listed}</ul></section>'


def _how(result):
    rules = "".join(f"<li>{_bold(rule)}</li>" for rule in RULES)
    said = "".join(f"<li>{html.escape(line)}</li>" for line in result.said)
    return (
        '<section class="how"><h2>How it was done</h2>'
        f"<p>{html.escape(SETTINGS)}; neighbours are {result.table.metric}; seed {result.seed}. "
        "Better and worse: the interval of the difference, on the same resamples, excludes zero "
        "and its value reaches the margin. Counts are "
        + ("weighed by PPMI" if result.table.unit == "words" else "log-normalised")
        + f". Made by celltoken {__version__}.</p><p>Alarms are raised by these rules:</p>"
        f"<ul>{rules}</ul>"
        + (f"<p>What was done to your data:</p><ul>{said}</ul>" * bool(said))
        + "</section>"
    )


def _bold(text):
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(text))


def as_json(result: Result) -> str:
    """The same as data: rows in order, numbers by whom, alarms, how it was done."""
    table = result.table
    rows = [
        {
            "name": line.row.name,
            "title": line.row.title,
            "means": line.row.means,
            "lesson": line.row.lesson,
            "status": line.status,
            "says": line.says,
            "margin": line.margin,
            "numbers": {
                name: {
                    "value": each.value,
                    "interval": [each.low, each.high],
                    "yours_less_it": each.difference,
                }
                for name, each in line.numbers.items()
            },
        }
        for line in result.lines
    ]
    return (
        json.dumps(
            {
                "made_by": f"celltoken {__version__}",
                "embedding": table.key,
                "of": table.name,
                "unit": table.unit,
                "rows": len(table),
                "width": result.width,
                "asked": result.asked,
                "intervals_over": result.over,
                "seed": result.seed,
                "alarms": [name for name, _ in result.alarms],
                "verdict": result.verdict,
                "measured": rows,
                "not_measured": {row.name: why for row, why in result.missing},
                "said": result.said,
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )
