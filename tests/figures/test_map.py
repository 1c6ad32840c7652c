"""The map that a reader explores: what it carries, and that pointer, keys and search work on it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from celltoken import figures
from celltoken.figures.map import (
    DARK,
    DIGITS,
    LIGHT,
    MOST_TOKENS,
    _read,
    explore,
    map_with_legend,
)
from celltoken.tools.browser import WIDER_THAN_THE_SCREEN, serious

ROOT = Path(__file__).resolve().parents[2]
BOOK = (ROOT / "book" / "_static" / "custom.css").read_text(encoding="utf-8")

# Nine tokens on a square, row by row from the top left; the fifth stands in the middle.
SQUARE = np.array([(x, y) for y in (1, 0, -1) for x in (-1, 0, 1)], dtype=float)
NAMES = ["ship", "boat", "hull", "whale", "sea", "wave", "whales", "shark", "fish"]
LABELS = ["made"] * 3 + ["wild"] * 3 + ["kin & kind"] * 3
NEAR = np.array([[1, 2], [0, 2], [1, 0], [6, 8], [5, 3], [4, 3], [3, 8], [8, 3], [7, 3]])
WHALE, SEA = NAMES.index("whale"), NAMES.index("sea")


def data_of(page):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.S)[1])


def numbers(text):
    first, second = ([DIGITS.index(c) for c in text[start::2]] for start in (0, 1))
    return np.array(first) * len(DIGITS) + np.array(second)


def random_map(count, letters, seed=0):
    rng = np.random.default_rng(seed)
    names = ["".join(rng.choice(list("acgtenis"), letters)) for _ in range(count)]
    near = (np.arange(count)[:, None] + np.arange(1, 6)) % count
    return rng.normal(size=(count, 2)), names, rng.choice(list("ABCDEFGHIJ"), count), near


# -- what it carries ------------------------------------------------------------------------------


def test_the_data_say_what_was_given():
    data = data_of(explore(SQUARE, NAMES, LABELS, neighbours=NEAR, order=["wild"]).data)
    assert data["names"].split("\n") == NAMES
    xy = numbers(data["places"]).reshape(-1, 2)
    np.testing.assert_allclose(xy / xy.max() * 2 - 1, SQUARE, atol=1e-3)
    assert [data["labels"][DIGITS.index(digit)] for digit in data["labelled"]] == LABELS
    assert (numbers(data["near"]).reshape(-1, data["k"]) == NEAR).all()
    assert data["labels"][0] == "wild" and len(data["seats"]) == 1


def test_places_keep_their_proportions():
    xy = np.random.default_rng(0).normal(size=(200, 2)) * [5, 1] + 100
    got = numbers(data_of(explore(xy, range(200), ["a"] * 200).data)["places"]).reshape(-1, 2)
    step = np.ptp(xy, axis=0).max() / (len(DIGITS) ** 2 - 1)
    assert np.abs(got * step + xy.min(axis=0) - xy).max() < step


def test_names_are_text_and_never_markup():
    odd = [
        '</script><script>alert("x")</script>',
        "<!-- & 'q'",
        'a "quoted" \\ name',
        "naïve 鯨\n🐋",
    ]
    page = explore(SQUARE[:4], odd, ['<b onclick="x">'] * 4, describe='Dots & "<dashes>"').data
    assert page.count("<script") == page.count("</script") == 2
    assert "<!--" not in page and "<b onclick" not in page and "<dashes>" not in page
    data = data_of(page)
    assert data["names"].split("\n") == [*odd[:3], "naïve 鯨 🐋"]
    assert data["labels"] == ['<b onclick="x">']


def test_the_same_map_is_the_same_text():
    first, second = (explore(*random_map(300, 5)[:3]).data for _ in range(2))
    assert first == second
    other = explore(*random_map(300, 5, seed=1)[:3]).data
    ids = [re.search(r'figure class="explorer" id="([^"]+)"', page)[1] for page in (first, other)]
    assert ids[0] != ids[1]


@pytest.mark.parametrize("count, letters, most", [(3300, 8, 120_000), (2700, 16, 105_000)])
def test_a_map_is_light(count, letters, most):
    xy, names, labels, near = random_map(count, letters)
    assert len(explore(xy, names, labels, neighbours=near).data.encode()) < most
    assert len(_read("map.js")) < 7_000 and len(_read("map.css")) < 2_500


def test_it_asks_no_other_host():
    page = explore(SQUARE, NAMES, LABELS).data.replace(DIGITS, "")
    assert "://" not in page and "src=" not in page and "url(" not in page


def test_the_commonest_labels_have_the_colours():
    labels = [f"type {i}" for i in range(10) for _ in range(20 - i)]
    xy = np.random.default_rng(0).normal(size=(len(labels), 2))
    page = explore(xy, labels, labels).data
    assert data_of(page)["labels"][:8] == [f"type {i}" for i in range(8)]
    assert page.count("aria-pressed") - _read("map.js").count("aria-pressed") - 1 == 9
    assert "all others</button>" in page


def contrast(colour, ground):
    linear = [
        [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]
        for rgb in (mpl.colors.to_rgb(each) for each in (colour, ground))
    ]
    low, high = sorted(np.dot([0.2126, 0.7152, 0.0722], each) for each in linear)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side, page", [(0, LIGHT), (1, DARK)], ids=["light", "dark"])
def test_every_colour_stands_out_from_the_page(side, page):
    labels = [f"type {i}" for i in range(9)]
    ground, *paints = data_of(explore(SQUARE, labels, labels).data)["inks"][side]
    assert ground == page[0] and len(set(paints)) == 9
    assert min(contrast(paint, ground) for paint in paints) >= 3


@pytest.mark.parametrize(
    "change, said",
    [
        ({"names": NAMES[:8]}, "xy has 9 rows but names has 8"),
        ({"labels": LABELS[:8]}, "xy has 9 rows but labels has 8"),
        ({"labels": [None] + LABELS[1:]}, "labels has missing entries"),
        ({"xy": SQUARE * np.nan}, "xy holds NaN"),
        ({"xy": np.ones((9, 3))}, "keep two coordinates"),
        ({"xy": np.ones((MOST_TOKENS + 1, 2))}, "draw a sample"),
        ({"neighbours": NEAR[:8]}, "neighbours has shape"),
        ({"neighbours": np.ones((9, 7), int)}, "keep the first columns"),
        ({"neighbours": NEAR + 0.5}, "whole numbers from 0 to 8"),
        ({"neighbours": NEAR + 1}, "whole numbers from 0 to 8"),
        ({"neighbours": np.c_[np.arange(9), NEAR]}, "its own neighbour"),
        ({"order": range(9)}, "order has 9 labels"),
        ({"describe": " "}, "describe is empty"),
    ],
)
def test_bad_input_gets_one_sentence(change, said):
    given = {"xy": SQUARE, "names": NAMES, "labels": LABELS, "neighbours": NEAR} | change
    with pytest.raises(ValueError, match=said) as problem:
        explore(given.pop("xy"), given.pop("names"), given.pop("labels"), **given)
    assert str(problem.value).endswith(".") and "\n" not in str(problem.value)


def test_too_many_labels_get_one_sentence():
    with pytest.raises(ValueError, match="group them first"):
        explore(np.zeros((100, 2)), range(100), range(100))


@pytest.mark.parametrize("xy", [np.zeros((3, 2)), np.array([(0, 0), (1, 0), (2, 0)])])
def test_tokens_in_one_place_or_on_one_line_make_a_map(xy):
    assert data_of(explore(xy, list("abc"), list("abc")).data)["names"] == "a\nb\nc"


def test_an_installed_library_brings_its_script_along(tmp_path):
    """A normal install, not the editable one that the tests run on."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "celltoken", tmp_path / "celltoken", ignore=ignore)
    build = "import setuptools.build_meta as b; b.build_wheel('wheels')"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, check=True, capture_output=True)
    [wheel] = (tmp_path / "wheels").glob("*.whl")
    run = "import celltoken.figures.map as e; print(e.__file__, e.explore([(0, 1)], 'a', ['b']))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(wheel)!r}); {run}"],
        cwd=tmp_path / "wheels", check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert wheel.name in done.stdout


