"""One set-up of the browser, for the tests and for the screenshots (developers' packages)."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WIDER_THAN_THE_SCREEN = """() => {
  const scrolls = (e) => e && e !== document.body &&
    (["auto", "scroll", "hidden"].includes(getComputedStyle(e).overflowX)
     || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll(".bd-article *")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 1 && box.right > innerWidth + 1 && !scrolls(e.parentElement);
  });
  return {page: document.documentElement.scrollWidth,
          elements: wide.map((e) => `<${e.tagName.toLowerCase()} class="${e.className}">`)};
}"""


def find() -> str | None:
    """The reader's Chromium: the one that the variable CHROMIUM names, or one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    return program if program and Path(program).exists() else None


@contextmanager
def launch(*flags: str):
    """A running Chromium, closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=[*FLAGS, *flags])
        yield chromium
        chromium.close()


def serious(tab, within: str | None = None) -> list[str]:
    """What axe-core finds serious in a page, or in a part of it."""
    from axe_playwright_python.sync_playwright import Axe

    found = (
        Axe()
        .run(tab, within, {"preload": False, "resultTypes": ["violations"]})
        .response["violations"]
    )
    return [
        f"{each['id']}: {node['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
