"""Slides of each chapter, taken from the pages that the book has built. Nothing is run for them.

A deck shows, for each lesson, what its page shows: the question, the figures of words, of cells and
of both side by side, where the analogy strains, the claims; and a question to discuss from the
chapter's lesson plan. It shows the pages' own pictures, so a deck weighs next to nothing.
"""

import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup, Tag
from matplotlib.image import imread

from celltoken import lessons

HTML = lessons.ROOT / "_build" / "html"
REVEAL = {"reveal.js": "dist", "reveal.css": "dist", "notes.js": "plugin/notes"}
SENTENCE = re.compile(r".+?[.?!][”\"]?(?=\s+[A-Z▢“]|\s*$)", re.DOTALL)
CLAIM = re.compile(r"([A-Z]\d+)\.\s+(.+?)(?=\s+[A-Z]\d+\.\s|$)", re.DOTALL)


@dataclass
class Slide:
    """One slide: its heading, what is under it (HTML), and the speaker's notes (plain text)."""

    heading: str
    body: str
    notes: str = ""
    kind: str = ""  # a class of book/_static/slides.css
    name: str = ""  # what a link to it says after the #


def write(chapters: list[str] | None = None, html: Path = HTML) -> list[Path]:
    """Write the decks of some chapters (default: all) next to the built pages.

    Returns
    -------
    list of Path
        The decks, ``slides/<chapter>/index.html`` under `html`.

    Raises
    ------
    LessonError
        If a chapter is unknown, the book is not built, or the package with reveal.js is missing.
    """
    order = [name for name in lessons.reading_order() if not name.endswith("/exercises")]
    known = list(dict.fromkeys(name.split("/")[0] for name in order))
    for chapter in chapters or []:
        if chapter not in known:
            raise lessons.LessonError(
                f"There is no chapter {chapter!r}: the chapters are {', '.join(known)}."
            )
    decks = {}
    for chapter in chapters or known:
        names = [name for name in order if name.startswith(f"{chapter}/")]
        decks[html / "slides" / chapter / "index.html"] = render(html, chapter, names)
    _copy_reveal(html / "_static" / "reveal")
    for deck, text in decks.items():
        deck.parent.mkdir(parents=True, exist_ok=True)
        lessons.write(deck, text)
    return list(decks)


def render(html: Path, chapter: str, names: list[str]) -> str:
    """A chapter's deck as one HTML page."""
    index = _read(html / "chapters" / chapter / "index.html")
    plan = html / "book" / "teaching" / f"{chapter}.html"
    questions = _questions(_read(plan)) if plan.is_file() else {}
    title, question = _title(index)
    stacks = []
    for name in names:
        page = html / "chapters" / f"{name}.html"
        address = f"../../chapters/{name}.html"
        stacks.append(_slides(_read(page), page, html, address, questions.get(page.stem)))
    agenda = "".join(
        f'<li><a href="#{stack[0].name}">{escape(stack[0].heading)}</a></li>' for stack in stacks
    )
    cover = f'<p class="question">{question}</p><ol>{agenda}</ol>'
    stacks.insert(0, [Slide(title, cover, kind="cover")])
    sections = "\n".join(
        "<section>\n" + "\n".join(_section(slide) for slide in stack) + "\n</section>"
        for stack in stacks
    )
    return PAGE.format(title=escape(title), sections=sections)


def _slides(article: Tag, page: Path, html: Path, address: str, discussed) -> list[Slide]:
    title, question = _title(article)
    found = [Slide(title, f'<p class="question">{question}</p>', kind="cover", name=page.stem)]
    for heading, kind in (("Words", "words"), ("Cells", "cells"), ("Side by side", "both")):
        if slide := _figure(_under(article, heading), heading, kind, page, html):
            found.append(slide)
    if strain := _under(article, "Where the analogy strains"):
        texts = [p for p in strain.find_all("p", recursive=False) if _text(p)]
        points = [p.find("strong") or p for p in texts if p.find("strong")] or texts
        items = "".join(f"<li>{escape(_sentence(_text(point)))}</li>" for point in points)
        notes = "\n".join(_text(p) for p in texts)
        found.append(Slide("Where the analogy strains", f"<ul>{items}</ul>", notes))
    if claims := _under(article, "Claims"):
        found.append(_claims(claims))
    if discussed:
        question, answer = discussed
        found.append(
            Slide("Discuss", f'<p class="question">{escape(question)}</p>', answer, "discuss")
        )
    found[-1].body += f'<p class="source"><a href="{address}">The lesson in the book</a></p>'
    return found


def _figure(section: Tag | None, name: str, kind: str, page: Path, html: Path) -> Slide | None:
    """The last figure of a section, under the first sentence that follows it."""
    images = section.select(".cell_output img") if section else []
    images = [image for image in images if not image.find_parent("figure", class_="slider")]
    if not images:
        return None
    image = images[-1]
    said = image.find_parent("div", class_="cell").find_next_sibling()
    said = _text(said) if said is not None and said.name == "p" else ""
    source = (page.parent / image["src"]).resolve()
    address = os.path.relpath(source, html.resolve() / "slides" / "chapter")
    body, layout = _picture(source, escape(address), escape(image["alt"]))
    notes = f"What the picture shows: {image['alt']}\n{said}"
    return Slide(_sentence(said) or name, body, notes, f"{kind} {layout}".strip())