# -- in a browser ---------------------------------------------------------------------------------


@pytest.fixture
def show(browser, tmp_path):
    """Open maps on a page of their own, as the book or a bare notebook would show them."""
    opened, errors, asked = [], [], []

    def show(*maps, theme="light", width=1000, book=True):
        style = BOOK if book else f":root {{ --paper: {DARK[0]}; --ink: {DARK[1]} }}"
        file = tmp_path / "page.html"
        outputs = "".join(f'<div class="output text_html">{each.data}</div>' for each in maps)
        file.write_text(
            f'<!DOCTYPE html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>Maps</title><style>'
            f"{style} body {{ background: var(--paper); color: var(--ink); margin: 1rem }}"
            '</style></head><body><main class="bd-article"><h1>Maps</h1>'
            f'<div class="cell"><div class="cell_output">{outputs}</div></div>'
            "</main></body></html>",
            encoding="utf-8",
        )
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(file.as_uri())
        settle(tab)
        opened.append(tab)
        return tab

    yield show
    for tab in opened:
        tab.close()
    assert errors == []
    assert [url for url in asked if not url.startswith("file:")] == []


def settle(tab):
    """Wait until what was asked for is drawn."""
    frame = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    tab.evaluate(frame)


def small(names=NAMES, **change):
    given = {"neighbours": NEAR, "describe": "Nine words on a square.", "order": ["made", "wild"]}
    return explore(SQUARE, names, LABELS, **(given | change))


