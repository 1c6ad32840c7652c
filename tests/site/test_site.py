"""The built pages as a reader meets them: in a real browser, with every other host out of reach."""

import gzip
import http.server
import re
import threading
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from celltoken.tools.browser import WIDER_THAN_THE_SCREEN, serious

HTML = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(
    str(page.relative_to(HTML))
    for part in ("book", "chapters")
    for page in HTML.glob(f"{part}/**/*.html")
)
OWN_LIMIT, TRANSFER_LIMIT = 600_000, 1_500_000  # bytes a page
ONLY_A_NAME = re.compile(r"[0-9a-f]{16,}|\.(png|svg|jpe?g)$|^[\W\d_]*$")

FACTS = """() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const article = document.querySelector(".bd-article");
  const seen = (e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true});
  return {
    pictures: all("img").map((e) => ({src: e.getAttribute("src"), alt: e.alt, width: e.naturalWidth,
                                      ours: article.contains(e)})),
    headings: all("h1, h2, h3, h4, h5, h6", article).map((e) => Number(e.tagName[1])),
    unset: all(".math", article).filter((e) => !e.querySelector("mjx-container"))
      .map((e) => e.textContent),
    wrong: all("mjx-merror", article).map((e) => e.textContent),
    searches: all(".search-button-field, .search-button, input[type=search]").filter(seen).length,
    stuck: all("figure.slider").filter((control) => {
      const shown = () => all("img", control).filter((e) => e.checkVisibility()).map((e) => e.src);
      const slider = control.querySelector("input"), before = shown();
      slider.value = slider.value === slider.max ? slider.min : slider.max;
      slider.dispatchEvent(new Event("input"));
      return before.length !== 1 || shown().length !== 1 || before[0] === shown()[0];
    }).map((e) => e.textContent),
    deaf: all("figure.explorer").filter((map) => {
      const name = JSON.parse(map.querySelector("script").textContent).names.split("\\n")[7];
      const box = map.querySelector("input");
      box.value = name;
      box.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
      return map.querySelector(".said b")?.textContent !== name;
    }).map((e) => e.querySelector("figcaption").textContent),
    maps: all("figure.explorer").length,
    bare_icons: all("i, span").filter((e) => /(^| )fa[srb]?[ -]/.test(e.className))
      .filter((e) => getComputedStyle(e, "::before").maskImage === "none").map((e) => e.className),
  };
}"""


class Host(http.server.SimpleHTTPRequestHandler):
    """Serve the site as static hosts do: text travels compressed."""

    def do_GET(self):
        file = Path(self.translate_path(self.path))
        if file.suffix not in {".html", ".css", ".js", ".svg"} or not file.is_file():
            return super().do_GET()
        body = gzip.compress(file.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(file))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=HTML))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module", params=PAGES or [None])
def visit(request, browser, address, missing):
    """One reader opens one page: at a desk in the light, then on a phone in the dark."""
    if request.param is None:
        missing("the book is not built: run 'make book'")
    seen = {"path": f"/{request.param}", "abroad": [], "errors": [], "failed": [], "axe": {}}
    answers = {}
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", color_scheme="light"
    )

    def guard(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            seen["abroad"].append(route.request.url)
            route.abort()

    def weigh(response):
        if response.url.startswith(address):
            path = urlsplit(response.url).path
            if response.status >= 400:
                seen["failed"].append(f"{response.status} {path}")
            else:
                answers[path] = response

    context.route("**/*", guard)
    tab = context.new_page()
    tab.on("response", weigh)
    tab.on("pageerror", lambda error: seen["errors"].append(str(error)))
    tab.on("console", lambda line: line.type == "error" and seen["errors"].append(line.text))
    tab.goto(f"{address}/{request.param}", wait_until="load")
    tab.evaluate("() => window.MathJax?.startup?.promise")
    tab.evaluate("() => document.fonts.ready.then(() => true)")
    seen["sizes"] = {
        path: (answer.request.sizes()["responseBodySize"], len(answer.body()))
        for path, answer in answers.copy().items()
    }
    seen |= tab.evaluate(FACTS)
    seen["axe"]["light"] = serious(tab, ".bd-article")
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.evaluate("() => { document.documentElement.dataset.theme = 'dark' }")
    tab.wait_for_timeout(300)  # the theme looks anew at what scrolls
    seen["phone"] = tab.evaluate(WIDER_THAN_THE_SCREEN)
    seen["axe"]["dark"] = serious(tab, ".bd-article")
    context.close()
    return seen


def test_asks_no_other_host(visit):
    assert visit["abroad"] == []


def test_has_no_error(visit):
    assert visit["errors"] == []
    assert visit["failed"] == []


def test_sets_every_formula(visit):
    assert visit["unset"] == []
    assert visit["wrong"] == []


def test_shows_every_picture_and_tells_it_in_words(visit):
    assert [each["src"] for each in visit["pictures"] if not each["width"]] == []
    ours = [each for each in visit["pictures"] if each["ours"]]
    assert [each for each in ours if len(each["alt"]) < 10 or ONLY_A_NAME.search(each["alt"])] == []


def test_moving_a_slider_changes_the_picture(visit):
    assert visit["stuck"] == []


def test_a_map_finds_what_is_searched(visit):
    assert visit["deaf"] == []
    if visit["path"].endswith("maps_of_words_and_cells.html"):
        assert visit["maps"] == 2


def test_shows_every_icon(visit):
    assert visit["bare_icons"] == []


def test_has_one_search_box(visit):
    assert visit["searches"] == 1


def test_has_headings_in_order(visit):
    levels = visit["headings"]
    assert levels[:1] == [1] and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in zip(levels, levels[1:], strict=False)), levels


def test_is_light(visit):
    own = sum(
        size
        for path, (_, size) in visit["sizes"].items()
        if path == visit["path"] or path.startswith("/_images/")
    )
    assert own <= OWN_LIMIT, f"the page and its pictures weigh {own:,} bytes"
    transferred = sum(sent for sent, _ in visit["sizes"].values())
    assert transferred <= TRANSFER_LIMIT, f"{transferred:,} bytes travel for this page"


def test_fits_a_phone(visit):
    assert visit["phone"]["elements"] == []
    assert visit["phone"]["page"] <= 390


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_is_accessible(visit, theme):
    assert visit["axe"][theme] == []