def _picture(source: Path, address: str, alt: str) -> tuple[str, str]:
    """A picture as HTML, and a class for its slide. What is tall would be too small to read under
    a heading: two panels come side by side, anything else stands beside the heading."""
    plain = f'<img src="{address}" alt="{alt}">'
    pixels = imread(source) if source.is_file() else np.zeros((1, 2, 4))
    height, width = pixels.shape[:2]
    if height < 0.75 * width:
        return plain, ""
    ink = (pixels[..., -1] > 0).sum(axis=1)
    axis = int(0.35 * height + ink[int(0.35 * height) : int(0.6 * height)].argmax())
    below = np.flatnonzero(ink[axis : int(0.6 * height)] == 0)  # under the upper panel's axis
    if height < 1.2 * width or len(below) == 0:
        return plain, "beside"
    cut = axis + int(below[0])
    halves = [
        f'<div style="aspect-ratio: {width} / {bottom - top}"><img src="{address}" alt="{text}" '
        f'style="margin-top: -{100 * top / width:.2f}%"></div>'
        for top, bottom, text in ((0, cut, alt), (cut, height, ""))
    ]
    return f'<div class="halves">{"".join(halves)}</div>', "wide"


def _claims(section: Tag) -> Slide:
    """Each claim with the line that the lesson printed for it."""
    text = " ".join(map(_text, section.find_all("p", recursive=False)))
    text, printed_are, which = text.partition("Printed are ")  # a remark, not part of a claim
    said = dict(CLAIM.findall(text.strip()))
    printed = "\n".join(box.get_text() for box in section.select(".cell_output pre"))
    lines = lessons.CLAIM_LINE.findall(printed)
    items = "".join(
        f"<dt>{escape(said.get(line.split()[0], ''))}</dt><dd>{escape(line)}</dd>" for line in lines
    )
    notes = f"{printed_are}{which} What would have refuted each of them?".strip()
    return Slide("Claims", f"<dl>{items}</dl>", notes)


def _questions(plan: Tag) -> dict[str, tuple[str, str]]:
    """From a lesson plan: slug of a lesson -> its first question to discuss, with the answer."""
    found = {}
    for link in plan.select("h2 a.reference"):
        items = link.find_parent("section").find("dl")
        if items:
            slug = Path(link["href"].split("#")[0]).stem
            found[slug] = (_text(items.find("dt")), _text(items.find("dd")))
    return found


def _read(page: Path) -> Tag:
    if not page.is_file():
        raise lessons.LessonError(f"{page} is not there: run 'make book' first.")
    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one("article")
    for link in article.select("a.headerlink"):
        link.decompose()
    return article


def _title(article: Tag) -> tuple[str, str]:
    heading = article.find("h1")
    return _text(heading), escape(_text(heading.find_next_sibling("blockquote")))


def _under(article: Tag, heading: str) -> Tag | None:
    found = [h for h in article.find_all("h2") if _text(h) == heading]
    return found[0].parent if found else None


def _text(tag: Tag | None) -> str:
    text = " ".join(tag.get_text().split()) if tag else ""
    return re.sub(r"\\[()\[\]]", "", text)  # no slide sets a formula


def _sentence(text: str) -> str:
    found = SENTENCE.match(text)
    return found[0] if found else text


def _section(slide: Slide) -> str:
    notes = "".join(f"<p>{escape(line)}</p>" for line in slide.notes.splitlines())
    level = "h1" if slide.kind == "cover" else "h2"
    name = f' id="{slide.name}"' if slide.name else ""
    return (
        f'<section{name} class="{slide.kind}"><{level}>{escape(slide.heading)}</{level}>'
        f'{slide.body}<aside class="notes">{notes}</aside></section>'
    )


def _copy_reveal(target: Path) -> None:
    package = importlib.util.find_spec("sphinx_revealjs")
    if package is None:
        raise lessons.LessonError(
            "The package with reveal.js is missing: install what requirements.lock names."
        )
    source = Path(package.origin).parent / "_static" / "revealjs"
    target.mkdir(parents=True, exist_ok=True)
    for name, folder in REVEAL.items():
        shutil.copyfile(source / folder / name, target / name)


PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: slides</title>
<link rel="stylesheet" href="../../_static/reveal/reveal.css">
<link rel="stylesheet" href="../../_static/slides.css">
</head>
<body>
<main class="reveal">
<div class="slides">
{sections}
</div>
</main>
<script src="../../_static/reveal/reveal.js"></script>
<script src="../../_static/reveal/notes.js"></script>
<script>
Reveal.initialize({{
  width: 1280, height: 720, margin: 0.05, transition: "none", center: true, hash: true,
  navigationMode: "linear", slideNumber: "c/t", plugins: [RevealNotes]
}});
</script>
</body>
</html>
"""