def status(tab, which=0):
    return tab.locator(".said").nth(which).inner_text().replace("\n\n", "\n").replace("\u00a0", " ")


def seek(tab, text, which=0):
    box = tab.get_by_label("Find a token").nth(which)
    box.fill("")
    box.press_sequentially(text)
    box.press("Enter")
    return box


def centre(tab, which=0):
    box = tab.locator("canvas").nth(which).bounding_box()
    return {"x": box["width"] / 2, "y": box["height"] / 2}


PIXELS = """([x, y, width, height]) => {
  const canvas = document.querySelector("canvas"), dense = canvas.width / canvas.clientWidth;
  const box = [x, y, width, height].map((v) => Math.round(v * dense)), found = {};
  const { data } = canvas.getContext("2d").getImageData(...box);
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 100) found[data.slice(i, i + 3)] = (found[data.slice(i, i + 3)] || 0) + 1;
  }
  return found;
}"""


def drawn(tab, *box):
    """What is drawn in a part of the map: colour -> number of pixels."""
    found = tab.evaluate(PIXELS, box)
    return {tuple(map(int, colour.split(","))): count for colour, count in found.items()}


def test_pointing_at_a_dot_tells_its_name(show):
    tab = show(small())
    tip, middle = tab.locator(".tip"), centre(tab)
    assert not tip.is_visible()
    tab.locator("canvas").hover(position=middle)
    assert tip.inner_text() == "sea\nwild"
    tab.locator("canvas").hover(position={"x": middle["x"] + 60, "y": middle["y"] + 60})
    assert not tip.is_visible(), "nothing stands there"
    assert "Point at a dot" in status(tab), "pointing chooses nothing"


def test_a_tip_stays_inside_the_map(show):
    tab = show(small(names=["a rather long name for a token"] * 9), width=390)
    canvas, middle = tab.locator("canvas"), centre(tab)
    reach = (min(middle["x"] * 2 - 30, middle["y"] * 2 - 40)) / 2
    for dx in (-1, 1):
        for dy in (-1, 1):
            at = {"x": middle["x"] + dx * reach, "y": middle["y"] + dy * reach}
            canvas.hover(position=at)
            tip, box = tab.locator(".tip").bounding_box(), canvas.bounding_box()
            assert tip["x"] >= box["x"] - 1
            assert tip["x"] + tip["width"] <= box["x"] + box["width"] + 1
            assert tip["y"] >= box["y"] - 1


def test_a_click_chooses_and_the_status_says_it_in_words(show):
    tab = show(small())
    tab.locator("canvas").click(position=centre(tab))
    said = status(tab).split("\n")
    assert said[0] == "sea, wild"
    assert said[1] == "Nearest in the space: wave, whale"
    near = said[2].removeprefix("Nearest on the map: ")
    assert {re.sub(r" \(.*\)", "", name) for name in near.split(", ")} <= set(NAMES) - {"sea"}
    assert re.fullmatch(r"In both: [012] of 2", said[3])
    tab.locator("canvas").click(position={"x": 5, "y": 5})
    assert "Point at a dot" in status(tab), "a click beside all dots lets go"


def test_neighbours_on_the_map_and_in_the_space_are_told_apart(show):
    xy = np.array([(0, 0), (1, 0), (2, 0), (10, 0), (11, 0)], dtype=float)
    near = np.array([[1, 3], [0, 2], [1, 0], [4, 0], [3, 0]])
    tab = show(explore(xy, list("abcde"), ["x", "x", "x", "y", "y"], neighbours=near))
    seek(tab, "a")
    assert status(tab).split("\n") == [
        "a, x", "Nearest in the space: b, d (y)", "Nearest on the map: b, c", "In both: 1 of 2",
    ]  # fmt: skip
    assert tab.locator(".said button b").all_inner_texts() == ["b", "b"]


