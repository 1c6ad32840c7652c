"""The decks show what the pages show, need no network, and turn by the keyboard."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from celltoken import lessons
from celltoken.tools import slides
from celltoken.tools.browser import serious

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
LESSONS = [name for name in lessons.reading_order() if not name.endswith("/exercises")]
CHAPTERS = list(dict.fromkeys(name.split("/")[0] for name in LESSONS))


@pytest.fixture(scope="module", autouse=True)
def built(missing):
    absent = [chapter for chapter in CHAPTERS if not deck_of(chapter).is_file()]
    if absent:
        missing(f"no slides of {', '.join(absent)}: run 'make book'")


def deck_of(chapter: str) -> Path:
    return HTML / "slides" / chapter / "index.html"


def parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("name", LESSONS)
def test_each_lesson_has_its_slides(name):
    chapter, slug = name.split("/")
    deck, page = deck_of(chapter), parse(HTML / "chapters" / f"{name}.html")
    position = [each for each in LESSONS if each.startswith(f"{chapter}/")].index(name) + 1
    stack = parse(deck).select(".slides > section")[position]
    assert stack.h1.text == page.select_one("article h1").find(string=True)
    assert stack.select_one(".cover .question").text.strip()
    told = {image["alt"]: Path(image["src"]).name for image in page.select(".cell_output img")}
    for kind in ("words", "cells", "both"):
        slide = stack.select_one(f"section.{kind}")
        if slide is None:
            assert kind != "both", "the figure that carries the lesson has a slide"
            continue  # this part of the lesson shows no figure of its own
        assert slide.h2.text.strip()
        image = slide.img
        assert told.get(image["alt"]) == Path(image["src"]).name, "figure and text of the page"
        assert (deck.parent / image["src"]).is_file()
        assert image["alt"] in slide.select_one("aside.notes").text
    assert stack.select("ul > li"), "where the analogy strains"
    assert [line.text.split()[0] for line in stack.select("dd")] == lessons.claims_of(name)
    assert all(term.text for term in stack.select("dt")), "a claim is said in words"
    discussion = stack.select_one(".discuss")
    assert discussion.select_one(".question").text.endswith("?")
    assert len(discussion.select_one("aside.notes").text) > 100, "what a good answer contains"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_decks_name_no_other_host(chapter):
    deck = deck_of(chapter)
    text = deck.read_text(encoding="utf-8")
    assert "http" not in text and "//" not in text
    assert "\\(" not in text, "a formula that nothing sets"
    assert deck.stat().st_size < 200_000


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_keys_lead_through_every_slide(browser, chapter):
    deck, errors, asked, found = deck_of(chapter), [], [], []
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda line: line.type == "error" and errors.append(line.text))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(deck.as_uri(), wait_until="load")
    tab.wait_for_function("window.Reveal && Reveal.isReady()")
    seen, total = [], tab.evaluate("Reveal.getTotalSlides()")
    for _ in range(total):
        seen.append(tab.evaluate("Reveal.getSlidePastCount()"))
        assert tab.evaluate("Reveal.getCurrentSlide().scrollHeight") <= 720, "it fits the screen"
        if len(seen) <= 7:  # one of each kind
            found += serious(tab)
        tab.keyboard.press("ArrowRight")
    assert seen == list(range(total))
    tab.keyboard.press("Home")
    tab.locator("ol a").last.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_function("Reveal.getIndices().h > 0")
    assert tab.evaluate("Reveal.getIndices().h") == tab.locator("ol a").count()
    assert tab.evaluate("[...document.images].filter((e) => !e.naturalWidth).length") == 0
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert errors == [] and found == []
    tab.close()


PAGE = """
<article><h1>A lesson<a class="headerlink">#</a></h1><blockquote><p>Is it &lt; so?</p></blockquote>
<section><h2>Words<a class="headerlink">#</a></h2>
<div class="cell"><div class="cell_output">
<img src="../../_images/1.png" alt="the first"></div></div>
<p>Not this.</p>
<div class="cell"><div class="cell_output">
<img src="../../_images/2.png" alt="the last"></div></div>
<p>So it is (e.g. here). And more.</p>
<div class="cell"><div class="cell_output"><figure class="slider"><img src="data:," alt="a frame">
</figure></div></div></section>
<section><h2>Where the analogy strains</h2>
<p><strong>Here.</strong> Because.</p><p>And.</p></section>
</article>"""


def test_a_slide_shows_the_last_figure_and_the_sentence_after_it(tmp_path):
    for name in ("a/index", "a/b"):
        page = tmp_path / "chapters" / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(PAGE, encoding="utf-8")
    deck = BeautifulSoup(slides.render(tmp_path, "a", ["a/b"]), "html.parser")
    assert deck.select_one(".cover .question").text == "Is it < so?"
    [image] = deck.select("img")
    assert (image["alt"], image["src"]) == ("the last", "../../_images/2.png")
    assert deck.select_one(".words h2").text == "So it is (e.g. here)."
    assert [item.text for item in deck.select("ul > li")] == ["Here."]
    assert not deck.select(".cells, .both, .discuss"), "what a page has not is left out"


def test_problems_are_said_in_a_sentence(tmp_path):
    with pytest.raises(lessons.LessonError, match="make book"):
        slides.write(html=tmp_path)
    with pytest.raises(lessons.LessonError, match="the chapters are introduction"):
        slides.write(["contxt"], html=tmp_path)