def test_without_neighbours_only_those_on_the_map_are_named(show):
    tab = show(small(neighbours=None))
    seek(tab, "sea")
    assert "in the space" not in status(tab) and "In both" not in status(tab)
    assert len(tab.locator(".said button").all()) == 5


def test_lines_join_the_chosen_token_to_its_neighbours(show):
    tab = show(small(neighbours=NEAR[:, :1]))
    middle = centre(tab)
    spot = (middle["x"] + 60, middle["y"] - 4, 8, 8)  # between sea, in the middle, and wave
    assert len(drawn(tab, *spot)) == 0
    seek(tab, "sea")
    settle(tab)
    assert len(drawn(tab, *spot)) > 0


def test_search_offers_what_matches_and_enter_chooses(show):
    tab = show(small())
    box = tab.get_by_label("Find a token")
    assert tab.locator("datalist option").count() == 0, "filled when somebody types"
    box.press_sequentially("HA")
    options = tab.locator("datalist option").evaluate_all("all => all.map((e) => e.value)")
    assert options == ["whale", "whales", "shark"] or set(options) == {"whale", "whales", "shark"}
    assert seek(tab, "whale").input_value() == "whale"
    assert status(tab).startswith("whale, wild"), "the whole name before a longer one"
    box.press("Enter")
    assert status(tab).startswith("whales, kin & kind"), "Enter again goes on"
    seek(tab, "kraken")
    assert status(tab) == "No name contains “kraken”"


def test_search_offers_twenty_at_most(show):
    count = 3000
    tab = show(
        explore(np.random.default_rng(0).normal(size=(count, 2)), range(count), ["a"] * count)
    )
    tab.get_by_label("Find a token").press_sequentially("1")
    options = tab.locator("datalist option").evaluate_all("all => all.map((e) => e.value)")
    assert len(options) == 20 and options[0] == "1"


def test_a_repeated_name_is_found_again(show):
    tab = show(explore(SQUARE, ["twin"] * 2 + NAMES[2:], ["left", "right"] + LABELS[2:]))
    box = seek(tab, "twin")
    assert status(tab).startswith("twin, left")
    box.press("Enter")
    assert status(tab).startswith("twin, right")


def test_a_name_in_the_status_leads_on(show):
    tab = show(small())
    seek(tab, "sea")
    first = tab.locator(".said button").first
    first.focus()
    tab.keyboard.press("Enter")
    assert status(tab).startswith("wave, wild")
    assert tab.evaluate("document.activeElement.closest('.said') !== null"), "the walk can go on"
    tab.keyboard.press("Enter")
    assert status(tab).startswith("sea, wild")


def test_arrow_keys_walk_over_the_map(show):
    tab = show(small())
    seek(tab, "sea")
    tab.locator("canvas").focus()
    walk = {"ArrowUp": "boat", "ArrowLeft": "ship", "ArrowDown": "whale", "ArrowRight": "sea"}
    for key, name in walk.items():
        tab.keyboard.press(key)
        assert status(tab).startswith(f"{name}, ")
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    assert status(tab).startswith("wave, "), "at the edge it stays"
    tab.keyboard.press("Escape")
    assert "Point at a dot" in status(tab)
    assert tab.evaluate("scrollY") == 0, "the page does not move with it"


def test_the_first_arrow_starts_in_the_middle(show):
    tab = show(small())
    tab.locator("canvas").focus()
    tab.keyboard.press("ArrowUp")
    assert status(tab).startswith("boat, ")


def test_the_focus_is_seen(show):
    for tab in (show(small()), show(small(), theme="dark", book=False)):
        for _ in range(7):
            tab.keyboard.press("Tab")
            style = "getComputedStyle(document.activeElement)"
            assert tab.evaluate(f"{style}.outlineStyle") == "solid"
            assert tab.evaluate(f"parseFloat({style}.outlineWidth)") >= 2
        assert tab.evaluate("document.activeElement.tagName") == "CANVAS"


def test_a_label_is_picked_out_and_let_go(show):
    tab = show(small())
    wild, made = (tab.get_by_role("button", name=name) for name in ("wild", "made"))
    assert wild.get_attribute("aria-pressed") == "false"
    wild.click()
    assert wild.get_attribute("aria-pressed") == "true"
    assert status(tab) == "wild: 3 of 9 tokens"
    made.click()
    assert wild.get_attribute("aria-pressed") == "false"
    assert status(tab) == "made: 3 of 9 tokens"
    tab.get_by_role("button", name="all others").click()
    assert status(tab) == "all others: 3 of 9 tokens"
    tab.get_by_role("button", name="all others").click()
    assert "Point at a dot" in status(tab)


def test_zoom_keeps_what_is_chosen_and_comes_back(show):
    tab = show(small())
    canvas, middle = tab.locator("canvas"), centre(tab)
    tab.get_by_role("button", name="Zoom in").click()
    canvas.hover(position=middle)
    assert tab.locator(".tip").inner_text().startswith("sea"), "without a choice, about the middle"
    seek(tab, "ship")
    canvas.hover(position=middle)
    assert tab.locator(".tip").inner_text().startswith("ship"), "a token chosen in a zoomed map"
    for _ in range(2):
        tab.get_by_role("button", name="Zoom out").click()
    canvas.hover(position={"x": 5, "y": 5})
    canvas.hover(position=middle)
    assert tab.locator(".tip").inner_text().startswith("sea")
    canvas.dblclick(position=middle)
    canvas.hover(position={"x": middle["x"] + 2, "y": middle["y"]})
    assert tab.locator(".tip").inner_text().startswith("sea")


def shows(tab, colour):
    """Whether some part of the map is exactly of this colour, or one step off."""
    box = tab.locator("canvas").bounding_box()
    wanted = 255 * np.array(mpl.colors.to_rgb(colour))
    found = drawn(tab, 0, 0, box["width"], box["height"])
    return sum(n for each, n in found.items() if np.abs(each - wanted).max() < 1.5) > 8


@pytest.mark.parametrize("book", [True, False], ids=["book", "bare"])
def test_inks_follow_the_page_into_the_dark_and_back(show, book):
    page = small(order=None)
    tab = show(page, theme="dark", book=book)
    swatches = "[...document.querySelectorAll('.legend i')]"
    swatches = f"{swatches}.map((e) => getComputedStyle(e).backgroundColor)"
    for inks, (_, ink) in zip(data_of(page.data)["inks"][::-1], (DARK, LIGHT), strict=True):
        paints = inks[1:4]  # of the three labels
        assert [each for each in (*paints, ink) if not shows(tab, each)] == []
        rgb = [tuple(round(255 * v) for v in mpl.colors.to_rgb(each)) for each in paints]
        assert tab.evaluate(swatches) == [f"rgb{each}" for each in rgb]
        tab.evaluate("document.documentElement.dataset.theme = 'light'")
        if not book:
            tab.evaluate(f"document.body.style = 'background: {LIGHT[0]}; color: {LIGHT[1]}'")
        settle(tab)


def test_it_fits_a_phone(show):
    tab = show(small(names=["AAACATACAACCAC-1" * 2] * 9), small(), theme="dark", width=390)
    seek(tab, "AAAC")
    seek(tab, "sea", 1)
    found = tab.evaluate(WIDER_THAN_THE_SCREEN)
    assert found["page"] <= 390 and found["elements"] == []
    for button in tab.locator(".explorer button").all():
        box = button.bounding_box()
        assert box["height"] >= 24, button.inner_text()


def test_the_map_is_drawn_anew_for_a_new_width(show):
    tab = show(small())
    before = tab.locator("canvas").bounding_box()
    tab.set_viewport_size({"width": 390, "height": 800})
    settle(tab)
    after = tab.locator("canvas").bounding_box()
    assert after["width"] < before["width"]
    assert tab.evaluate("document.querySelector('canvas').width") == round(after["width"])
    tab.locator("canvas").hover(position=centre(tab))
    assert tab.locator(".tip").inner_text().startswith("sea")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(show, theme):
    tab = show(small(), small(describe="Another map"), theme=theme)
    assert serious(tab) == []
    seek(tab, "sea")
    tab.get_by_role("button", name="wild").nth(1).click()
    tab.locator("canvas").first.hover(position=centre(tab))
    assert serious(tab) == []


def test_a_screen_reader_is_told_what_it_is(show):
    tab = show(small(describe="nine words on a square"))
    assert tab.locator("figcaption").inner_text() == "Nine words on a square."
    name = tab.locator("canvas").get_attribute("aria-label")
    assert name.startswith("Nine words on a square. Arrow keys")
    assert tab.get_by_role("status").count() == 1


def test_two_maps_on_a_page_leave_each_other_alone(show):
    other = small([name.upper() for name in NAMES], describe="Capitals.")
    tab = show(small(), other, small())  # the third is the first once more
    before = set(tab.evaluate("Object.keys(window)"))
    seek(tab, "sea", 1)
    assert status(tab, 1).startswith("SEA, ")
    assert "Point at a dot" in status(tab, 0) and "Point at a dot" in status(tab, 2)
    seek(tab, "wave", 2)
    assert status(tab, 2).startswith("wave, ") and "Point at a dot" in status(tab, 0)
    tab.get_by_role("button", name="wild").first.click()
    assert status(tab, 1).startswith("SEA, ")
    pressed = [
        e.get_attribute("aria-pressed") for e in tab.get_by_role("button", name="wild").all()
    ]
    assert pressed == ["true", "false", "false"]
    assert set(tab.evaluate("Object.keys(window)")) == before


def test_it_leaves_no_global(show):
    bare = show()
    known = set(bare.evaluate("Object.getOwnPropertyNames(window)"))
    tab = show(small())
    found = set(tab.evaluate("Object.getOwnPropertyNames(window)")) - known
    assert found <= {next(iter(re.findall(r'id="(map-\w+)"', small().data)))}


def test_it_works_where_a_notebook_inserts_it(show):
    """As JupyterLab does: the markup first, then each script again as a new element."""
    tab = show()
    tab.evaluate(
        """(markup) => {
          const output = document.createElement("div");
          output.innerHTML = markup;
          for (const old of output.querySelectorAll("script")) {
            const fresh = document.createElement("script");
            for (const { name, value } of old.attributes) fresh.setAttribute(name, value);
            fresh.textContent = old.textContent;
            old.replaceWith(fresh);
          }
          document.querySelector("main").append(output);
        }""",
        small().data,
    )
    settle(tab)
    seek(tab, "sea")
    assert status(tab).startswith("sea, wild")


def test_odd_names_are_shown_as_they_are(show):
    odd = ['</script><b>"x"</b>', "a & b", "鯨 🐋", "\\n"]
    tab = show(explore(SQUARE[:4], odd, ["<i>"] * 4))
    for name in odd:
        seek(tab, name)
        assert status(tab).startswith(f"{name}, <i>")


def test_without_scripts_a_sentence_stands_there(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f'<!DOCTYPE html><meta charset="utf-8">{small().data}', encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(page.as_uri())
    assert tab.locator("figure").inner_text().split("\n") == [
        "Nine words on a square.", "This map answers when JavaScript is on.",
    ]  # fmt: skip
    context.close()


def test_it_is_quick_with_three_thousand_tokens(show):
    xy, names, labels, near = random_map(3300, 8)
    tab = show(explore(xy, names, labels, neighbours=near))
    took = tab.evaluate(
        """() => {
          const canvas = document.querySelector("canvas"), start = performance.now();
          for (let i = 0; i < 50; i++) {
            const at = { clientX: 100 + i * 8, clientY: 400 };
            canvas.dispatchEvent(new PointerEvent("pointermove", at));
          }
          return (performance.now() - start) / 50;
        }"""
    )
    assert took < 30, f"{took:.0f} ms for each movement of the pointer"


def test_a_static_map_has_the_colours_of_the_one_to_walk_over():
    xy, labels = np.random.default_rng(0).normal(size=(30, 2)), np.repeat(["a", "b", "c"], 10)
    made = map_with_legend(xy, labels, ["b", "a"], "Title", "#000000")
    inks = data_of(explore(xy, labels, labels, order=["b", "a"]).data)["inks"][0]
    legend = made.axes[0].get_legend()
    assert [each.get_color() for each in legend.legend_handles] == inks[1:3]
    assert [each.get_text() for each in legend.texts] == ["b", "a"]


def test_long_names_leave_a_static_map_its_room():
    figures.use_style()
    xy, sizes = np.random.default_rng(0).normal(size=(60, 2)), []
    for names in (["a", "b"], ["a name of a cell type that has no end " * 3, "b"]):
        labels = np.array(names)[np.arange(60) % 2]
        figure = figures.map_with_legend(xy, labels, names, "title", figures.CELLS)
        figure.canvas.draw()
        sizes.append(figure.axes[0].get_window_extent().width)
    assert sizes[1] > 0.6 * sizes[0]
